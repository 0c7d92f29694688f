"""The record of a script's run: what it logged, step by step, for the charts that show runs beside each other.

Where a run of ours counts epochs, in its history and its marks, this one counts steps.
"""

import bisect
import copy
from dataclasses import dataclass, field
from typing import Self, cast

import numpy as np

from tui_trainer.catalog import METRICS
from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment
from tui_trainer.runs import metrics
from tui_trainer.runs.envelope import MAX_PIECES, Pieces, digest
from tui_trainer.runs.history import Array, History, Measured
from tui_trainer.runs.logged import Logged, Series
from tui_trainer.runs.measures import Measure, measure
from tui_trainer.runs.record import Record
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.tasks.task import Baseline, Task

LOSS = "loss"


class ScriptHistory(History):
    """What a script logged, by names; as a history, how the loss went, if there is one."""

    unit = "step"

    def __init__(self) -> None:
        super().__init__()
        self.logged = Logged()
        self.size = 0  # bytes that were read

    def read_on(self, run: StoredRun) -> bool:
        """Take in what was written since; returns whether there was something. Raises OSError."""
        new = metrics.read(run.folder, self.size, logged=self.logged)
        read = new.size > self.size
        self.size = new.size
        for line in new.changes:
            if line.setting:
                self.mark(line.steps, *map(printable, (line.setting, line.old, line.new)))
        if read:
            one, last = self.of(LOSS), self.logged.last
            self.last, self.last_test = last.get(one.training), last.get(one.held_out)
        return read

    def by_now(self) -> Self:
        """The same up to here, for another thread: it stays as it is while this goes on."""
        now = copy.copy(self)
        now.logged = self.logged.by_now()
        return now

    def of(self, what: str) -> Measure:
        """Under which names a thing was logged."""
        return measure(what, self.logged.series)

    def __len__(self) -> int:
        return self.logged.steps

    @property
    def epochs(self) -> Array:
        """The last step of each row of its loss."""
        series = self.logged.series.get(self.of(LOSS).training)
        return series.steps if series else np.empty(0)

    @property
    def lowest(self) -> Array:
        series = self.logged.series.get(self.of(LOSS).training)
        return series.values[1] if series else np.empty(0)

    @property
    def measured(self) -> list[Measured]:
        """The last numbers alone: all are in `logged`."""
        last = self.logged.last
        known = {name: self.of(name) for name in METRICS}
        training = {name: last[one.training] for name, one in known.items() if one.training in last}
        held_out = {name: last[one.held_out] for name, one in known.items() if one.held_out in last}
        return [Measured(len(self), training, held_out)] if last else []

    def metric(self, name: str, held_out: bool = False) -> tuple[Array, Array]:
        one = self.of(name)
        series = self.logged.series.get(one.held_out if held_out else one.training)
        return (series.steps, series.values[0]) if series else (np.empty(0), np.empty(0))

    def pieces(self, longest: int, after: int = 0, log: bool = False) -> Pieces:
        return self.pieces_of(self.of(LOSS).training, after)

    def test_pieces(self, longest: int, after: int = 0, log: bool = False) -> Pieces:
        return self.pieces_of(self.of(LOSS).held_out, after)

    def pieces_of(self, name: str, after: int = 0) -> Pieces:
        """What a chart needs of the numbers of a name; of many rows, several in a piece."""
        series = self.logged.series.get(name)
        return _pieces(series, after) if series else Pieces(np.empty(0), np.empty(0), np.empty((4, 0)))

    def seconds_at(self, epochs: Array) -> Array:
        return self._along("seconds", epochs)

    def epochs_at(self, steps: Array) -> Array:
        """Which epoch it was in after these steps, with parts of one; as many as steps where it counted none."""
        return self._along("epochs", steps) if self.counts_epochs else np.asarray(steps, dtype=np.float64)

    @property
    def counts_epochs(self) -> bool:
        """Whether the script counts epochs."""
        return any(series.epochs[-1] != series.epochs[0] for series in self.logged.series.values())

    def epoch_at(self, seconds: float) -> int:
        steps, times = self._clock_of("seconds")
        return int(np.interp(seconds, times, steps))

    def _along(self, what: str, steps: Array) -> Array:
        known, values = self._clock_of(what)
        return np.asarray(np.interp(steps, known, values), dtype=np.float64)

    def _clock_of(self, what: str) -> tuple[Array, Array]:
        """Steps, and how many seconds or epochs had gone by then: of the name that was logged most often."""
        series = max(self.logged.series.values(), key=len, default=None)
        if series is None:
            return np.zeros(1), np.zeros(1)
        steps, values = series.steps, getattr(series, what)
        if what == "epochs":  # the one that it was in: it had ended where the next one began
            ends = np.flatnonzero(np.diff(values))
            ended = steps[ends]
            per_epoch = ended[0] if len(ended) else steps[-1]
            done = np.append(ended, max(float(steps[-1]), float((ended[-1] if len(ended) else 0) + per_epoch)))
            return np.concatenate([[0.0], done]), np.concatenate([[0.0], values[np.append(ends, -1)] - values[0] + 1])
        return np.concatenate([[0.0], steps]), np.concatenate([[0.0], values])


