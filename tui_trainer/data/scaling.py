"""Scaling: training sees (value - mean) / deviation; charts and figures see the value again."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# How far a mean of very many equal values may be off, as a share of it: numpy adds them up in a tree of blocks of 128.
ROUNDING = 32 * float(np.finfo(np.float64).eps)
# Between these, sums of squares and differences stay within float64.
SMALL, LARGE = 1e-150, 1e150


class Scaling(NamedTuple):
    """An affine map and its inverse."""

    mean: float
    deviation: float

    def apply(self, values: Array) -> Array:
        # Halved, the difference of two finite numbers is finite.
        half = 0.5 if max(abs(self.mean), self.deviation) > LARGE else 1.0
        with np.errstate(over="ignore", invalid="ignore"):
            return (values * half - self.mean * half) / (self.deviation * half)

    def undo(self, values: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return values * self.deviation + self.mean


def unscaled(values: Array) -> Scaling:
    """Leave values as they are."""
    return Scaling(0.0, 1.0)


def standard(values: Array) -> Scaling:
    """Bring values to mean 0 and (population) deviation 1; constant values only to mean 0."""
    mean, deviation = mean_and_deviation(values)
    return Scaling(mean, deviation or 1.0)


def mean_and_deviation(values: Array) -> tuple[float, float]:
    """The mean and the population deviation of finite values, of shape (n,).

    The deviation is 0 where it is below rounding of the mean: such values are constant, and what
    would be divided by it is noise of the arithmetic.
    """
    unit = magnitude(values)
    values = values if unit == 1.0 else values / unit
    mean, deviation = float(values.mean()), float(values.std())
    return mean * unit, deviation * unit if deviation > ROUNDING * abs(mean) else 0.0


def magnitude(values: Array) -> float:
    """1 or, where squares of the values would leave float64, the power of two near the largest of them.

    Dividing by it and multiplying again changes no digit.
    """
    largest = max(float(values.max()), -float(values.min()))
    return 1.0 if SMALL < largest < LARGE or not largest else math.ldexp(0.5, math.frexp(largest)[1])
