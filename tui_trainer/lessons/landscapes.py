"""Functions to roll down: of one variable, or of two, for descent."""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tui_trainer.choices import Catalog, Choice

Array = NDArray[np.float64]
FINE = 400
CONTOURS = 9

LANDSCAPES: Catalog = {
    "bowl": Choice("tui_trainer.lessons.landscapes:bowl", options={"x": (-5, 9)}),
    "two_minima": Choice("tui_trainer.lessons.landscapes:two_minima", options={"x": (-5, 7)}),
    "plateau": Choice("tui_trainer.lessons.landscapes:plateau", options={"x": (-5, 9)}),
    "saddle": Choice("tui_trainer.lessons.landscapes:saddle", options={"x": (-5, 5), "y": (-3, 3)}),
    "ravine": Choice("tui_trainer.lessons.landscapes:ravine", options={"x": (-5, 5), "y": (-3, 3)}),
}


def bowl(x: Tensor) -> Tensor:
    return (x - 2) ** 2


def two_minima(x: Tensor) -> Tensor:
    return (x + 2) ** 2 * (x - 4) ** 2 / 60 - 0.2 * x


def plateau(x: Tensor) -> Tensor:
    return -6 * torch.exp(-((x - 2) ** 2) / 4)


def saddle(x: Tensor, y: Tensor) -> Tensor:
    return x**2 / 2 - y**2 + y**4 / 8


def ravine(x: Tensor, y: Tensor) -> Tensor:
    return x**2 / 20 + 4 * y**2


@cache
def curve(name: str) -> tuple[Array, Array]:
    """A landscape of one variable over its range: x and f(x), each of shape (FINE,)."""
    x = _places(name, "x", FINE)
    return x.numpy(), LANDSCAPES[name].load()(x).numpy()


@cache
def contours(name: str) -> tuple[Array, Array]:
    """The points (x, y), each of shape (n,), where a landscape of two variables crosses a level.

    Levels are such that each band between two of them covers the same area.
    """
    x, y = _places(name, "x", FINE), _places(name, "y", FINE // 2)
    grid_x, grid_y = torch.meshgrid(x, y, indexing="ij")
    height = LANDSCAPES[name].load()(grid_x, grid_y).numpy()
    band = np.searchsorted(np.quantile(height, np.linspace(0, 1, CONTOURS + 1)[1:-1]), height)
    crossing = (np.diff(band, axis=0)[:, 1:] != 0) | (np.diff(band, axis=1)[1:] != 0)
    i, j = np.nonzero(crossing)
    return x.numpy()[i], y.numpy()[j]


def _places(name: str, axis: str, count: int) -> Tensor:
    low, high = LANDSCAPES[name].options[axis]
    return torch.linspace(low, high, count, dtype=torch.float64)
