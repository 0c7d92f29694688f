"""What a chart shows, before it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.span import share

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
    """What to draw: lines, later ones above earlier, over dots. Limits must be finite and growing.

    On a logarithmic y axis, where 0 has no place, a value of exactly 0 is drawn at the foot.
    """

    lines: Sequence[Series]
    x_limits: Limits
    y_limits: Limits
    dots: Sequence[Series] = ()
    log_y: bool = False
    floor: float | None = None
    marks: Sequence[Mark] = ()
    whole_x: bool = False

    def across(self, x: Array) -> Array:
        """Where each x lies from the left limit (0) to the right one (1); NaN for one that is not finite."""
        return share(x, *self.x_limits)

    def up(self, y: Array) -> Array:
        """Where each y lies from the lower limit (0) to the upper one (1); NaN for one that has no place."""
        if not self.log_y:
            return share(y, *self.y_limits)
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = np.log10(self.y_limits).tolist()
            return np.where(y == 0, 0.0, share(np.log10(y), low, high))

    @property
    def zero_at_foot(self) -> bool:
        """Whether there is a value of exactly 0 that a logarithmic axis has no place for."""
        return self.log_y and (self.floor == 0 or any((line.y == 0).any() for line in self.lines))
