"""A straight line, and the one that fits best."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Line(NamedTuple):
    """y = slope x + intercept."""

    slope: float
    intercept: float

    def __call__(self, x: Array) -> Array:
        return self.slope * x + self.intercept

    def __str__(self) -> str:
        sign = "−" if self.intercept < 0 else "+"
        return f"y = {self.slope:.4g} x {sign} {abs(self.intercept):.4g}"


def least_squares(x: Array, y: Array) -> Line:
    """The line with the smallest mean squared error on the points (x, y), each of shape (n,)."""
    spread = x - x.mean()
    square = float(spread @ spread)
    slope = float(spread @ (y - y.mean())) / square if square else 0.0
    return Line(slope, float(y.mean()) - slope * float(x.mean()))


def mean_squared_error(line: Line, x: Array, y: Array) -> float:
    return float(np.mean((line(x) - y) ** 2))
