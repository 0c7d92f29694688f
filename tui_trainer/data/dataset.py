"""The article's Dataset, over the samples of a run."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

FEW = 2


class SampleDataset(Dataset[tuple[Tensor, Tensor]]):
    """Pairs (x, y): x of shape (features,), y of shape (targets,), or of shape (), a class.

    The tensors are moved to the device once, here or by `to`, not for every step. A tensor or slice of indices
    gives a batch: two tensors whose first dimension is the batch.
    """

    def __init__(
        self,
        x: NDArray[np.float64],
        y: NDArray[Any],
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        """x: of shape (n, features); y: floats of shape (n, targets), or int64 of shape (n,), which stay what they are.

        dtype: of all that is no class.
        """
        self.x = torch.tensor(x, dtype=dtype, device=device)
        self.y = torch.tensor(y, dtype=dtype if y.dtype.kind == "f" else torch.int64, device=device)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int | slice | Tensor) -> tuple[Tensor, Tensor]:
        return self.x[index], self.y[index]

    @property
    def few(self) -> tuple[Tensor, Tensor] | None:
        """A few samples, with which a net is tried."""
        return self[:FEW]

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All samples in their order, so many at a time."""
        return (self[start : start + size] for start in range(0, len(self), size))

    def to(self, device: torch.device) -> None:
        """Move all samples to another device."""
        self.x, self.y = self.x.to(device), self.y.to(device)
