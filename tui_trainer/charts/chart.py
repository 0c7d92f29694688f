"""What a chart shows, before it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Limits = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """Points (x, y), each of shape (n,), with x growing, in the colour of a role.

    marker: for dots the sign of each; for a line one that is put on it here and there.
    """

    x: Array
    y: Array
    role: str
    marker: str = ""


@dataclass(frozen=True)
class Mark:
    """A vertical line at x with a word beside it."""

    x: float
    text: str


@dataclass(frozen=True)
class Chart:
    """What to draw: lines, later ones above earlier, over dots. Limits must be finite and growing."""

    lines: Sequence[Series]
    x_limits: Limits
    y_limits: Limits
    dots: Sequence[Series] = ()
    log_y: bool = False
    floor: float | None = None
    marks: Sequence[Mark] = ()
    whole_x: bool = False
