"""The named data sets: functions of x, to which the run's noise is added.

Each takes and returns float64 arrays of one shape. Their sizes are such that noise of 1 can be
seen but does not hide them.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def article(x: Array) -> Array:
    """The article's curve."""
    y: Array = x + 2 * np.sin(x)
    return y


def sine(x: Array) -> Array:
    return 5 * np.sin(x)


def step(x: Array) -> Array:
    """A jump, which a smooth net can only approach."""
    return np.where(x < 0, 0.0, 10.0)


def absolute(x: Array) -> Array:
    return np.abs(x)


def quadratic(x: Array) -> Array:
    return x**2 / 5


def sinc(x: Array) -> Array:
    return 10 * np.sinc(x / np.pi)


def line(x: Array) -> Array:
    """A line, which the net without an activation fits perfectly."""
    return 2 * x + 1
