"""Scaling: training sees (value - mean) / deviation; charts and figures see the value again."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.span import LARGEST, tamed

Array = NDArray[np.float64]


class Scaling(NamedTuple):
    """An affine map and its inverse."""

    mean: float
    deviation: float

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
    """Leave values as they are."""
    return Scaling(0.0, 1.0)


def standard(values: Array) -> Scaling:
    """Bring values to mean 0 and (population) deviation 1; constant values only to mean 0."""
    values, exponent = tamed(values)
    with np.errstate(over="ignore"):  # by rounding alone
        moments = np.ldexp([values.mean(), values.std()], -exponent).clip(-LARGEST, LARGEST)
    mean, deviation = moments.tolist()
    return Scaling(mean, deviation or 1.0)
