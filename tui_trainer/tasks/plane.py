"""What a net takes each place of a plane for: of two of its features, any others being at their median."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tui_trainer.data.samples import Samples
from tui_trainer.data.span import evenly, spread, widened
from tui_trainer.data.telling import told_by_features
from tui_trainer.tasks.inside import Inside
from tui_trainer.tasks.predictions import MOST, Predictions, asked
from tui_trainer.tasks.task import Array, Forward, Snapshot, Task

COLUMNS, ROWS = 64, 48  # about as many as a chart in half a screen has pixels
BEST = 6  # features, whose pairs can be looked at
Limits = tuple[float, float]


@dataclass(frozen=True)
class Plane:
    """Which part of which plane is looked at, and the samples that lie on it, of very many some.

    features: the places of the two; x, y: the limits of each; grid: of shape (rows * columns, features), what a net is
    asked about; points: of shape (n, 2), of the training samples, whose
    places are `shown`; test_points, test_shown: of those held out.
    """

    features: tuple[int, int]
    names: tuple[str, str]
    x: Limits
    y: Limits
    grid: Array
    shown: NDArray[np.int64]
    test_shown: NDArray[np.int64]
    points: Array
    test_points: Array


@dataclass(frozen=True)
class Mapped(Snapshot):
    """What a net takes the plane for.

    values: of shape (rows, columns), from the lowest row on: the class that is predicted, or the number; sure: the
    probability of that class, of the same shape, 1 for numbers; predicted, test_predicted: of the samples that are
    shown; score, test_score: how good these are, by the first metric of the task.
    """

    plane: Plane
    values: Array
    sure: Array
    predicted: NDArray[Any]
    test_predicted: NDArray[Any]
    score: float
    test_score: float | None
    inside: Inside | str = ""
    predictions: Predictions | None = None

    def facts(self) -> dict[str, Any]:
        return {}


class PlaneTask(Task):
    """What is learned of several features, two of which span the plane that is looked at."""

    @property
    def has_map(self) -> bool:
        """Whether what is learned can be seen on a plane."""
        return bool(self.samples.inputs[0].shape[1] > 1)

    @property
    def views(self) -> list[str]:
        can = {"map": self.has_map, "network": self.has_inside}
        return [view for view in super().views if can.get(view, True)]

    @property
    def has_inside(self) -> bool:
        """Whether what each unit gives can be seen."""
        return self.has_map

    @property
    def plane(self) -> Plane:
        """The plane that is looked at, in that part in which the samples lie."""
        pair = self.pairs[self._turned % len(self.pairs)]
        if self._seen is None or self._seen.features != pair:
            self._seen = plane_of(self.samples, pair)
        return self._seen

    _seen: Plane | None = None
    _turned = 0

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of features, by their places, that tell most about y; the one that tells most is the first."""
        told = told_by_features(self.samples)
        best = sorted(np.argsort(-told, kind="stable")[:BEST].tolist())
        return sorted(combinations(best, 2), key=lambda pair: -told[list(pair)].sum())

    def turn(self) -> None:
        """Look at the next pair of features from the next snapshot on."""
        self._turned += 1

    def sure(self, outputs: Array) -> Array:
        """The probability of what is predicted, of shape (n,); 1 where there are none."""
        return np.ones(len(outputs))

    @abstractmethod
    def score(self, predicted: NDArray[Any], y: NDArray[Any]) -> float:
        """How good predictions are, both of shape (n, ...): the metric that stands over a map."""

    def snapshot(self, forward: Forward, model: nn.Module) -> Snapshot | None:
        """What the net takes the plane for; None where that can't be seen."""
        if not self.has_map:
            return super().snapshot(forward, model)
        plane = self.plane
        outputs = forward(np.concatenate([plane.grid, asked(self.samples)]))
        values = self.predicted(outputs[: len(plane.grid)])
        predictions = self.predictions(outputs[len(plane.grid) :])
        training, held_out = predictions
        return Mapped(
            plane=plane,
            values=values.astype(np.float64).reshape(ROWS, COLUMNS),
            sure=self.sure(outputs[: len(plane.grid)]).reshape(ROWS, COLUMNS),
            predicted=training.predicted.reshape(-1),
            test_predicted=held_out.predicted.reshape(-1),
            score=self.score(training.predicted, training.y),
            test_score=self.score(held_out.predicted, held_out.y) if held_out.whole else None,
            inside=self.look_inside(model, plane.features, plane.grid.reshape(ROWS, COLUMNS, -1)),
            predictions=predictions,
        )

    def look_inside(self, model: nn.Module, features: Sequence[int], places: Array) -> Inside | str:
        """A copy of a net, whose units are asked about these places; or why it can't be looked into."""
        samples = self.samples
        seen = range(self.in_features) if samples.base else features  # those that are worked out of the two, too
        names = samples.feature_names
        return Inside.of(model, samples.x_scaling, names, (*seen,), places, samples.x)


def plane_of(samples: Samples, features: tuple[int, int]) -> Plane:
    """The part of the plane of two features, or of what they were worked out of, in which the samples lie."""
    inputs, inputs_test = samples.inputs
    both = np.concatenate([inputs, inputs_test])[:, features]
    (low, bottom), (high, top) = both.min(axis=0).tolist(), both.max(axis=0).tolist()
    x, y = widened(low, high, 0.05), widened(bottom, top, 0.05)
    grid = np.tile(np.median(inputs, axis=0), (COLUMNS * ROWS, 1))
    for feature, places in zip(features, np.meshgrid(_middles(*x, COLUMNS), _middles(*y, ROWS)), strict=True):
        grid[:, feature] = places.ravel()
    shown, test_shown = (spread(len(part), MOST) for part in (inputs, inputs_test))
    points, test_points = inputs[shown][:, features], inputs_test[test_shown][:, features]
    names = samples.base.names if samples.base else samples.feature_names
    grid = samples.base.expand(grid) if samples.base else grid
    return Plane(features, (names[features[0]], names[features[1]]), x, y, grid, shown, test_shown, points, test_points)


def _middles(low: float, high: float, count: int) -> Array:
    """The middles of so many equal parts between two ends."""
    edges = evenly(low, high, count + 1)
    return edges[:-1] + (edges[1:] - edges[:-1]) / 2
