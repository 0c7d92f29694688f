"""What a net takes each place of a plane for: of two of its features, any others being at their median."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tui_trainer.data.samples import Samples
from tui_trainer.data.scaling import standard
from tui_trainer.data.span import SMALLEST, evenly, spread, widened
from tui_trainer.data.telling import told_by_features
from tui_trainer.tasks.inside import Inside
from tui_trainer.tasks.predictions import MOST, Predictions, asked
from tui_trainer.tasks.task import Array, Forward, Snapshot, Task

COLUMNS, ROWS = 64, 48  # about as many as a chart in half a screen has pixels
BEST = 6  # features, whose pairs can be looked at
COMPONENTS = (-1, -1)  # in the place of a pair of features: the first two principal components of all
ENOUGH = 1_000_000  # numbers, of which components are found
Limits = tuple[float, float]


@dataclass(frozen=True)
class Plane:
    """Which part of which plane is looked at, and the samples that lie on it, of very many some.

    features: the places of the two or, where it is of principal components, of all; x, y: the limits of each; grid: of
    shape (rows * columns, features), what a net is asked about; points: of shape (n, 2), of the training samples, whose
    places are `shown`; test_points, test_shown: of those held out.
    """

    features: tuple[int, ...]
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
        return bool(self.samples.inputs[0].shape[1] > 1) and not self.samples.shape  # no two pixels tell much

    @property
    def views(self) -> list[str]:
        pictures = bool(self.samples.shape)
        can = {"map": self.has_map, "network": self.has_inside, "pictures": pictures, "errors": not pictures}
        return [view for view in super().views if can.get(view, True)]

    @property
    def has_inside(self) -> bool:
        """Whether what each unit gives can be seen."""
        return self.has_map

    @property
    def plane(self) -> Plane:
        """The plane that is looked at, in that part in which the samples lie."""
        first, *rest = self.pairs
        sides = [first, *[COMPONENTS] * self.has_components, *rest]
        side = sides[self._turned % len(sides)]
        if self._seen is None or self._seen[0] != side:
            plane = plane_of_components(self.samples) if side == COMPONENTS else plane_of(self.samples, side)
            self._seen = side, plane
        return self._seen[1]

    _seen: tuple[tuple[int, int], Plane] | None = None
    _turned = 0

    @property
    def has_components(self) -> bool:
        """Whether there are principal components to look at, beside the features themselves."""
        return self.samples.base is None and min(self.samples.x.shape) > 2

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of features, by their places, that tell most about y; the one that tells most is the first."""
        notes = told_by_features(self.samples)
        best = sorted(np.argsort(-notes, kind="stable")[:BEST].tolist())
        return sorted(combinations(best, 2), key=lambda pair: -notes[list(pair)].sum())

    def turn(self) -> None:
        """Look at the next pair of features, or at the principal components, from the next snapshot on."""
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
    names = samples.base.names if samples.base else samples.feature_names

    def features_at(places: Array) -> Array:
        grid = np.tile(np.median(inputs, axis=0), (len(places), 1))
        grid[:, features] = places
        return samples.base.expand(grid) if samples.base else grid

    named = names[features[0]], names[features[1]]
    return _plane(features, named, inputs[:, features], inputs_test[:, features], features_at)


def plane_of_components(samples: Samples) -> Plane:
    """That of the first two principal components of the standardized features, all others being 0."""
    scaling = standard(samples.x)
    scaled, scaled_test = (np.nan_to_num(scaling.apply(x)) for x in (samples.x, samples.x_test))
    some = spread(len(scaled), max(MOST, ENOUGH // scaled.shape[1]))
    _, sizes, axes = np.linalg.svd(scaled[some], full_matrices=False)
    axes = axes[:2] * np.sign(axes[[0, 1], np.abs(axes[:2]).argmax(axis=1)])[:, np.newaxis]  # SVD leaves the sign open
    shares = sizes**2 / max(float((sizes**2).sum()), SMALLEST)
    named = f"PC1 ({shares[0]:.0%})", f"PC2 ({shares[1]:.0%})"
    features = tuple(range(scaled.shape[1]))
    return _plane(features, named, scaled @ axes.T, scaled_test @ axes.T, lambda places: scaling.undo(places @ axes))


def _plane(
    features: tuple[int, ...],
    names: tuple[str, str],
    points: Array,
    test_points: Array,
    features_at: Callable[[Array], Array],
) -> Plane:
    """The part of a plane in which points, of shape (n, 2), lie; features_at: what a net takes for places on it."""
    both = np.concatenate([points, test_points])
    (low, bottom), (high, top) = both.min(axis=0).tolist(), both.max(axis=0).tolist()
    x, y = widened(low, high, 0.05), widened(bottom, top, 0.05)
    grid = np.stack(np.meshgrid(_middles(*x, COLUMNS), _middles(*y, ROWS)), axis=-1).reshape(-1, 2)
    shown, test_shown = (spread(len(part), MOST) for part in (points, test_points))
    return Plane(features, names, x, y, features_at(grid), shown, test_shown, points[shown], test_points[test_shown])


def _middles(low: float, high: float, count: int) -> Array:
    """The middles of so many equal parts between two ends."""
    edges = evenly(low, high, count + 1)
    return edges[:-1] + (edges[1:] - edges[:-1]) / 2
