"""The envelope of a long series: what a chart shows of it, however long it is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MAX_PIECES = 1024
PER_OCTAVE = 32  # pieces, from a place to twice as far
# How far noise scatters, as a multiple of the median of how far each of its values is from the mean of those beside it.
SCATTER = 1 / (0.6745 * 1.5**0.5)


@dataclass(frozen=True)
class Pieces:
    """The lowest, the highest and the mean of each piece of a series, and how many of its values are finite.

    first, last: the places of each piece, of shape (pieces,), counted from 1; values: of shape (4, pieces).
    """

    first: Array
    last: Array
    values: Array

    @property
    def line(self) -> tuple[Array, Array]:
        """Places and values, both of shape (points,): all of them, or each piece's highest and lowest."""
        low, high = self.values[:2]
        if (self.first == self.last).all():
            return self.first, low
        # A loss falls more often than not, so the higher end of a piece is its beginning.
        return np.stack([self.first, self.last], axis=1).ravel(), np.stack([high, low], axis=1).ravel()

    def smooth(self, half: int) -> tuple[Array, Array]:
        """Places and means, both of shape (pieces,), each over so many pieces before and after it, near the ends fewer.

        As many on either side: so it is late nowhere, and it begins and ends with the series itself.
        """
        means = np.full(len(self.first), np.nan)
        known = np.flatnonzero(self.values[3])
        if len(known):
            own = slice(int(known[0]), int(known[-1]) + 1)  # what is before its beginning is not its own
            low, high, mean, count = self.values[:, own]
            half = min(half, (len(mean) - 1) // 2)
            weight = count / count.sum()  # parts of a mean, where sums could overflow
            sums, weights = (_around(part, half) for part in (np.where(count > 0, mean, 0.0) * weight, weight))
            with np.errstate(invalid="ignore", divide="ignore"):
                # Rounding alone could put a mean beyond all values.
                means[own] = np.clip(sums / weights, np.nanmin(low), np.nanmax(high))
        return (self.first + self.last) / 2, means

    def noise(self, up: Callable[[Array], Array]) -> float:
        """How far means scatter, as `up` says how high each lies: robust against a fall, and against some wild ones."""
        mean, count = self.values[2:]
        heights = up(np.where(count > 0, mean, np.nan))
        apart = np.abs(heights[1:-1] - (heights[:-2] + heights[2:]) / 2)
        apart = apart[np.isfinite(apart)]
        return float(np.median(apart)) * SCATTER if len(apart) else 0.0

    def spread(self, up: Callable[[Array], Array]) -> float:
        """How far it is from the lowest to the highest of a piece, likewise; 0 where pieces are single values."""
        apart = up(self.values[1]) - up(self.values[0])
        apart = apart[np.isfinite(apart)]
        return float(np.median(apart)) if len(apart) else 0.0


class Envelope:
    """The pieces of a series that only grows at its end.

    A piece is one value at first, and whenever there are more than MAX_PIECES, two become one. So
    following a series costs what is new in it, and drawing it costs the same after a million values
    as after a thousand. Values that are not finite are left out.
    """

    def __init__(self) -> None:
        self._width = 1  # of a piece, in values
        self._length = 0
        self._whole = np.empty((4, 0))

    def follow(self, ends: Array, values: Array) -> Pieces:
        """Take in what is new in a series so far, whose rows may be of several places. A shorter one is begun afresh.

        ends: the last place of each row, of shape (rows,); values: means, lowest and highest, of shape (3, rows).
        """
        length = int(ends[-1]) if len(ends) else 0
        if length < self._length:
            self._width, self._whole = 1, np.empty((4, 0))
        self._length = length
        while self._length > self._width * MAX_PIECES:
            self._width *= 2
            pairs = self._whole.shape[1] // 2
            self._whole = _joined(self._whole[:, : 2 * pairs].reshape(4, pairs, 2))
        done = self._whole.shape[1] * self._width
        new = int(np.searchsorted(ends, done, side="right"))
        starts = np.flatnonzero(np.diff((ends[new:] - 1) // self._width, prepend=-1.0))
        pieces = np.hstack([self._whole, digest(starts, np.diff(ends[new:], prepend=done), values[:, new:])])
        self._whole = pieces[:, : self._length // self._width]
        first = np.arange(pieces.shape[1], dtype=np.float64) * self._width + 1
        return Pieces(first, np.minimum(first + self._width - 1, self._length), pieces)


def pieces_after(ends: Array, values: Array, start: int, log: bool) -> Pieces:
    """The pieces of a series from a row on, which are as those of `Envelope.follow`.

    log: so many to each doubling of the place; else about MAX_PIECES, which lie where they lay when there were fewer.
    """
    count = len(ends) - start
    if count <= 0:
        return Pieces(np.empty(0), np.empty(0), np.empty((4, 0)))
    if log:
        octaves = np.log2([max(float(ends[start]), 1.0), max(float(ends[-1]), 1.0)]) * PER_OCTAVE
        edges = np.floor(2.0 ** (np.arange(np.floor(octaves[0]), octaves[1]) / PER_OCTAVE))
        starts = np.searchsorted(ends, edges, side="right")
    else:
        width = 1 << max(0, (count - 1) // MAX_PIECES).bit_length()
        starts = np.arange(start - start % width, len(ends), width)
    starts = np.unique(np.clip(np.concatenate([[start], starts]), start, len(ends) - 1))
    before = float(ends[start - 1]) if start else 0.0
    befores = np.concatenate([[before], ends[start:-1]])[starts - start]
    widths = np.diff(ends[start:], prepend=before)
    lasts = np.concatenate([befores[1:], ends[-1:]])
    return Pieces(befores + 1, lasts, digest(starts - start, widths, values[:, start:]))


def digest(starts: NDArray[np.intp], widths: Array, values: Array) -> Array:
    """Rows as pieces, which begin at `starts`, of shape (4, pieces): lowest, highest, mean, count of finite."""
    if not len(starts):
        return np.empty((4, 0))
    finite = np.isfinite(values[0])
    mean, low, high = np.where(finite, values, np.nan)
    widths = np.where(finite, widths, 0.0)
    total = np.add.reduceat(widths, starts)
    of_piece = np.repeat(np.maximum(total, 1), np.diff(starts, append=len(widths)))
    # Parts of a mean, where sums could overflow.
    means = np.add.reduceat(np.where(finite, mean, 0.0) * (widths / of_piece), starts)
    return np.stack([np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts), means, total])


def _joined(pieces: Array) -> Array:
    """Pieces of shape (4, pairs, 2), each two made one."""
    low, high, mean, count = pieces
    total = count.sum(axis=1)
    means = (mean * (count / np.maximum(total, 1)[:, np.newaxis])).sum(axis=1)
    return np.stack([np.fmin.reduce(low, axis=1), np.fmax.reduce(high, axis=1), means, total])


def _around(values: Array, half: int) -> Array:
    """The sum of each value and those around it, `half` on either side, near the ends fewer. half < len(values) / 2.

    No sum is the difference of two: what is small stays exact beside what is large.
    """
    if not half:
        return values
    first, last = np.cumsum(values[: 2 * half])[::2], np.cumsum(values[: -2 * half - 1 : -1])[::2]
    return np.concatenate([first, np.convolve(values, np.ones(2 * half + 1), "valid"), last[::-1]])
