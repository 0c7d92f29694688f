"""What a task is: everything that depends on what one sample looks like."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_trainer.catalog import LOSSES, METRICS, VIEWS
from tui_trainer.choices import Loss, of_task
from tui_trainer.data.samples import Samples
from tui_trainer.sentence import InputError
from tui_trainer.tasks.inside import Inside
from tui_trainer.tasks.predictions import Predictions, asked, predictions
from tui_trainer.tasks.spread import Spread

Array = NDArray[np.float64]
Forward: TypeAlias = Callable[[Array], Array]  # what has outputs like a net's, of x in the data's own units


class Baseline(NamedTuple):
    """What a run is compared with: the loss, in the data's own units, of a model as simple as its name."""

    loss: float
    name: str


class Snapshot(ABC):
    """What a net has learned, at a moment, for a view of the task.

    inside: a copy of it to look into, or why there is none; predictions: what it predicts of the samples; spread: how
    its weights and gradients are spread.
    """

    inside: Inside | str = ""
    predictions: Predictions | None = None
    spread: Spread | None = None

    def with_spread(self, spread: Spread | None) -> Self:
        """The same, where that is known too: it is asked of the net, and not of the task."""
        vars(self)["spread"] = spread
        return self

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """The same as an object of JSON, as far as it has a place there."""

    @property
    def words(self) -> Mapping[str, str]:
        """The same in words, as far as it can be put in some: by the title of a column that they stand in."""
        return {}


@dataclass(frozen=True)
class Predicted(Snapshot):
    """Of a net whose predictions are all that is seen of it."""

    predictions: Predictions

    def facts(self) -> dict[str, Any]:
        return {}


class Bare(Snapshot):
    """Of a net of which nothing else is known."""

    def facts(self) -> dict[str, Any]:
        return {}


class Task(ABC):
    """What is learned from samples: how large they are, what losses, metrics and views make sense, what is simplest."""

    name: ClassVar[str]

    def __init__(self, samples: Samples) -> None:
        self.samples = samples

    @classmethod
    @abstractmethod
    def fits(cls, samples: Samples) -> bool:
        """Whether samples are of this task's shape."""

    @property
    def in_features(self) -> int:
        """How many numbers a net takes for a sample."""
        return int(self.samples.x.shape[1])

    @property
    @abstractmethod
    def out_features(self) -> int:
        """How many it gives, as a rule: see `outputs`."""

    def loss_name(self, name: str) -> str:
        """The loss that a setting names: auto is the first of the task's. Raises InputError for one of others."""
        losses = of_task(LOSSES, self.name)
        if name != "auto" and name not in losses:
            raise InputError(f"loss: {name} is none for a {self.name}; take {' or '.join(losses)}")
        return next(iter(losses)) if name == "auto" else name

    def loss(self, name: str) -> Loss:
        """The loss of this name. Raises InputError for one that makes no sense here."""
        return LOSSES[self.loss_name(name)]

    def outputs(self, loss: str) -> int:
        """How many numbers a net gives that is trained with this loss. Raises InputError."""
        return self.loss(loss).outputs or self.out_features

    @abstractmethod
    def loss_unit(self, name: str) -> float:
        """A loss of the net's outputs, times this, is in the data's own units. Raises InputError beyond all floats."""

    def metrics(self, outputs: Array, y: NDArray[Any]) -> dict[str, float]:
        """Each of the task's metrics that is a finite number, of a net's outputs, beside the samples' own y."""
        given = {"predicted": self.predicted(outputs), "probabilities": self.probabilities(outputs)}
        measured = {name: float(m.load()(given[m.of], y)) for name, m in of_task(METRICS, self.name).items()}
        return {name: value for name, value in measured.items() if math.isfinite(value)}

    def probabilities(self, outputs: Array) -> Array:
        """Those of the classes, of shape (n, classes); of a task without classes there are none, of shape (n, 0)."""
        return np.empty((len(outputs), 0))

    @property
    def views(self) -> list[str]:
        """The names of the views that show it, the main one first."""
        return list(of_task(VIEWS, self.name))

    def baseline(self, loss: str) -> Baseline | None:
        """What a loss of this kind is compared with, on the training samples; None where nothing is known."""
        return None

    def simple_models(self) -> Mapping[str, Forward]:
        """Models whose metrics a net's are compared with, by their names."""
        return {}

    @cached_property
    def simple_metrics(self) -> dict[str, tuple[dict[str, float], dict[str, float]]]:
        """Their metrics, on the training samples and on those held out."""
        s = self.samples
        return {
            name: (self.metrics(model(s.x), s.y), self.metrics(model(s.x_test), s.y_test) if len(s.x_test) else {})
            for name, model in self.simple_models().items()
        }

    @abstractmethod
    def constant(self, y: Tensor, outputs: int) -> Tensor:
        """What a net would give that has learned nothing but the mean of these y, for each: like its outputs."""

    @property
    def has_linear_part(self) -> bool:
        """Whether a net that only adds can do better than that."""
        return True

    @abstractmethod
    def predicted(self, outputs: Array) -> NDArray[Any]:
        """A net's outputs, of shape (n, outputs), in the data's own units: like y."""

    def words(self, predicted: NDArray[Any]) -> list[str]:
        """What was predicted, in the data's own words: one for each sample."""
        return [", ".join(f"{value:.6g}" for value in row) for row in predicted]

    def snapshot(self, forward: Forward, model: nn.Module) -> Snapshot | None:
        """What the views show of a net; None where they show losses alone."""
        return Predicted(self.predictions(forward(asked(self.samples))))

    def predictions(self, outputs: Array) -> Predictions:
        """What a net predicts of the samples, by its outputs for those that it is asked about."""
        with np.errstate(all="ignore"):  # as of one that has diverged
            return predictions(self.samples, self.predicted(outputs), self.probabilities(outputs))

    def turn(self) -> None:  # noqa: B027
        """Show it from the next side, from the next snapshot on, where what is learned has several."""

    def facts(self, snapshot: Snapshot | None) -> Mapping[str, Any]:
        """What is reported of a net at its end, beside its losses, as an object of JSON."""
        return snapshot.facts() if snapshot else {}

    def warm_caches(self) -> None:
        """Compute the cached values, for those who must not wait for them later."""
        _ = self.simple_metrics
