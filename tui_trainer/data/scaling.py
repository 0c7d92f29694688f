"""Scaling: training sees (value - mean) / deviation; charts and figures see the value again."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Scaling(NamedTuple):
    """An affine map and its inverse."""

    mean: float
    deviation: float

    def apply(self, values: Array) -> Array:
        return (values - self.mean) / self.deviation

    def undo(self, values: Array) -> Array:
        return values * self.deviation + self.mean


def unscaled(values: Array) -> Scaling:
    """Leave values as they are."""
    return Scaling(0.0, 1.0)


def standard(values: Array) -> Scaling:
    """Bring values to mean 0 and (population) deviation 1; constant values only to mean 0."""
    return Scaling(float(values.mean()), float(values.std()) or 1.0)
