"""Scaling: training sees (value - mean) / deviation; charts and figures see the value again."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.span import LARGEST, tamed

Array = NDArray[np.float64]

# How far a mean of very many equal values may be off, as a share of it: numpy adds them up in a tree of blocks of 128.
ROUNDING = 32 * float(np.finfo(np.float64).eps)


class Scaling(NamedTuple):
    """An affine map of columns and its inverse: mean and deviation are of shape (columns,).

    What it is applied to has such a last dimension, or one of 1.
    """

    mean: Array
    deviation: Array

    def apply(self, values: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (values - self.mean) / self.deviation
            # Where a difference overflows, its parts don't, each in units of a deviation as large as they are.
            return np.where(np.isfinite(scaled), scaled, values / self.deviation - self.mean / self.deviation)

    def undo(self, values: Array) -> Array:
        """A value that no float is large enough for becomes infinite."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(values * self.deviation + self.mean, dtype=np.float64)


def unscaled(values: Array) -> Scaling:
    """Leave values, of shape (n, columns), as they are."""
    columns = values.shape[1]
    return Scaling(np.zeros(columns), np.ones(columns))


def standard(values: Array) -> Scaling:
    """Bring each column of values to mean 0 and (population) deviation 1; a constant one only to mean 0.

    values: of shape (n, columns).
    """
    mean, deviation = np.array([mean_and_deviation(column) for column in values.T]).T
    return Scaling(mean, np.where(deviation > 0, deviation, 1.0))


def mean_and_deviation(values: Array) -> tuple[float, float]:
    """The mean and the population deviation of finite values, of shape (n,).

    The deviation is 0 where it is below rounding of the mean: such values are constant, and what
    would be divided by it is noise of the arithmetic.
    """
    values, exponent = tamed(values)
    mean, deviation = float(values.mean()), float(values.std())
    deviation = deviation if deviation > ROUNDING * abs(mean) else 0.0
    with np.errstate(over="ignore"):  # by rounding alone
        mean, deviation = np.ldexp([mean, deviation], -exponent).clip(-LARGEST, LARGEST).tolist()
    return mean, deviation
