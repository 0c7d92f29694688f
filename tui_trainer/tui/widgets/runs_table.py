"""The table of kept runs: only what differs between them has a column."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from rich.text import Text
from textual.widgets import DataTable

from tui_trainer.charts.looks import figure, marker
from tui_trainer.runs.differences import Differing, differing
from tui_trainer.runs.folder import now
from tui_trainer.runs.query import speed
from tui_trainer.runs.shelf import KeptRun
from tui_trainer.settings import SETTINGS
from tui_trainer.tui.colours import role_styles, run_styles

LONGEST = 24
NUMBERS = ("epochs", "best", "last", "steps/s", "age", "took")


class RunsTable(DataTable[Text]):
    """Rows are known by their run's folder."""

    def __init__(self) -> None:
        super().__init__(id="kept", cursor_type="row", zebra_stripes=False, cell_padding=1)
        self._shown: object = None
        self.runs: list[KeptRun] = []

    @property
    def current(self) -> KeptRun | None:
        """The run under the cursor."""
        return self.runs[self.cursor_row] if self.runs and self.cursor_row < len(self.runs) else None

    def show(self, runs: Sequence[KeptRun], picked: Sequence[Path]) -> None:
        """Show these runs in this order, those that are picked with their signs. The cursor stays on its run."""
        titles, rows = self._cells(runs, picked)
        shown = titles, rows, self.app.theme, [run.folder for run in runs]
        at = self.current.folder if self.current else None
        self.runs = list(runs)  # what is not shown of them may have changed
        if shown == self._shown:
            return
        self._shown = shown
        self.clear(columns=True)
        self.add_columns(*titles)
        self.add_rows(rows)
        places = [i for i, run in enumerate(runs) if run.folder == at]
        self.move_cursor(row=places[0] if places else 0, animate=False)

    def _cells(self, runs: Sequence[KeptRun], picked: Sequence[Path]) -> tuple[list[Text], list[list[Text]]]:
        settings = Differing(name for name in differing([run.experiment for run in runs]) if name != "epochs")
        titles = [" ", "name", "state", "epochs", "best", "last"]
        titles += [SETTINGS[name].title.lower() for name in settings] + ["steps/s", "age", "took"]
        heads = [Text(title, justify="right" if title in NUMBERS else "left") for title in titles]
        return heads, [self._row(run, settings, picked) for run in runs]

    def _row(self, run: KeptRun, settings: Differing, picked: Sequence[Path]) -> list[Text]:
        styles, info = role_styles(self.app), run.info
        place = picked.index(run.folder) if run.folder in picked else None
        sign = Text(" ") if place is None else Text(marker(place), run_styles(self.app)[place])
        rate = speed(run)
        times = [duration((now() - info.updated).total_seconds()), duration(info.seconds)]
        return [
            sign,
            Text(("★ " if run.label.pinned else "") + cut(run.name)),
            Text(f"{run.status.sign} {run.status}", styles[run.status.role]),
            *map(_number, [f"{info.epoch:,}", figure(info.best), figure(info.loss)]),
            *(Text(cut(text)) for text in settings.of(run.experiment)),
            *map(_number, [f"{rate:,.0f}" if rate else "–", *times]),
        ]


def _number(text: str) -> Text:
    return Text(text, justify="right")


def cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def duration(seconds: float) -> str:
    """A time in a few letters: 0.4 s, 12 s, 5 m, 3 h, 2 d."""
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    whole = timedelta(seconds=seconds)
    for unit, size in (("d", timedelta(days=2)), ("h", timedelta(hours=2)), ("m", timedelta(minutes=2))):
        if whole >= size:
            one = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}[unit]
            return f"{whole // one} {unit}"
    return f"{seconds:.0f} s"
