"""The losses of an epoch, read from the device in bulk."""

import math
import time

import torch
from torch import Tensor

READ_SECONDS = 0.1


class Diverged(ArithmeticError):
    """A loss was not a finite number."""


class Losses:
    """Collects the steps' losses of one epoch and means them, each weighted by its batch.

    On a GPU, reading one number waits until the device has done all that was asked of it. So the
    losses stay tensors until `read`.
    """

    def __init__(self) -> None:
        self._unread: list[Tensor] = []
        self._sizes: list[int] = []
        self._total = 0.0
        self._count = 0
        self._read_at = time.perf_counter()

    def add(self, loss: Tensor, size: int) -> None:
        """Note the loss, of shape (), of a batch of this size."""
        self._unread.append(loss)
        self._sizes.append(size)

    @property
    def are_old(self) -> bool:
        """Whether it is time to read, so that a watcher sees a sign of life."""
        return time.perf_counter() - self._read_at > READ_SECONDS

    def read(self) -> None:
        """Read what was added. Raises Diverged if a loss is not finite."""
        for loss, size in zip(torch.stack(self._unread).tolist() if self._unread else [], self._sizes, strict=True):
            if not math.isfinite(loss):
                raise Diverged
            self._total += loss * size
            self._count += size
        self._unread, self._sizes = [], []
        self._read_at = time.perf_counter()

    def mean(self) -> float:
        """The epoch's loss. Raises Diverged if a loss is not finite."""
        self.read()
        return self._total / self._count
