"""A straight line, and the one that fits best."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.scaling import magnitude, mean_and_deviation

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
    (x_mean, x_deviation), (y_mean, y_deviation) = mean_and_deviation(x), mean_and_deviation(y)
    if not x_deviation or not y_deviation:
        return Line(0.0, y_mean)
    x_unit, y_unit = magnitude(x), magnitude(y)
    spread = _centred(x, x_mean, x_unit)
    slope = float(spread @ _centred(y, y_mean, y_unit)) / float(spread @ spread) * (y_unit / x_unit)
    return Line(slope, y_mean - slope * x_mean)


def _centred(values: Array, mean: float, unit: float) -> Array:
    """How far values are from their mean, in this unit."""
    return values - mean if unit == 1.0 else values / unit - mean / unit


def mean_squared_error(line: Line, x: Array, y: Array) -> float:
    """The mean of the squared distances in y; infinite where they are beyond all numbers."""
    with np.errstate(over="ignore", invalid="ignore"):
        error = float(np.mean((line(x) - y) ** 2))
    return error if error == error else float("inf")
