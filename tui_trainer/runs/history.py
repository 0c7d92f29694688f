"""The losses of a run, epoch by epoch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui_trainer.runs.outline import Outline

Array = NDArray[np.float64]


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
        self._losses = np.empty((2, 1024))
        self._count = 0
        self._outline, self._test_outline = Outline(), Outline()
        self.marks: tuple[Mark, ...] = ()

    def append(self, losses: Array, test_loss: float | None) -> None:
        """Add the losses of the next epochs, of shape (epochs,), and the last one's on the held-out points."""
        count = self._count + len(losses)
        while count > self._losses.shape[1]:
            self._losses = np.concatenate([self._losses, np.empty_like(self._losses)], axis=1)
        self._losses[0, self._count : count] = losses
        self._losses[1, self._count : count] = np.nan if test_loss is None else test_loss
        self._count = count

    def mark(self, epoch: int, text: str) -> None:
        """Note a change at an epoch."""
        self.marks = (*self.marks, Mark(epoch, text))

    def __len__(self) -> int:
        return self._count

    @property
    def losses(self) -> Array:
        """The loss of each epoch so far, of shape (epochs,)."""
        return self._losses[0, : self._count]

    @property
    def test_losses(self) -> Array:
        """The held-out points' loss after each epoch, NaN where there are none."""
        return self._losses[1, : self._count]

    def outline(self, longest: int) -> Outline:
        """The first `longest` losses, as a chart needs them. For one thread, which draws."""
        return self._outline.follow(self.losses[:longest])

    def test_outline(self, longest: int) -> Outline:
        """The same of the held-out points' losses."""
        return self._test_outline.follow(self.test_losses[:longest])
