"""Numbers from numbers."""

import contextlib
import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tui_trainer.data.samples import Samples
from tui_trainer.data.scaling import Scaling, standard
from tui_trainer.sentence import InputError
from tui_trainer.tasks.metrics import r2
from tui_trainer.tasks.plane import PlaneTask
from tui_trainer.tasks.task import Array, Baseline, Forward

LOSS_UNITS = (1e-290, 1e290)  # so that losses have room
NEARLY_THE_MEAN = 0.99  # of the mean's error: what explains less explains nothing


class Regression(PlaneTask):
    """y, of shape (n, targets), from x, of shape (n, features)."""

    name = "regression"
    plane_name = "best plane"

    @classmethod
    def fits(cls, samples: Samples) -> bool:
        return not samples.classes

    @property
    def scaling(self) -> Scaling:
        """That of y."""
        assert self.samples.y_scaling
        return self.samples.y_scaling

    @property
    def out_features(self) -> int:
        return int(self.samples.y.shape[1])

    def loss_unit(self, name: str) -> float:
        """Of several targets, which have a unit each, losses stay in those of the scaled ones."""
        if self.out_features > 1:
            return 1.0
        deviation = float(self.scaling.deviation[0])
        with contextlib.suppress(OverflowError):
            unit: float = deviation ** self.loss(name).degree
            if LOSS_UNITS[0] < unit < LOSS_UNITS[1] or deviation == unit:
                return unit
        raise InputError(
            f"loss: {name} of values with a deviation of {deviation:.3g} is beyond all floats; take l1, or give y in "
            "another unit"
        )

    def baseline(self, loss: str) -> Baseline | None:
        """The mean squared error of what fits best of all that only adds: nothing that does not bend gets below."""
        known = self.loss_name(loss) == "mse" and math.isfinite(self.floor)
        return Baseline(self.floor, self.plane_name) if known else None

    @cached_property
    def floor(self) -> float:
        """The mean squared error of the least-squares plane, in the data's own units where there is one target."""
        y = self.samples.y if self.out_features == 1 else self.scaling.apply(self.samples.y)
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.mean((self._plane(y)(self.samples.x) - y) ** 2))

    def _plane(self, y: Array) -> Forward:
        """The least-squares plane of the training samples' x and these y, which is found once it is asked for."""
        scaling = standard(self.samples.x)

        def columns(x: Array) -> Array:
            return np.column_stack([scaling.apply(x), np.ones(len(x))])

        with np.errstate(over="ignore", invalid="ignore"):
            weights = np.linalg.lstsq(columns(self.samples.x), y)[0]

        def heights(x: Array) -> Array:
            with np.errstate(over="ignore", invalid="ignore"):
                return np.asarray(columns(x) @ weights)

        return heights

    def simple_models(self) -> dict[str, Forward]:
        return {self.plane_name: self._plane(self.scaling.apply(self.samples.y))}

    def warm_caches(self) -> None:
        super().warm_caches()
        _ = self.floor

    @property
    def has_map(self) -> bool:
        return super().has_map and self.out_features == 1

    def score(self, predicted: NDArray[Any], y: NDArray[Any]) -> float:
        return r2(predicted, y)

    def constant(self, y: Tensor, outputs: int) -> Tensor:
        return y.mean(dim=0).expand_as(y)

    @property
    def has_linear_part(self) -> bool:
        y = self.samples.y if self.out_features == 1 else self.scaling.apply(self.samples.y)
        with np.errstate(over="ignore", invalid="ignore"):
            of_mean = float(np.mean((standard(y).mean - y) ** 2))
        return self.floor < NEARLY_THE_MEAN * of_mean

    def predicted(self, outputs: Array) -> NDArray[Any]:
        return self.scaling.undo(outputs)
