"""A straight line, and the one that fits best."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.scaling import mean_and_deviation
from tui_trainer.data.span import tamed

Array = NDArray[np.float64]


class Line(NamedTuple):
    """y = slope x + intercept."""

    slope: float
    intercept: float

    def __call__(self, x: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.slope * x + self.intercept, dtype=np.float64)

    def __str__(self) -> str:
        sign = "−" if self.intercept < 0 else "+"
        return f"y = {self.slope:.4g} x {sign} {abs(self.intercept):.4g}"


def least_squares(x: Array, y: Array) -> Line:
    """The line with the smallest mean squared error on the points (x, y), each of shape (n,).

    Its slope is infinite where no float is large enough.
    """
    x_deviation, (y_mean, y_deviation) = mean_and_deviation(x)[1], mean_and_deviation(y)
    if not x_deviation or not y_deviation:
        return Line(0.0, y_mean)
    (x, across), (y, up) = tamed(x), tamed(y)
    spread = x - x.mean()
    square = float(spread @ spread)
    slope = float(spread @ (y - y.mean())) / square
    intercept = float(y.mean()) - slope * float(x.mean())
    with np.errstate(over="ignore"):
        return Line(*np.ldexp([slope, intercept], [across - up, -up]).tolist())


def mean_squared_error(line: Line, x: Array, y: Array) -> float:
    """The line's error on the points; infinite, or NaN, where no float is large enough."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.mean((line(x) - y) ** 2))
