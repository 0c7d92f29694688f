"""A tensor that a script hands over, as a picture."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tui_trainer.runs.images import SIDE, Picture

MOST = 16  # of a batch


def picture_of(given: Any) -> Picture:
    """The picture in (h, w), (1 or 3, h, w) or (h, w, 1 or 3), or those of a batch (n, 1 or 3, h, w) side by side.

    Bytes are taken as they are, floats from 0 to 1 as well; others from their lowest to their highest.
    Raises ValueError for other shapes, and for complex numbers.
    """
    values = tensor_of(given).detach()
    if values.ndim == 4 and values.shape[1] in (1, 3) and len(values):
        values = _side_by_side(values[:MOST])
    if values.ndim == 2:
        values = values[None]
    if values.ndim == 3 and values.shape[0] not in (1, 3) and values.shape[2] in (1, 3):
        values = values.permute(2, 0, 1)
    if values.ndim != 3 or values.shape[0] not in (1, 3) or not values.numel():
        raise ValueError(f"a tensor of shape {tuple(values.shape)} is no picture; give (h, w) or (1 or 3, h, w)")
    apart = math.ceil(max(values.shape[1:]) / SIDE)
    values = values[:, ::apart, ::apart]
    if values.is_complex():
        raise ValueError("complex numbers are no picture; give their .abs()")
    if values.dtype != torch.uint8:
        values = values.float().nan_to_num(0.0)
        low, high = values.min(), values.max()
        if low < 0 or high > 1:
            values = (values - low) / (high - low).clamp(min=1e-12)
        values = (values * 255).round().to(torch.uint8)
    rows: Picture = values.expand(3, -1, -1).permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(rows)


def tensor_of(given: Any) -> Tensor:
    """A tensor as it is; of anything else a copy on the CPU, as NumPy has it.

    NumPy's arrays may be turned round, as `image[..., ::-1]` is, or be read only: PyTorch takes neither.
    """
    return given if isinstance(given, Tensor) else torch.tensor(np.array(given), device="cpu")


def _side_by_side(values: Tensor) -> Tensor:
    """A batch as one picture, in rows that are about as many as columns."""
    count, channels, height, width = values.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = values.new_zeros(rows * columns, channels, height, width)
    grid[:count] = values
    grid = grid.reshape(rows, columns, channels, height, width).permute(2, 0, 3, 1, 4)
    return grid.reshape(channels, rows * height, columns * width)
