"""What a task is: everything that depends on what one sample looks like."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_trainer.catalog import LOSSES, METRICS, VIEWS, Loss, of_task
from tui_trainer.data.samples import Samples
from tui_trainer.experiment import InputError

Array = NDArray[np.float64]
Predict: TypeAlias = Callable[[Array], NDArray[Any]]


class Baseline(NamedTuple):
    """What a run is compared with: the loss, in the data's own units, of a model as simple as its name."""

    loss: float
    name: str


class Snapshot(ABC):
    """What a net has learned, at a moment, for a view of the task."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """The same as an object of JSON, as far as it has a place there."""


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
        """How many it gives."""

    def loss(self, name: str) -> Loss:
        """The loss of this name. Raises InputError for one that makes no sense here; the default is the first."""
        losses = of_task(LOSSES, self.name)
        if name not in losses:
            raise InputError(f"loss: {name} is none for a {self.name}; take {' or '.join(losses)}")
        return losses[name]

    @abstractmethod
    def loss_unit(self, name: str) -> float:
        """A loss of the net's outputs, times this, is in the data's own units. Raises InputError beyond all floats."""

    def metrics(self, predicted: NDArray[Any], y: NDArray[Any]) -> dict[str, float]:
        """Each of the task's metrics, of what `predicted` gives, beside the samples' own y."""
        return {name: float(choice.load()(predicted, y)) for name, choice in of_task(METRICS, self.name).items()}

    @property
    def has_metrics(self) -> bool:
        """Whether there are any."""
        return bool(of_task(METRICS, self.name))

    @property
    def views(self) -> list[str]:
        """The names of the views that show it, the main one first."""
        return list(of_task(VIEWS, self.name))

    def baseline(self, loss: str) -> Baseline | None:
        """What a loss of this kind is compared with, on the training samples; None where nothing is known."""
        return None

    @abstractmethod
    def constant(self, y: Tensor) -> Tensor:
        """What a net would give that has learned nothing but the mean of these y, for each: like its outputs."""

    @property
    def has_linear_part(self) -> bool:
        """Whether a net that only adds can do better than that."""
        return True

    @abstractmethod
    def predicted(self, outputs: Array) -> NDArray[Any]:
        """A net's outputs, of shape (n, out_features), in the data's own units: like y."""

    def words(self, predicted: NDArray[Any]) -> list[str]:
        """What was predicted, in the data's own words: one for each sample."""
        return [", ".join(f"{value:.6g}" for value in row) for row in predicted]

    def snapshot(self, predict: Predict, model: nn.Module) -> Snapshot | None:
        """What the views show of a net; None where they show losses alone.

        predict: x, float64 of shape (n, in_features), to `predicted`.
        """
        return None

    def facts(self, snapshot: Snapshot | None) -> Mapping[str, Any]:
        """What is reported of a net at its end, beside its losses, as an object of JSON."""
        return snapshot.facts() if snapshot else {}

    def warm_caches(self) -> None:  # noqa: B027
        """Compute the cached values, for those who must not wait for them later."""