class Means(Pieces):
    """The means of rows: a point at the end of each; of several rows in a piece, the lowest and the highest of them."""

    @property
    def line(self) -> tuple[Array, Array]:
        low, high, _, _ = self.values  # NaN where nothing is finite
        return (self.last, low) if np.array_equal(low, high, equal_nan=True) else super().line


def _pieces(series: Series, after: int) -> Pieces:
    """The rows after a step; where there are more than a chart has room for, several in a piece.

    Of each its mean: how far the losses of single batches lie apart would hide how they go.
    """
    start = bisect.bisect_right(series.steps, after)
    first, last, mean = series.first[start:], series.steps[start:], series.values[0, start:]
    if not len(last):
        return Pieces(first, last, np.empty((4, 0)))
    # A number that was logged once between two rows is that of the step at which it was.
    first = np.where(series.values[1, start:] == series.values[2, start:], last, first)
    starts = np.arange(0, len(last), -(-len(last) // MAX_PIECES))
    pieces = digest(starts, last - first + 1, np.stack([mean] * 3))
    return Means(first[starts], last[np.append(starts[1:], len(last)) - 1], pieces)


@dataclass
class ScriptRecord(Record):
    """A script's run as its folder tells it: there is no task and no net, so that the views of these have no part.

    One thread follows it while another draws: its history is replaced by one that is longer, and never changed.
    """

    history: ScriptHistory = field(default_factory=ScriptHistory)
    epochs: int = 0
    _read: ScriptHistory = field(default_factory=ScriptHistory, init=False, repr=False, compare=False)

    @classmethod
    def of_script(cls, run: StoredRun) -> Self:
        """All that is known of it by now. Raises OSError."""
        record = cls(run.info.name, Experiment(), cast(Task, None), run.info.device)
        record.follow(run)
        return record

    def follow(self, run: StoredRun) -> bool:
        """Take in what is new, run being the folder as it is now; returns whether there was something."""
        info, before = run.info, (self.status, self.steps)
        self.id, self.status, self.device = run.folder.name, run.status, info.device
        self.error, self.epochs = info.error, info.epochs
        if read := self._read.read_on(run):
            self.history = self._read.by_now()
        self.steps = max(info.steps, len(self.history))
        self.epoch, self.seconds = info.epoch, info.seconds
        if read and (measured := self.history.measured):
            _, self.metrics, self.test_metrics = measured[0]
        return read or before != (self.status, self.steps)

    @property
    def views(self) -> list[str]:
        known = {name for name in METRICS if self.history.of(name).names}
        return [LOSS, *known]

    @property
    def held_out(self) -> bool:
        return bool(self.history.of(LOSS).held_out)

    @property
    def counts_epochs(self) -> bool:
        return self.history.counts_epochs

    def epochs_at(self, ends: Array) -> Array:
        return self.history.epochs_at(ends)

    def steps_at(self, ends: Array) -> Array:
        return ends

    @property
    def baseline(self) -> Baseline | None:
        return None

    @property
    def within_epoch(self) -> tuple[int, int]:
        return 0, 1
