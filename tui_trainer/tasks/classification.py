"""A class from numbers."""

from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tui_trainer.catalog import LOSSES
from tui_trainer.data.samples import Samples
from tui_trainer.data.scaling import standard
from tui_trainer.sentence import InputError
from tui_trainer.tasks.logistic import cross_entropy, logistic_regression, softmax
from tui_trainer.tasks.metrics import accuracy
from tui_trainer.tasks.plane import PlaneTask
from tui_trainer.tasks.task import Array, Baseline, Forward

LINEAR = "logistic regression"
PARTED = 1e-6  # a cross entropy that only classes have which planes part


class Classification(PlaneTask):
    """y, int64 of shape (n,), one of several classes; a net gives a score (a logit) for each."""

    name = "classification"

    @classmethod
    def fits(cls, samples: Samples) -> bool:
        return bool(samples.classes)

    @property
    def out_features(self) -> int:
        return len(self.samples.classes)

    def loss_name(self, name: str) -> str:
        loss = super().loss_name(name)
        if LOSSES[loss].outputs == 1 and self.out_features != 2:
            raise InputError(f"loss: {loss} is for two classes, and there are {self.out_features}; take cross_entropy")
        return loss

    def loss_unit(self, name: str) -> float:
        """Classes have no unit."""
        self.loss(name)
        return 1.0

    def baseline(self, loss: str) -> Baseline | None:
        """The cross entropy that logistic regression comes to: no net without an activation gets below.

        Where that takes long to find, it is that of giving each class its share of the samples as its probability.
        """
        if self.loss_name(loss) not in ("cross_entropy", "bce"):
            return None
        return Baseline(self.entropy, "class shares") if self.floor is None else Baseline(self.floor, LINEAR)

    @cached_property
    def entropy(self) -> float:
        """Of the classes' shares of the samples, in nats."""
        shares = np.bincount(self.samples.y, minlength=self.out_features) / len(self.samples.y)
        shares = shares[shares > 0]
        return float(-(shares * np.log(shares)).sum())

    @cached_property
    def linear(self) -> Array | None:
        """The weights of logistic regression on standardized x; None where they would take long to find."""
        return logistic_regression(self._standardized(self.samples.x), self.samples.y, self.out_features)

    @cached_property
    def floor(self) -> float | None:
        """Its cross entropy on the training samples: 0 where planes part the classes, as near as one likes."""
        if self.linear is None:
            return None
        least = cross_entropy(self.linear_outputs(self.samples.x), self.samples.y)
        return least if least > PARTED else 0.0

    def linear_outputs(self, x: Array) -> Array:
        """The scores that logistic regression gives to samples, of shape (n, classes)."""
        assert self.linear is not None
        return np.asarray(np.column_stack([self._standardized(x), np.ones(len(x))]) @ self.linear)

    def _standardized(self, x: Array) -> Array:
        return standard(self.samples.x).apply(x)

    def simple_models(self) -> dict[str, Forward]:
        shares = np.bincount(self.samples.y, minlength=self.out_features) / len(self.samples.y)
        scores = np.log(np.maximum(shares, np.finfo(np.float64).tiny))
        majority: Forward = lambda x: np.tile(scores, (len(x), 1))  # noqa: E731
        return {"majority class": majority} | ({} if self.linear is None else {LINEAR: self.linear_outputs})

    def warm_caches(self) -> None:
        super().warm_caches()
        _ = self.entropy, self.floor

    def sure(self, outputs: Array) -> Array:
        scores = outputs.T if outputs.shape[1] > 1 else np.pad(outputs.T, ((1, 0), (0, 0)))
        return np.asarray(1 / np.exp(scores - scores.max(axis=0)).sum(axis=0))  # the largest probability, and no other

    def score(self, predicted: NDArray[Any], y: NDArray[Any]) -> float:
        return accuracy(predicted, y)

    def constant(self, y: Tensor, outputs: int) -> Tensor:
        shares = torch.bincount(y, minlength=self.out_features).double() / len(y)
        scores = shares.log().expand(len(y), -1)
        return scores if outputs > 1 else scores[:, 1:] - scores[:, :1]

    def probabilities(self, outputs: Array) -> Array:
        """By softmax; one output is the score of the second of two classes against the first."""
        return softmax(outputs if outputs.shape[1] > 1 else np.pad(outputs, ((0, 0), (1, 0))))

    def predicted(self, outputs: Array) -> NDArray[Any]:
        return np.asarray(outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0).astype(np.int64))

    def words(self, predicted: NDArray[Any]) -> list[str]:
        return [self.samples.classes[place] for place in predicted]
