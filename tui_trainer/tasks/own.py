"""What a person's own step learns, or a net of batches of their own loader: its loss, and what metrics there are."""

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_trainer.catalog import LOSSES, METRICS
from tui_trainer.choices import Loss, of_task
from tui_trainer.data.samples import Samples
from tui_trainer.sentence import InputError
from tui_trainer.tasks.logistic import softmax
from tui_trainer.tasks.task import Array, Forward, Snapshot, Task

KINDS = {"numbers": "regression", "classes": "classification"}


class Own(Task):
    """Nothing is asked of samples: with a step of one's own they may be of any shape, and of batches none is kept."""

    name: ClassVar[str] = "own"

    def __init__(self, samples: Samples, step: str = "", inner: Task | None = None) -> None:
        """step: the setting; inner: what would be learned of these samples without it, where they are in memory."""
        super().__init__(samples)
        self._step, self._inner = step, inner
        self.kind = "" if step or not samples.batches else KINDS.get(samples.batches.targets, "")

    @classmethod
    def fits(cls, samples: Samples) -> bool:
        return samples.batches is not None

    @property
    def in_features(self) -> int:
        return math.prod(self.samples.batches.x_shape) if self.samples.batches else super().in_features

    @property
    def out_features(self) -> int:
        if self._inner:
            return self._inner.out_features
        assert self.samples.batches
        batches = self.samples.batches
        if batches.targets == "classes":
            if not batches.classes:
                raise InputError(
                    f"{batches.name}: how many classes there are is not known from its first batch; give its data set "
                    "a list of their names, called classes, or a model of your own"
                )
            return len(batches.classes)
        return math.prod(batches.y_shape)

    def loss_name(self, name: str) -> str:
        """Of a step of one's own it stays auto, which is no loss."""
        if self._step:
            return "auto"
        losses = of_task(LOSSES, self.kind) if self.kind else {n: loss for n, loss in LOSSES.items() if loss.tasks}
        if name == "auto" and not self.kind:
            assert self.samples.batches
            raise InputError(
                f"{self.samples.batches.name}: what its batches are tells no loss; name one with --loss, or give a "
                "step of your own with --step"
            )
        if name != "auto" and name not in losses:
            raise InputError(f"loss: {name} is none for {KINDS_IN_WORDS[self.kind]}; take {' or '.join(losses)}")
        return next(iter(losses)) if name == "auto" else name

    def loss(self, name: str) -> Loss:
        return LOSSES[self.loss_name(name)]

    def outputs(self, loss: str) -> int:
        return LOSSES[loss].outputs or self.out_features

    def loss_unit(self, name: str) -> float:
        return 1.0

    def metrics(self, outputs: Array, y: NDArray[Any]) -> dict[str, float]:
        """Those of regression or classification, where batches are of that kind and outputs fit."""
        known = of_task(METRICS, self.kind) if self.kind and outputs.ndim <= 2 else {}
        given = {"predicted": self.predicted(outputs), "probabilities": self.probabilities(outputs)}
        measured = {name: float(metric.load()(given[metric.of], y)) for name, metric in known.items()}
        return {name: value for name, value in measured.items() if math.isfinite(value)}

    def probabilities(self, outputs: Array) -> Array:
        if self.kind != "classification":
            return super().probabilities(outputs)
        return softmax(np.column_stack([np.zeros(len(outputs)), outputs]) if outputs.shape[1] == 1 else outputs)

    @property
    def views(self) -> list[str]:
        measured = {"regression": ["r2"], "classification": ["accuracy"]}.get(self.kind, [])
        return [*super().views, *measured]

    def constant(self, y: Tensor, outputs: int) -> Tensor:
        return y

    def predicted(self, outputs: Array) -> NDArray[Any]:
        return self.probabilities(outputs).argmax(axis=1) if self.kind == "classification" else outputs

    def snapshot(self, forward: Forward, model: nn.Module) -> Snapshot | None:
        return None


KINDS_IN_WORDS = {"regression": "numbers", "classification": "classes"}
