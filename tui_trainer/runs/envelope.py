"""The envelope of a long series: what a chart shows of it, however long it is."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.span import LARGEST

Array = NDArray[np.float64]
MAX_PIECES = 1024
SMOOTHED_OVER = 50


class Envelope:
    """The lowest, the highest and the mean of each piece of a series that only grows at its end.

    A piece is one value at first, and whenever there are more than MAX_PIECES, two become one. So
    following a series costs what is new in it, and drawing it costs the same after a million values
    as after a thousand. Places are counted from 1, and values that are not finite are left out.
    """

    def __init__(self) -> None:
        self._width = 1  # of a piece, in values
        self._length = 0
        self._whole = np.empty((4, 0))
        self._pieces = self._whole

    def follow(self, ends: Array, values: Array) -> Self:
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
        done = self._whole.shape[1]
        new = int(np.searchsorted(ends, done * self._width, side="right"))
        widths = np.diff(ends[new:], prepend=done * self._width)
        places = ((ends[new:] - 1) // self._width).astype(np.int64) - done
        self._pieces = np.hstack([self._whole, _digest(places, widths, values[:, new:])])
        self._whole = self._pieces[:, : self._length // self._width]
        return self

    @property
    def line(self) -> tuple[Array, Array]:
        """Places and values, both of shape (points,): all of them, or each piece's highest and lowest."""
        if self._width == 1:
            return self._first, self._pieces[0]
        # A loss falls more often than not, so the higher end of a piece is its beginning.
        low, high = self._pieces[:2]
        return np.stack([self._first, self._last], axis=1).ravel(), np.stack([high, low], axis=1).ravel()

    @property
    def smooth(self) -> tuple[Array, Array]:
        """Places and means, both of shape (pieces,), each over a fiftieth of the series around it."""
        mean, count = self._pieces[2:]
        weight = count / max(count.sum(), 1)  # parts of a mean, where sums could overflow
        total, weights = np.cumsum(np.pad([mean * weight, weight], ((0, 0), (1, 0))), axis=1)
        place = np.arange(self._pieces.shape[1])
        half = len(place) // SMOOTHED_OVER // 2
        start, stop = np.maximum(place - half, 0), np.minimum(place + half + 1, len(place))
        with np.errstate(invalid="ignore", over="ignore"):  # over: by rounding alone
            means = (total[stop] - total[start]) / (weights[stop] - weights[start])
            means = means.clip(-LARGEST, LARGEST)
        return (self._first + self._last) / 2, means

    @property
    def _first(self) -> Array:
        return np.arange(self._pieces.shape[1], dtype=np.float64) * self._width + 1

    @property
    def _last(self) -> Array:
        return np.minimum(self._first + self._width - 1, self._length)


def _digest(places: NDArray[np.int64], widths: Array, values: Array) -> Array:
    """The digest of rows by the piece that each is in, of shape (4, pieces): lowest, highest, mean, count of finite."""
    count = int(places[-1]) + 1 if len(places) else 0
    finite = np.isfinite(values[0])
    places, widths, (mean, low, high) = places[finite], widths[finite], values[:, finite]
    lowest, highest = np.full((2, count), np.nan)
    np.fmin.at(lowest, places, low)
    np.fmax.at(highest, places, high)
    total = np.bincount(places, widths, count)
    means = np.bincount(places, mean * (widths / total[places]), count)  # parts of a mean, where sums could overflow
    return np.stack([lowest, highest, means, total])


def _joined(pieces: Array) -> Array:
    """Pieces of shape (4, pairs, 2), each two made one."""
    low, high, mean, count = pieces
    total = count.sum(axis=1)
    means = (mean * (count / np.maximum(total, 1)[:, np.newaxis])).sum(axis=1)
    return np.stack([np.fmin.reduce(low, axis=1), np.fmax.reduce(high, axis=1), means, total])
