"""metrics.jsonl: what a run told, a JSON object a line, only ever added to.

`{"epoch": 12, "steps": 2400, "seconds": 0.6, "losses": [...]}` has the losses of the epochs up to
that one; `test_losses` stands beside where points are held out. `{"epoch": 12, "setting": "lr", ...}`
is a setting that was changed on the way, `{"epoch": 12, "execution": "compiled"}` another mode.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from tui_trainer.escape import printable
from tui_trainer.files import read_bytes
from tui_trainer.runs.history import History

NAME = "metrics.jsonl"
TAIL, MAX_LINE = 65_536, 2**28  # bytes
MAX_MISSING = 10_000_000  # epochs; a line before which more are missing is damaged itself


class Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line. `mark` is the change as a chart tells it; test_losses has None for what is no finite number.

    best: the lowest loss of the run so far; best_epoch: the first epoch that had it.
    """

    epoch: int
    steps: int
    seconds: float = 0.0
    losses: list[float] = []
    test_losses: list[float | None] = []
    best: float | None = None
    best_epoch: int = 0
    setting: str = ""
    old: str = ""
    new: str = ""
    mark: str = ""
    execution: str = ""


_decoder = msgspec.json.Decoder(Line)


@dataclass(frozen=True)
class Metrics:
    """What was read: whole lines, how many bytes they are, and how many lines among them are damaged."""

    lines: list[Line]
    size: int
    damaged: int

    def history(self) -> History:
        """The losses of every epoch, and the marks. Epochs whose line is damaged are missing: NaN."""
        history = History()
        self.add_to(history)
        return history

    def add_to(self, history: History) -> None:
        """Add them to the history of what came before."""
        for line in self.lines:
            if line.losses:
                missing = max(0, line.epoch - len(line.losses) - len(history))
                if missing > MAX_MISSING:
                    continue
                history.append(np.full(missing, np.nan), None)
                self._add(history, line)
            if line.mark:
                history.mark(line.epoch, printable(line.mark))

    @staticmethod
    def _add(history: History, line: Line) -> None:
        if not line.test_losses:
            history.append(np.array(line.losses), None, line.seconds)
            return
        for loss, test_loss in zip(line.losses, line.test_losses, strict=False):
            history.append(np.array([loss]), test_loss, line.seconds)


def read(folder: Path, start: int = 0, stop: int | None = None) -> Metrics:
    """Read a run's lines from one byte to another, or to the end.

    A last line without its end is one that is being written: not yet there. A line that is no
    JSON of this form is counted and skipped. Raises OSError, but not for a file that is not there yet.
    """
    try:
        content = read_bytes(folder / NAME, start, None if stop is None else max(0, stop - start))
    except FileNotFoundError:
        content = b""
    whole = content[: content.rfind(b"\n") + 1]
    lines = list(_lines(whole))
    good = [line for line in lines if line]
    return Metrics(good, start + len(whole), len(lines) - len(good))


def last_losses(folder: Path) -> Line | None:
    """The last line that has losses, found from the file's end; None where there is none that can be read."""
    try:
        size, tail = (folder / NAME).stat().st_size, TAIL
        while True:
            content = read_bytes(folder / NAME, max(0, size - tail), tail)
            # The first of them is cut, as a rule, and is no line then.
            for text in reversed(content[: content.rfind(b"\n") + 1].splitlines()):
                line = _line(text)
                if line and line.losses:
                    return line
            if tail >= min(size, MAX_LINE):
                return None
            tail *= 8
    except OSError:
        return None


def _lines(content: bytes) -> Iterator[Line | None]:
    return map(_line, content.splitlines())


def _line(text: bytes) -> Line | None:
    """The line that this is, None for what is none."""
    try:
        line = _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return line if line.epoch >= len(line.losses) else None
