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
MAX_MISSING = 10_000_000  # epochs; a line before which more are missing is damaged itself


class Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line. `mark` is the change as a chart tells it; test_losses has None for what is no finite number."""

    epoch: int
    steps: int
    seconds: float = 0.0
    losses: list[float] = []
    test_losses: list[float | None] = []
    setting: str = ""
    old: str = ""
    new: str = ""
    mark: str = ""
    execution: str = ""


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
            if line.setting:
                history.mark(line.epoch, *map(printable, (line.setting, line.old, line.new)))

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


def _lines(content: bytes) -> Iterator[Line | None]:
    decoder = msgspec.json.Decoder(Line)
    for text in content.splitlines():
        try:
            line = decoder.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            yield None
        else:
            yield line if line.epoch >= len(line.losses) else None
