"""Between two ends: arithmetic that holds for all finite floats, where `high - low` may overflow or be subnormal."""

import math
import sys

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LARGEST, SMALLEST = sys.float_info.max, math.ulp(0.0)


def spread(count: int, most: int) -> NDArray[np.int64]:
    """The places of all of so many samples or, of more than `most`, of some, evenly."""
    return np.arange(count) if count <= most else np.unique(np.linspace(0, count - 1, most).astype(np.int64))


def share(values: Array, low: float, high: float) -> Array:
    """Where each value, of any shape, lies from low (0) to high (1); NaN for one that is not finite.

    Beyond the ends the share is held between -1 and 2. low < high.
    """
    exponent = -math.frexp(max(abs(low), abs(high)))[1]  # a power of two: it changes no digit
    start, stop = math.ldexp(low, exponent), math.ldexp(high, exponent)
    with np.errstate(over="ignore", under="ignore"):
        shares = (np.ldexp(np.where(np.isfinite(values), values, np.nan), exponent) - start) / (stop - start)
    return np.asarray(np.clip(shares, -1.0, 2.0), dtype=np.float64)


def evenly(low: float, high: float, count: int) -> Array:
    """So many values from low to high, both with them, of shape (count,): `np.linspace` that can't overflow."""
    if max(abs(low), abs(high)) < LARGEST / 4:
        return np.linspace(low, high, count)
    spread = (4 * np.linspace(low / 4, high / 4, count)).clip(low, high)
    spread[0], spread[-1] = low, high
    return spread


def widened(low: float, high: float, part: float) -> tuple[float, float]:
    """The ends moved apart by a part of the way at each, as far as there are floats. Equal ends are parted too."""
    pad = high * part - low * part if high > low else max(abs(high), 1.0) * 0.5
    return max(low - pad, -LARGEST), min(high + pad, LARGEST)


def tamed(values: Array) -> tuple[Array, int]:
    """Values whose sums and squares neither overflow nor vanish, and the power of two that they were multiplied with.

    That changes no digit, and for most values it is 0: these are the values themselves.
    """
    size = max(abs(float(values.min())), abs(float(values.max()))) if len(values) else 0.0
    if not size or 1e-100 < size < 1e100:
        return values, 0
    exponent = -math.frexp(size)[1]
    return np.ldexp(values, exponent), exponent
