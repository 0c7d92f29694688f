"""The table of stored runs: only what differs between them has a column, and only columns that fit whole are shown.

A bracket holds together what was started together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import accumulate, groupby
from pathlib import Path

from rich.text import Text
from textual.widgets import DataTable

from tui_trainer.charts.styles import format_number, marker
from tui_trainer.runs.differences import UNKNOWN, telling_apart, title_of
from tui_trainer.runs.families import depths
from tui_trainer.runs.folder import now
from tui_trainer.runs.query import speed
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.settings import SETTINGS
from tui_trainer.tui.colours import role_styles, run_styles

LONGEST, SHORTEST = 24, 8
ROOM_FOR_WORDS = 60  # below, a run's state is shown by its sign alone
FROZEN = 2  # the sign and the name stay, whichever columns are in sight
NUMBERS = ("epochs", "best", "last", "accuracy", "steps/s", "age", "took")


class RunsTable(DataTable[Text]):
    """Sign and name, and of the other columns as many as there is room for; ← and → go through them.

    On a run that stands for others, → is asked to show those first, and ← to hide them again.
    """

    def __init__(self, fold: Callable[[bool], bool]) -> None:
        """fold: hides what the run under the cursor stands for, or shows it; returns whether that changed something."""
        super().__init__(id="kept", cursor_type="row", zebra_stripes=False, cell_padding=1)
        self._shown: object = None
        self._fold = fold
        self._repeats: Mapping[Path, int] = {}
        self._first = FROZEN  # of the columns after the name, the first in sight
        self._picked: Sequence[Path] = ()
        self.runs: list[StoredRun] = []

    @property
    def current(self) -> StoredRun | None:
        """The run under the cursor."""
        return self.runs[self.cursor_row] if self.runs and self.cursor_row < len(self.runs) else None

    def show(self, runs: Sequence[StoredRun], picked: Sequence[Path], repeats: Mapping[Path, int]) -> None:
        """Show these runs in this order, those that are picked with their signs. The cursor stays on its run.

        repeats: how many runs one of them stands for.
        """
        self._repeats = repeats
        at = self.current.folder if self.current else None
        self.runs, self._picked = list(runs), list(picked)  # what is not shown of them may have changed
        titles, rows = self._cells(runs, picked)
        widths = [max(cell.cell_len for cell in column) for column in zip(titles, *rows, strict=True)]
        columns = self._in_sight([width + 2 * self.cell_padding for width in widths])
        titles, rows = [titles[i] for i in columns], [[row[i] for i in columns] for row in rows]
        shown = titles, rows, self.app.theme, [run.folder for run in runs]
        if shown == self._shown:
            return
        self._shown = shown
        self.clear(columns=True)
        for title, i in zip(titles, columns, strict=True):  # left alone, a column is as wide as its title at first
            self.add_column(title, width=widths[i])
        self.add_rows(rows)
        places = [i for i, run in enumerate(runs) if run.folder == at]
        self.move_cursor(row=places[0] if places else 0, animate=False)

    def _in_sight(self, widths: Sequence[int]) -> list[int]:
        """Which of the columns of these widths stand side by side without any of them being cut."""
        room = self.scrollable_content_region.width - sum(widths[:FROZEN])
        last = len(widths) - _fitting(reversed(widths[FROZEN:]), room)  # from this one on, all fit
        self._first = max(FROZEN, min(self._first, last))
        shown = [*range(FROZEN), *range(self._first, self._first + _fitting(widths[self._first :], room))]
        hidden = len(widths) - len(shown)
        self.border_subtitle = f"← → {hidden} more column{'s' * (hidden > 1)}" if hidden else ""
        return shown

    def on_resize(self) -> None:
        self._show_again()

    def _show_again(self) -> None:
        self.show(self.runs, self._picked, self._repeats)

    def action_cursor_right(self) -> None:
        """The columns from the next one on."""
        if not self._fold(False):
            self._first += 1
            self._show_again()

    def action_cursor_left(self) -> None:
        """The columns from the one before on."""
        if self._first > FROZEN or not self._fold(True):
            self._first -= 1
            self._show_again()

    def _cells(self, runs: Sequence[StoredRun], picked: Sequence[Path]) -> tuple[list[Text], list[list[Text]]]:
        settings = [name for name in telling_apart(runs) if name != "epochs"]
        titles = [" ", "name", "state" if self._has_room_for_words else " ", "epochs", "best", "last"]
        classes = any("accuracy" in run.measured for run in runs)
        titles += ["accuracy"] * classes
        titles += [title_of(name).lower() for name in settings] + ["steps/s", "age", "took"]
        heads = [Text(title, justify="right" if title in NUMBERS else "left") for title in titles]
        deep = depths(runs)
        rows = [self._row(run, settings, picked, depth, classes) for run, depth in zip(runs, deep, strict=True)]
        for row, bracket in zip(rows, brackets([run.info.group for run in runs], deep), strict=True):
            row[0].append(bracket, role_styles(self.app)["quiet"])
        return heads, rows

    @property
    def _has_room_for_words(self) -> bool:
        return self.size.width >= ROOM_FOR_WORDS

    def _row(
        self, run: StoredRun, settings: Sequence[str], picked: Sequence[Path], depth: int, classes: bool
    ) -> list[Text]:
        styles, info = role_styles(self.app), run.info
        place = picked.index(run.folder) if run.folder in picked else None
        sign = Text(" ") if place is None else Text(marker(place), run_styles(self.app)[place])
        rate = speed(run)
        times_over = f" ×{self._repeats[run.folder]}" if run.folder in self._repeats else ""
        longest = max(SHORTEST, min(LONGEST, self.size.width // 4))
        times = [duration((now() - info.updated).total_seconds()), duration(info.seconds)]
        return [
            sign,
            Text(f"{'★ ' * run.label.pinned}{'  ' * (depth - 1)}{_fork(run)}{cut(run.name, longest)}{times_over}"),
            Text(
                f"{run.status.sign} {run.status if self._has_room_for_words else ''}".rstrip(),
                styles[run.status.role],
            ),
            *map(_number, [f"{info.epoch:,}", format_number(info.best), format_number(info.loss)]),
            *([_number(format_number(run.measured.get("accuracy")))] if classes else []),
            *(
                Text(text if name in SETTINGS and SETTINGS[name].type is not str else cut(text, longest))
                for name, text in ((name, run.texts.get(name, UNKNOWN)) for name in settings)
            ),
            *map(_number, [f"{rate:,.0f}" if rate else "–", *times]),
        ]


def brackets(groups: Sequence[str], depths: Sequence[int]) -> list[str]:
    """What holds those together that were started together and stand under each other, with their branches.

    depths: 0 for a run, more for its branches, which stand under it. Nothing where no two were started together.
    """
    begins = [not depth for depth in depths]
    holders = [i for i, begun in enumerate(begins) if begun]
    signs = [" "] * len(groups)
    for _, together in groupby(holders, key=lambda i: groups[i]):
        first, *rest = together
        if rest:
            last = next((i for i in holders if i > rest[-1]), len(groups)) - 1
            signs[first : last + 1] = ["╭", *"│" * (last - first - 1), "╰"]
    return signs if "╭" in signs else [""] * len(groups)


def _fork(run: StoredRun) -> str:
    """What stands before a branch's name: where it branches off, if the name does not say so."""
    if not run.info.at:
        return ""
    at = f"{run.info.at.epoch}"
    return "↳ " if f"@{at}" in run.name else f"↳ at {at} "


def _number(text: str) -> Text:
    return Text(text, justify="right")


def _fitting(widths: Iterable[int], room: int) -> int:
    """How many columns of these widths fit into the room, from the first on."""
    return sum(taken <= room for taken in accumulate(widths))


def cut(text: str, longest: int) -> str:
    """A text that is too long, but for its middle: names that begin alike often differ at their ends."""
    if len(text) <= longest:
        return text
    end = longest // 2
    return f"{text[: longest - end - 1]}…{text[-end:]}"


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
