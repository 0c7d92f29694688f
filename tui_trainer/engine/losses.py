"""The losses of steps, gathered into those of epochs."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]


class Diverged(ArithmeticError):
    """A loss was not a finite number."""


class Losses:
    """Means the steps' losses of each epoch, each weighted by its batch.

    On a GPU, reading one number waits until the device has done all that was asked of it. So the
    losses of many steps are read together.
    """

    def __init__(self, sizes: Tensor) -> None:
        """sizes: the batches of an epoch, of shape (steps an epoch,)."""
        self._sizes = sizes.double().numpy()
        self._begun: list[Array] = []
        self._count = 0

    @property
    def begun(self) -> Array:
        """The losses of the steps of the epoch that was begun, of shape (steps,)."""
        return np.concatenate([np.empty(0), *self._begun])

    @begun.setter
    def begun(self, losses: Array) -> None:
        self._begun, self._count = [losses], len(losses)

    def add(self, losses: Tensor) -> Array:
        """Take in the losses of the next steps, which don't go beyond the end of an epoch that was begun.

        Returns the losses of the epochs that end with them, of shape (epochs,). Raises Diverged if a
        loss is not finite.
        """
        values = losses.cpu().double().numpy()  # in this order: mps has no double
        if not np.isfinite(values).all():
            raise Diverged
        self._begun.append(values)
        self._count += len(values)
        if not self._ends:
            return np.empty(0)
        steps = np.concatenate(self._begun).reshape(-1, len(self._sizes))
        self._begun, self._count = [], 0
        # One after the other, as a script adds them up, so that the last bit is the same.
        with np.errstate(over="ignore"):
            total: Array = np.cumsum(steps * self._sizes, axis=1)[:, -1]
        if not np.isfinite(total).all():
            raise Diverged
        total /= self._sizes.sum()
        return total

    @property
    def _ends(self) -> bool:
        """Whether an epoch ends with the steps that were added last."""
        return self._count % len(self._sizes) == 0
