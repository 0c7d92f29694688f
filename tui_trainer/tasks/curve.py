"""One number from one number: the article's task, whose net can be drawn as a curve through the points."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tui_trainer.data.samples import Samples
from tui_trainer.data.span import evenly, share
from tui_trainer.tasks.inside import Inside, is_chain
from tui_trainer.tasks.line import Line, least_squares, mean_squared_error
from tui_trainer.tasks.predictions import Predictions, asked
from tui_trainer.tasks.regression import Regression
from tui_trainer.tasks.task import Array, Forward, Snapshot

CURVE_POINTS = 300
GRID, SLICE = (600, 400), 100_000


@dataclass(frozen=True)
class Drawn(Snapshot):
    """What a net predicts, at x, of shape (points,), growing; line: what it equals where nothing in it bends."""

    x: Array
    y: Array
    line: Line | None
    inside: Inside | str = ""
    predictions: Predictions | None = None

    def facts(self) -> dict[str, Any]:
        return {"line": self.line._asdict() if self.line else None}

    @property
    def words(self) -> dict[str, str]:
        return {"line": str(self.line or "bends")}


class Curve(Regression):
    """y from x, each a number: here they are of shape (n,)."""

    name = "curve"
    plane_name = "best line"

    def __init__(self, samples: Samples) -> None:
        super().__init__(samples)
        self.x, self.y = samples.x[:, 0], samples.y[:, 0]
        self.x_test, self.y_test = samples.x_test[:, 0], samples.y_test[:, 0]

    @classmethod
    def fits(cls, samples: Samples) -> bool:
        return super().fits(samples) and samples.x.shape[1] == samples.y.shape[1] == 1

    @property
    def has_inside(self) -> bool:
        return True  # along x

    @cached_property
    def best_line(self) -> Line:
        """The least-squares line of the training points."""
        return least_squares(self.x, self.y)

    @cached_property
    def floor(self) -> float:
        """Its mean squared error: no straight line gets below."""
        return mean_squared_error(self.best_line, self.x, self.y)

    @cached_property
    def points(self) -> tuple[Array, Array]:
        """The training points, downsampled for a chart."""
        return downsampled(self.x, self.y)

    @cached_property
    def test_points(self) -> tuple[Array, Array]:
        """The held-out points likewise."""
        return downsampled(self.x_test, self.y_test)

    def warm_caches(self) -> None:
        super().warm_caches()
        _ = self.points, self.test_points

    def snapshot(self, forward: Forward, model: nn.Module) -> Drawn:
        x = evenly(float(self.x.min()), float(self.x.max()), CURVE_POINTS)
        outputs = forward(np.concatenate([x[:, np.newaxis], asked(self.samples)]))
        y, predictions = self.predicted(outputs[: len(x)])[:, 0], self.predictions(outputs[len(x) :])
        inside = self.look_inside(model, (0,), x[:, np.newaxis])
        return Drawn(x, y, self.equivalent_line(model), inside, predictions)

    def facts(self, snapshot: Snapshot | None) -> dict[str, Any]:
        return snapshot.facts() if snapshot else {"line": None}

    def equivalent_line(self, model: nn.Module) -> Line | None:
        """The line y = a x + b that a net without an activation equals, in the data's own units.

        The layers' maps are multiplied out in float64, whatever their number. None for a net that
        bends, and for one whose weights are no longer finite.
        """
        if not is_chain(model) or not all(isinstance(layer, nn.Linear) for layer in model.children()):
            return None
        weight = torch.ones(1, 1, dtype=torch.float64)
        bias = torch.zeros(1, dtype=torch.float64)
        with torch.inference_mode():
            for layer in model.children():
                assert isinstance(layer, nn.Linear)
                w, b = layer.weight.cpu().double(), layer.bias.cpu().double()
                weight, bias = w @ weight, w @ bias + b
        if not (weight.isfinite().all() and bias.isfinite().all()):
            return None
        (x_mean,), (x_deviation,) = self.samples.x_scaling
        (y_mean,), (y_deviation,) = self.scaling
        slope = weight.item() * float(y_deviation) / float(x_deviation)
        at_mean = bias.item() * float(y_deviation) + float(y_mean)
        return Line(slope, at_mean - slope * float(x_mean))


def downsampled(x: Array, y: Array) -> tuple[Array, Array]:
    """All points or, of very many, one for each place of a grid finer than any chart; both of shape (points,)."""
    columns, rows = GRID
    if len(x) <= columns * rows:
        return x, y
    taken, kept = np.zeros(columns * rows, dtype=bool), []
    for start in range(0, len(x), SLICE):  # in slices, as millions of points fill memory several times over
        part = slice(start, start + SLICE)
        place = _steps(x[part], x, columns) * rows + _steps(y[part], y, rows)
        places, first = np.unique(place, return_index=True)
        kept.append(start + first[~taken[places]])
        taken[places] = True
    order = np.sort(np.concatenate(kept))
    return x[order], y[order]


def _steps(part: Array, whole: Array, steps: int) -> NDArray[np.int64]:
    low, high = float(whole.min()), float(whole.max())
    if low == high:
        return np.zeros(len(part), dtype=np.int64)
    return (share(part, low, high) * (steps - 1)).astype(np.int64)
