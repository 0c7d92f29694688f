"""metrics.jsonl: what happened in a run, a JSON object a line, only ever added to.

`{"epoch": 12, "steps": 2400, "seconds": 0.6, "losses": [...]}` has the losses of the epochs up to
that one; `test_losses` stands beside where samples are held out. Of long runs, losses are means over spans of epochs:
`{"epoch": 131080, "span": 4, "losses": [...], "lowest": [...], "highest": [...]}`, see `downsampling`.
`{"epoch": 12, "setting": "lr", ...}` is a setting that was changed on the way, or a weight that was edited by hand
(`"setting": "x1→1.3"`), `{"epoch": 12, "execution": "compiled"}`
another mode. `{"epoch": 12, "metrics": {"accuracy": 0.9}, "test_metrics": {...}}` are the task's metrics after the
epochs that are measured: see `engine.measuring`.

A script that is watched logs what it likes: `{"epoch": 2, "first": 4001, "steps": 4100, "values": {"acc": [0.81, 0.7,
0.9]}}` has the mean, the lowest and the highest of each name over these steps, see `logged`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
from msgspec.structs import replace

from tui_trainer.escape import printable
from tui_trainer.files import read_bytes, read_lines
from tui_trainer.runs.downsampling import LOSS, TEST_LOSS, Rows
from tui_trainer.runs.history import History
from tui_trainer.runs.logged import Logged

Losses = list[float | None]
Spread = tuple[float | None, float | None, float | None]

NAME = "metrics.jsonl"
TAIL, MAX_LINE = 65_536, 2**26  # bytes
MAX_MISSING = 10_000_000  # epochs; a line before which more are missing is damaged itself


# As in a row of losses, and in one of those on held-out samples: mean, lowest, highest.
PARTS = ("losses", "lowest", "highest"), ("test_losses", "lowest_test", "highest_test")


class Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line. `mark` is the change as a chart tells it; losses have None for what is no finite number.

    span: how many epochs each loss is the mean of, the last of which is `epoch`; lowest and highest stand beside
    where it is more than one. best: the lowest loss of the run so far; best_epoch: the first epoch that had it.
    values: what a script logged from the step `first` to `steps`, by name: mean, lowest, highest, each None where it
    is no finite number.
    """

    epoch: int
    steps: int
    seconds: float = 0.0
    span: int = 1
    losses: Losses = []
    lowest: Losses = []
    highest: Losses = []
    test_losses: Losses = []
    lowest_test: Losses = []
    highest_test: Losses = []
    best: float | None = None
    best_epoch: int = 0
    setting: str = ""
    old: str = ""
    new: str = ""
    mark: str = ""
    execution: str = ""
    metrics: dict[str, float] = {}
    test_metrics: dict[str, float] = {}
    first: int = 0
    values: dict[str, Spread] = {}

    def __post_init__(self) -> None:
        """Raises ValueError for what can't be so."""
        lengths = {len(part) for part in self.parts}
        if self.span < 1 or self.epoch < self.span * len(self.losses) or not lengths <= {len(self.losses)}:
            raise ValueError(f"{self.span} and {lengths} do not fit epoch {self.epoch}")
        if self.values and not 0 <= self.first <= self.steps:
            raise ValueError(f"there are no steps {self.first} to {self.steps}")

    def take(self, rows: Rows, held_out: bool) -> Self:
        """Hold these rows; `held_out`: those of held-out samples too."""
        self.epoch, self.span = rows.epoch, rows.span
        for part, names in zip((LOSS, TEST_LOSS), self._names(held_out), strict=False):
            for name, values in zip(names, rows.values[part].tolist(), strict=False):
                setattr(self, name, [value if math.isfinite(value) else None for value in values])
        return self

    def _names(self, held_out: bool) -> Sequence[Sequence[str]]:
        """Which of its lists hold losses: where epochs don't share a row, the mean is all there is."""
        return [names[: 3 if self.span > 1 else 1] for names in PARTS[: 1 + held_out]]

    @property
    def parts(self) -> Sequence[Losses]:
        """Its lists of losses, as long as each other."""
        return [getattr(self, name) for name in chain.from_iterable(self._names(bool(self.test_losses)))]

    @property
    def rows(self) -> Rows:
        """Its losses."""
        values = np.full((6, len(self.losses)), np.nan)
        parts = np.array(self.parts, dtype=np.float64).reshape(1 + bool(self.test_losses), -1, len(self.losses))
        values.reshape(2, 3, -1)[: len(parts)] = parts  # one part stands for all three where they are the same
        return Rows(self.epoch, self.span, values)


