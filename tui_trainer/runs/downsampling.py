"""The losses of very many epochs in few rows: one for each of the first epochs, later one for a span of them.

The first FULL epochs have a row each. From there on a row is the mean, the lowest and the highest loss of a span of
epochs: of 2 up to epoch 2 * FULL, of 4 up to 4 * FULL, of 8 up to 8 * FULL, and so on. So a run takes FULL rows, and
half as many whenever its length doubles; and a span is never longer than two FULLths of the run so far. Where spans
begin and end depends on nothing but the epoch: a run that was cut and resumed has the rows of one that never was.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FULL = 16_384
LOSS, TEST_LOSS = slice(0, 3), slice(3, 6)  # each: mean, lowest, highest


def span_of(epoch: int) -> int:
    """How many epochs share a row with this one, which is counted from 1."""
    return 1 << ((epoch - 1) // FULL).bit_length()


@dataclass(frozen=True)
class Rows:
    """Rows that follow each other, of spans that are equally long.

    epoch: the last of the last row's; values: of shape (6, rows), LOSS and TEST_LOSS, NaN where there is none.
    """

    epoch: int
    span: int
    values: Array

    @property
    def before(self) -> int:
        """The epoch before the first row's."""
        return self.epoch - self.span * int(self.values.shape[1])

    @property
    def ends(self) -> Array:
        """The last epoch of each row, of shape (rows,)."""
        return np.arange(1.0, self.values.shape[1] + 1) * self.span + self.before


class Downsampling:
    """Takes in losses epoch by epoch, and gives out rows of spans that are full."""

    def __init__(self) -> None:
        self.epoch = 0  # that were taken in
        self.open = np.empty((2, 0))  # losses and held-out losses of the span that is not full yet

    def copy(self) -> Self:
        """Another one that goes on from here."""
        other = type(self)()
        other.epoch, other.open = self.epoch, self.open
        return other

    @property
    def closed(self) -> int:
        """The last epoch whose span is full."""
        return self.epoch - self.open.shape[1]

    def skip_to(self, epoch: int) -> None:
        """Go on after an epoch that ends a span; what is open is dropped."""
        self.epoch, self.open = epoch, self.open[:, :0]

    def add(self, losses: Array, test_losses: Array) -> list[Rows]:
        """Take in the next epochs' losses, both of shape (epochs,). Returns the rows that they fill."""
        values, done = np.hstack([self.open, [losses, test_losses]]), self.closed
        rows = []
        while values.shape[1] >= (span := span_of(done + 1)):
            count = min(values.shape[1], FULL * span - done) // span
            whole, values = values[:, : count * span], values[:, count * span :]
            done += count * span
            rows.append(Rows(done, span, _means_and_ends(whole.reshape(2, count, span))))
        self.epoch, self.open = done + values.shape[1], values.copy()
        return rows

    def rest(self) -> list[Rows]:
        """A row of the span that is not full yet, where one was begun."""
        count = self.open.shape[1]
        return [Rows(self.epoch, count, _means_and_ends(self.open.reshape(2, 1, count)))] if count else []


def _means_and_ends(spans: Array) -> Array:
    """Mean, lowest and highest of the finite values of spans, of shape (2, rows, span); the result's is (6, rows)."""
    if spans.shape[2] == 1:
        return np.repeat(spans[:, :, 0], 3, axis=0)
    finite = np.isfinite(spans)
    count = finite.sum(axis=2)
    # Each divided first: the sum of large losses could be infinite.
    mean = np.where(finite, spans / np.maximum(count, 1)[:, :, np.newaxis], 0.0).sum(axis=2)
    mean[count == 0] = np.nan
    known = np.where(finite, spans, np.nan)
    return np.stack([mean, np.fmin.reduce(known, axis=2), np.fmax.reduce(known, axis=2)], axis=1).reshape(6, -1)
