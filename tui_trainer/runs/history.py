"""The losses of a run, epoch by epoch."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui_trainer.runs.outline import Outline

Array = NDArray[np.float64]
CLOCK_GROWTH, CLOCK_SECONDS = 1.01, 0.01


@dataclass(frozen=True)
class Mark:
    """Something that was changed on the way."""

    epoch: int
    text: str


class History:
    """Append-only: one thread appends while another reads what is there.

    Arrays grow by doubling, and what was written is never moved under a reader.
    """

    def __init__(self) -> None:
        self._losses = np.empty(1024)
        self._test_losses = np.empty(0)  # none, until there is one
        self._count = 0
        self._outline, self._test_outline = Outline(), Outline()
        self._clock = [(0, 0.0)]
        self.marks: tuple[Mark, ...] = ()

    def append(self, losses: Array, test_loss: float | None, seconds: float = 0.0) -> None:
        """Add the losses of the next epochs, of shape (epochs,), and the last one's on the held-out points.

        seconds: of training up to there.
        """
        count = self._count + len(losses)
        while count > len(self._losses):
            self._losses = np.concatenate([self._losses, np.empty_like(self._losses)])
        self._losses[self._count : count] = losses
        if test_loss is not None or len(self._test_losses):
            missing = len(self._losses) - len(self._test_losses)
            if missing:
                self._test_losses = np.concatenate([self._test_losses, np.full(missing, np.nan)])
            self._test_losses[self._count : count] = np.nan if test_loss is None else test_loss
        self._count = count
        if seconds > self._clock[-1][1] * CLOCK_GROWTH + CLOCK_SECONDS:
            self._clock.append((count, seconds))

    def seconds_at(self, epochs: Array) -> Array:
        """How long training had taken at each of these epochs, of any shape. The time of some is known to a percent."""
        done, seconds = np.array(self._clock).T
        rate = seconds[-1] / done[-1] if done[-1] else 0.0
        beyond = np.maximum(epochs - done[-1], 0.0) * rate
        return np.asarray(np.interp(epochs, done, seconds) + beyond, dtype=np.float64)

    def reached(self, loss: float) -> int | None:
        """The first epoch whose loss was this or lower."""
        low = np.flatnonzero(self.losses <= loss)
        return int(low[0]) + 1 if len(low) else None

    def mark(self, epoch: int, text: str) -> None:
        """Note a change at an epoch."""
        self.marks = (*self.marks, Mark(epoch, text))

    def __len__(self) -> int:
        return self._count

    @property
    def losses(self) -> Array:
        """The loss of each epoch so far, of shape (epochs,)."""
        return self._losses[: self._count]

    @property
    def test_losses(self) -> Array:
        """The held-out points' loss after each epoch, NaN where there is none."""
        return self._test_losses[: self._count] if len(self._test_losses) else np.full(self._count, np.nan)

    @property
    def last(self) -> float | None:
        """The loss of the last epoch; None before there is one, or where it is no finite number."""
        return self._last(self._losses)

    @property
    def last_test(self) -> float | None:
        """The held-out points' loss after the last epoch; None where there is none."""
        return self._last(self._test_losses)

    def _last(self, losses: Array) -> float | None:
        value = float(losses[self._count - 1]) if self._count and len(losses) else math.nan
        return value if math.isfinite(value) else None

    def outline(self, longest: int) -> Outline:
        """The first `longest` losses, as a chart needs them. For one thread, which draws."""
        return self._outline.follow(self.losses[:longest])

    def test_outline(self, longest: int) -> Outline:
        """The same of the held-out points' losses."""
        return self._test_outline.follow(self.test_losses[:longest])