_decoder = msgspec.json.Decoder(Line)


@dataclass
class Metrics:
    """What was read: the losses, the lines that are changes on the way, how many bytes, and how many damaged lines.

    held_out: whether there are losses on held-out samples; steps, seconds: of training up to the last line, and
    ended_at the steps up to the last loss; logged: what a script that is watched logged.
    """

    history: History
    size: int
    changes: list[Line] = field(default_factory=list)
    damaged: int = 0
    held_out: bool = False
    steps: int = 0
    ended_at: int = 0
    seconds: float = 0.0
    logged: Logged = field(default_factory=Logged)

    def add(self, line: Line) -> None:
        """Take in a line."""
        self.steps, self.seconds = max(self.steps, line.steps), max(self.seconds, line.seconds)
        if line.losses:
            self.ended_at = line.steps
            self.damaged += not self._add_losses(line)
        if line.metrics and not self.history.measure(line.epoch, line.metrics, line.test_metrics):
            self.damaged += 1
        if line.values and not self.logged.add(line.first, line.steps, line.epoch, line.seconds, line.values):
            self.damaged += 1
        if line.setting or line.execution:
            self.changes.append(line)
        if line.setting:
            self.history.mark(line.epoch, *map(printable, (line.setting, line.old, line.new)))

    def _add_losses(self, line: Line) -> bool:
        """Returns whether they go on where the history ends. Epochs that are missing before them are NaN."""
        rows, known = line.rows, self.history.downsampling
        # Rows stand for the epochs of an open span as well, which an older version wrote one by one.
        at = known.closed if rows.span > 1 and rows.before == known.closed else known.epoch
        if not 0 <= rows.before - at <= MAX_MISSING:
            return False
        self.held_out = self.held_out or bool(line.test_losses)
        if rows.before > at:
            self.history.fill(rows.before)
        if rows.span > 1:
            return self.history.append_rows(rows, line.seconds)
        self.history.append(rows.values[LOSS][0], rows.values[TEST_LOSS][0], line.seconds)
        return True


def read(
    folder: Path,
    start: int = 0,
    stop: int | None = None,
    history: History | None = None,
    logged: Logged | None = None,
) -> Metrics:
    """Read a run's metrics from one byte to another, or to the end; losses are added to those that came before.

    So is what a script logged. A last line without its end is one that is being written: not yet there. A line that is
    no JSON of this form is counted and skipped. Raises OSError, but not for a file that is not there yet.
    """
    metrics = Metrics(History() if history is None else history, start, logged=Logged() if logged is None else logged)
    try:
        for text in read_lines(folder / NAME, start, stop, MAX_LINE):
            metrics.size += len(text)
            if line := _line(text):
                metrics.add(line)
            else:
                metrics.damaged += 1
    except FileNotFoundError:
        pass
    return metrics


def last_losses(folder: Path) -> Line | None:
    """The last line that has losses, with the metrics of the last that has some; None where there is none.

    It is found from the file's end, without reading the rest.
    """
    lines = _last(folder, lambda line: line.losses)
    losses = next((line for line in reversed(lines) if line.losses), None)
    if losses is None:
        return None
    measured = next((line for line in reversed(lines) if line.metrics), losses)
    return replace(losses, metrics=measured.metrics, test_metrics=measured.test_metrics)


def last_logged(folder: Path) -> Line | None:
    """The last line of what a script logged, found likewise; None where there is none."""
    return next((line for line in reversed(_last(folder, lambda line: line.values)) if line.values), None)


def _last(folder: Path, wanted: Callable[[Line], object]) -> list[Line]:
    """The lines at the file's end, as many as it takes to have one that is wanted; nothing where there is none."""
    try:
        size, tail = (folder / NAME).stat().st_size, TAIL
        while True:
            content = read_bytes(folder / NAME, max(0, size - tail), tail)
            # The first of them is cut, as a rule, and is no line then.
            lines = [*filter(None, map(_line, content[: content.rfind(b"\n") + 1].splitlines()))]
            if any(map(wanted, lines)) or tail >= min(size, MAX_LINE):
                return lines
            tail *= 8
    except OSError:
        return []


def lines(folder: Path) -> Iterator[Line]:
    """Every whole line that is not damaged, one after the other. Raises OSError."""
    return filter(None, map(_line, read_lines(folder / NAME, 0, None, MAX_LINE)))


def _line(text: bytes) -> Line | None:
    """The line that this is, None for what is none."""
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
