"""The losses of a run, epoch by epoch; of a very long one, in rows for several epochs: see `downsampling`.

Beside them its metrics, of the epochs after which they were measured.
"""

import contextlib
import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tui_trainer.runs import downsampling
from tui_trainer.runs.downsampling import LOSS, TEST_LOSS, Downsampling, Rows, span_of
from tui_trainer.runs.envelope import Envelope, Pieces, pieces_after

Array = NDArray[np.float64]
CLOCK_GROWTH, CLOCK_SECONDS = 1.01, 0.01
NEARLY = 1e-6  # of an epoch: what is so nearly over has ended


@dataclass(frozen=True)
class Mark:
    """A setting that was changed on the way, within the epoch after this one."""

    epoch: int
    setting: str
    old: str
    new: str

    @property
    def text(self) -> str:
        """The change in a few letters, for a chart: `lr ÷2`, `cpu`, `epochs 2000`."""
        if self.setting == "device":
            return self.new
        if self.setting == "lr":
            with contextlib.suppress(ValueError, ArithmeticError):  # as a spoiled file may have them
                factor = float(self.new) / float(self.old)
                return f"lr ×{factor:.3g}" if factor > 1 else f"lr ÷{1 / factor:.3g}"
        return f"{self.setting} {self.new}"


class Measured(NamedTuple):
    """The metrics after an epoch, by their names, on the training samples and on those held out."""

    epoch: int
    metrics: Mapping[str, float]
    test_metrics: Mapping[str, float]

    @property
    def by_name(self) -> dict[str, Mapping[str, float]]:
        """Those that there are, as JSON has them."""
        both = {"metrics": self.metrics, "test_metrics": self.test_metrics}
        return {name: metrics for name, metrics in both.items() if metrics}


