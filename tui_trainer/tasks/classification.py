"""A class from numbers."""

from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tui_trainer.data.samples import Samples
from tui_trainer.tasks.task import Array, Baseline, Task


class Classification(Task):
    """y, int64 of shape (n,), one of several classes; a net gives a score (a logit) for each."""

    name = "classification"

    @classmethod
    def fits(cls, samples: Samples) -> bool:
        return bool(samples.classes)

    @property
    def out_features(self) -> int:
        return len(self.samples.classes)

    def loss_unit(self, name: str) -> float:
        """Classes have no unit."""
        self.loss(name)
        return 1.0

    def baseline(self, loss: str) -> Baseline | None:
        """The cross entropy of giving each class its share of the samples as its probability."""
        return Baseline(self.entropy, "class shares") if loss == "cross_entropy" else None

    @cached_property
    def entropy(self) -> float:
        """Of the classes' shares of the samples, in nats."""
        shares = np.bincount(self.samples.y, minlength=self.out_features) / len(self.samples.y)
        shares = shares[shares > 0]
        return float(-(shares * np.log(shares)).sum())

    def warm_caches(self) -> None:
        _ = self.entropy

    def constant(self, y: Tensor) -> Tensor:
        shares = torch.bincount(y, minlength=self.out_features).double() / len(y)
        return shares.log().expand(len(y), -1)

    def predicted(self, outputs: Array) -> NDArray[Any]:
        return np.asarray(outputs.argmax(axis=1))

    def words(self, predicted: NDArray[Any]) -> list[str]:
        return [self.samples.classes[place] for place in predicted]
