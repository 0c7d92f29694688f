"""The article's Dataset, over the points of a run."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

Array = NDArray[np.float64]


class CurveDataset(Dataset[tuple[Tensor, Tensor]]):
    """Pairs (x, y), each of shape (1,), float32 unless another dtype is given.

    The tensors are moved to the device once, here or by `to`, not for every step. A tensor
    or slice of indices gives a batch: two tensors of shape (batch, 1).
    """

    def __init__(
        self, x: Array, y: Array, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> None:
        self.x = torch.tensor(x, dtype=dtype, device=device).unsqueeze(1)
        self.y = torch.tensor(y, dtype=dtype, device=device).unsqueeze(1)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int | slice | Tensor) -> tuple[Tensor, Tensor]:
        return self.x[index], self.y[index]

    def to(self, device: torch.device) -> None:
        """Move all points to another device."""
        self.x, self.y = self.x.to(device), self.y.to(device)