class History:
    """Append-only: one thread appends while another reads what is there.

    Arrays grow by doubling, and what was written is never moved under a reader. The last row is of the span that is
    not full yet, and is written again until it is.
    """

    unit = "epoch"  # what it counts

    def __init__(self) -> None:
        self._ends, self._rows = np.empty(1024), np.empty((6, 1024))
        self._full = self._count = 0  # rows: of spans that are full, and with the last one
        self._epochs = 0
        self._downsampling = Downsampling()
        self._envelope, self._test_envelope = Envelope(), Envelope()
        self._clock = [(0, 0.0)]
        self._measured: list[Measured] = []
        self.last: float | None = None  # of the last epoch; None before there is one, or where it is no finite number
        self.last_test: float | None = None  # of the held-out samples likewise
        self.marks: tuple[Mark, ...] = ()

    def append(self, losses: Array, test_loss: Array | float | None, seconds: float = 0.0) -> None:
        """Add the losses of the next epochs, of shape (epochs,), and those on the held-out samples.

        seconds: of training up to there.
        """
        test_losses = np.broadcast_to(np.nan if test_loss is None else test_loss, losses.shape)
        for rows in self._downsampling.add(losses, test_losses):
            self._write(rows)
            self._full = self._count
        for rows in self._downsampling.rest():
            self._write(rows)
        if len(losses):
            self._ended(self._downsampling.epoch, losses[-1], test_losses[-1], seconds)

    def append_rows(self, rows: Rows, seconds: float = 0.0) -> bool:
        """Add rows that were kept. Returns whether they go on where this ends; if not, they are left out."""
        if rows.before != self._downsampling.closed:
            return False
        self._write(rows)
        if rows.span == span_of(rows.epoch):
            self._downsampling.skip_to(rows.epoch)
            self._full = self._count
        self._ended(rows.epoch, rows.values[LOSS][0, -1], rows.values[TEST_LOSS][0, -1], seconds)
        return True

    def fill(self, epoch: int) -> None:
        """Go on after an epoch: those before it of which nothing is known are NaN."""
        known = self._downsampling
        while (missing := epoch - known.epoch) > 0:
            span = span_of(known.epoch + 1)
            rows = min(missing, downsampling.FULL * span - known.epoch) // span
            if rows and not known.open.size:
                self.append_rows(Rows(known.epoch + rows * span, span, np.full((6, rows), np.nan)))
            else:
                self.append(np.full(min(missing, span - known.open.shape[1]), np.nan), None)

    def measure(self, epoch: int, metrics: Mapping[str, float], test_metrics: Mapping[str, float]) -> bool:
        """Note the metrics after an epoch. Returns whether it comes after those before; if not, they are left out."""
        if self._measured and epoch <= self._measured[-1].epoch:
            return False
        self._measured.append(Measured(epoch, metrics, test_metrics))
        return True

    @property
    def measured(self) -> list[Measured]:
        """The metrics so far, in the order of their epochs."""
        return self._measured[:]

    @property
    def last_measured(self) -> Measured:
        """The metrics that were measured last; none where none were."""
        return self._measured[-1] if self._measured else Measured(0, {}, {})

    def metric(self, name: str, held_out: bool = False) -> tuple[Array, Array]:
        """The epochs after which a metric was measured, and its values, both of shape (epochs,)."""
        parts = [(each.epoch, each.test_metrics if held_out else each.metrics) for each in self.measured]
        known = [(float(epoch), part[name]) for epoch, part in parts if name in part]
        epochs, values = np.array(known).reshape(-1, 2).T
        return epochs, values

    def _write(self, rows: Rows) -> None:
        """Write rows after those of full spans."""
        count = self._full + rows.values.shape[1]
        while count > len(self._ends):
            self._ends = np.concatenate([self._ends, np.empty_like(self._ends)])
            self._rows = np.hstack([self._rows, np.empty_like(self._rows)])
        self._rows[:, self._full : count] = rows.values
        self._ends[self._full : count] = rows.ends
        self._count = count

    def _ended(self, epoch: int, loss: float, test_loss: float, seconds: float) -> None:
        self._epochs = epoch
        self.last, self.last_test = known(float(loss)), known(float(test_loss))
        if seconds > self._clock[-1][1] * CLOCK_GROWTH + CLOCK_SECONDS:
            self._clock.append((epoch, seconds))

    def seconds_at(self, epochs: Array) -> Array:
        """How long training had taken at each of these epochs, of any shape. The time of some is known to a percent."""
        done, seconds = np.array(self._clock).T
        rate = seconds[-1] / done[-1] if done[-1] else 0.0
        beyond = np.maximum(epochs - done[-1], 0.0) * rate
        return np.asarray(np.interp(epochs, done, seconds) + beyond, dtype=np.float64)

    def epoch_at(self, seconds: float) -> int:
        """The last epoch that had ended after so many seconds of training, as far as `seconds_at` knows it."""
        done, times = np.array(self._clock).T
        rate = times[-1] / done[-1] if done[-1] else 0.0
        beyond = (seconds - times[-1]) / rate if rate and seconds > times[-1] else 0.0
        return min(self._epochs, int(np.interp(seconds, times, done) + beyond + NEARLY))

    def until(self, epoch: int) -> Self:
        """The same up to an epoch, of which a row of several epochs may know only the mean. What it shows is shared."""
        if epoch >= self._epochs:
            return self
        past = copy.copy(self)  # which shares the arrays, and adds to none of them
        past._end_after(epoch)
        return past

    def _end_after(self, epoch: int) -> None:
        count = int(np.searchsorted(self.epochs, epoch))  # rows before that of the epoch
        self._downsampling, self._envelope, self._test_envelope = Downsampling(), Envelope(), Envelope()
        self._count = self._full = count + bool(epoch)
        self._epochs = max(0, epoch)
        self.marks = tuple(mark for mark in self.marks if mark.epoch < epoch)
        self._measured = [each for each in self._measured if each.epoch <= epoch]
        self.last = self.last_test = None
        if epoch:
            self.last, self.last_test = (known(float(self._rows[part, count])) for part in (0, 3))

    def reached(self, loss: float) -> int | None:
        """The first epoch whose loss was this or lower; of several in a row, the last."""
        low = np.flatnonzero(self.lowest <= loss)
        return int(self.epochs[low[0]]) if len(low) else None

    @property
    def best(self) -> tuple[float | None, int]:
        """The lowest loss, and the epoch that reached it; None and 0 where no loss is a finite number."""
        if not np.isfinite(self.lowest).any():
            return None, 0
        best = float(np.nanmin(self.lowest))
        return best, self.reached(best) or 0

    def mark(self, epoch: int, setting: str, old: str, new: str) -> None:
        """Note a change at an epoch. Several of a setting in one epoch are one; none, where they undo each other."""
        same = [mark for mark in self.marks if (mark.epoch, mark.setting) == (epoch, setting)]
        others = tuple(mark for mark in self.marks if mark not in same)
        first = same[0].old if same else old
        self.marks = others if first == new else (*others, Mark(epoch, setting, first, new))

    def __len__(self) -> int:
        """The epochs so far."""
        return self._epochs

    @property
    def downsampling(self) -> Downsampling:
        """What goes on from here: a copy."""
        return self._downsampling.copy()

    @property
    def epochs(self) -> Array:
        """The last epoch of each row, of shape (rows,): up to `downsampling.FULL` there is a row for each."""
        return self._ends[: self._count]

    @property
    def losses(self) -> Array:
        """The loss of each row, a mean where it is of several epochs; of shape (rows,)."""
        return self._rows[0, : self._count]

    @property
    def lowest(self) -> Array:
        """The lowest loss of each row."""
        return self._rows[1, : self._count]

    @property
    def highest(self) -> Array:
        """The highest loss of each row."""
        return self._rows[2, : self._count]

    @property
    def test_losses(self) -> Array:
        """The held-out samples' loss of each row likewise, NaN where there is none."""
        return self._rows[3, : self._count]

    @property
    def table(self) -> Array:
        """All of these, of shape (6, rows): see `downsampling.Rows`."""
        return self._rows[:, : self._count]

    def pieces(self, longest: int, after: int = 0, log: bool = False) -> Pieces:
        """The first `longest` losses, as a chart needs them. For one thread, which draws.

        after: those after this epoch alone; log: for an axis on which each doubling is as long.
        """
        return self._pieces(self._envelope, LOSS, longest, after, log)

    def test_pieces(self, longest: int, after: int = 0, log: bool = False) -> Pieces:
        """The same of the held-out samples' losses."""
        return self._pieces(self._test_envelope, TEST_LOSS, longest, after, log)

    def _pieces(self, envelope: Envelope, part: slice, longest: int, after: int, log: bool) -> Pieces:
        count = int(np.searchsorted(self.epochs, longest, side="right"))
        ends, values = self._ends[:count], self._rows[part, :count]
        if after or log:
            return pieces_after(ends, values, int(np.searchsorted(ends, after, side="right")), log)
        return envelope.follow(ends, values)


def known(loss: float) -> float | None:
    """A loss, or None where it is no finite number."""
    return loss if math.isfinite(loss) else None
