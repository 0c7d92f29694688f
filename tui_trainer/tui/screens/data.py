"""What is learned from: the columns of the data, what stands in them, and what becomes of them, which keys change."""

import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import DataTable, Static

from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment, target_of
from tui_trainer.named_data import in_the_plane, table_path
from tui_trainer.sentence import InputError
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.keys import DATA_KEYS
from tui_trainer.tui.screens.keyed import KeyedScreen
from tui_trainer.tui.truncation import shortened
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.title import Title
from tui_trainer.wording import count, in_list

if TYPE_CHECKING:
    from tui_trainer.data.summary import ColumnSummary, Summary
    from tui_trainer.data.tables.table import Table

INTRO = """\
Each row is a column of the data. space takes it as a feature or leaves it out, Y makes it the target; ⏎ puts that \
into the form. with target: how much a column says of the target, from 0 to 1, with a sign for numbers: Pearson's \
correlation; the correlation ratio of words and numbers; Cramér's V of words.
"""
POLL_SECONDS = 0.2
CLOSE_SECONDS = 3.0
LONGEST = 24  # letters of a column's name
BAR = 30  # cells of a share of 1
RIGHT = ("missing", "with target")  # titles of columns that hold figures
WIDE = 96  # columns of a terminal that has room for histograms
Roles = Mapping[str, str]  # settings, and their new values


class DataScreen(KeyedScreen):
    """Reads the data in a thread, and shows how far it is. Returns the settings that change, or None."""

    keys = DATA_KEYS
    intro = INTRO
    # enter and space before the table's own
    BINDINGS = [replace(key.binding, priority=key.key == "enter") for key in DATA_KEYS]

    class Read(Message):
        """The data was read, or can't be, for a reason in a line."""

        def __init__(self, summary: "Summary | None", trouble: str = "") -> None:
            super().__init__()
            self.summary, self.trouble = summary, trouble

    def __init__(self, experiment: Experiment, limits: str) -> None:
        """limits: why roles can't be changed, where they can't."""
        super().__init__()
        self._experiment, self.limits = experiment, limits
        self._summary: Summary | None = None
        self._taken: set[str] = set()  # the features, by their names
        self._changed = False
        self._table: Table | None = None  # while it is read
        self._thread: threading.Thread | None = None

    def compose(self) -> ComposeResult:
        yield Title("train")
        yield Static(id="notes", markup=False)
        yield DataTable[Text](id="columns", cursor_type="row", cell_padding=1)
        yield Static(id="column", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(Title).show("data")
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._show())
        self.set_interval(POLL_SECONDS, self._show_progress)
        self._read_again()

    def on_unmount(self) -> None:
        self._stop()

    def on_resize(self, event: object) -> None:
        self.call_after_refresh(self._show)

    # Reading

    def _read_again(self) -> None:
        self._summary = None
        self._thread = threading.Thread(target=self._read, name="data", daemon=True)
        self._thread.start()
        self._show_progress()

    def _read(self) -> None:
        from tui_trainer.data.summary import summary, summary_of_made
        from tui_trainer.data.tables.sql import Stopped

        try:
            made = table_path(self._experiment.data) is None
            found = summary_of_made(self._experiment) if made else summary(self._experiment, self._opened)
            self.post_message(self.Read(found))
        except Stopped:
            pass
        except InputError as error:
            self.post_message(self.Read(None, str(error)))
        except Exception:
            self.post_message(self.Read(None, traceback.format_exc().strip().splitlines()[-1]))

    def _opened(self, table: "Table") -> None:
        self._table = table

    def _stop(self) -> None:
        """Have the thread end, and wait for it."""
        if self._table:
            self._table.stop()
        if self._thread:
            self._thread.join(CLOSE_SECONDS)

    def _show_progress(self) -> None:
        if self._summary is None and self._thread and self._thread.is_alive():
            part = f" {self._table.progress:.0%}" if self._table else ""
            self._tell(f"reading {self._experiment.data}{part} · esc stops")

    def on_data_screen_read(self, message: "DataScreen.Read") -> None:
        self._table = None
        if message.summary is None:
            self._tell(message.trouble, wrong=True)
            return
        self._summary = message.summary
        self._taken = {column.name for column in message.summary.columns if column.is_used and not column.is_target}
        self._show()
        self.query_one(DataTable).focus()
        self.refresh_bindings()

    # Drawing

    def _tell(self, words: str, wrong: bool = False) -> None:
        style = role_styles(self.app)["bad" if wrong else "strong"]
        self.query_one("#notes", Static).update(shortened(Text(f" {printable(words)}", style), self.size.width))

    def _show(self) -> None:
        found = self._summary
        if found is None:
            return
        self.query_one(Title).show(f"data · {found.file}")
        notes = [found.trouble, *found.notes]
        about = f"{count(found.rows, 'row')}, {count(len(found.columns), 'column')}"
        self._tell(" · ".join([about, *filter(None, notes)]), wrong=bool(found.trouble))
        table: DataTable[Text] = self.query_one(DataTable)
        at = table.cursor_row
        table.clear(columns=True)
        for title in self._titles:
            table.add_column(Text(title, justify=_side(title)))
        table.add_rows(map(self._cells, found.columns))
        table.move_cursor(row=at, animate=False)
        self._show_column()

    @property
    def _titles(self) -> list[str]:
        return ["column", "is", "type", "missing", "with target", "values", *["histogram"] * (self.size.width >= WIDE)]

    def _role(self, column: "ColumnSummary") -> str:
        """What becomes of a column, in a word."""
        if column.is_target:
            return "target"
        return "feature" if column.name in self._taken else "left out"

    def _cells(self, column: "ColumnSummary") -> list[Text]:
        from tui_trainer.data.summary import bars_of, range_of, related_to_target

        styles, role = role_styles(self.app), self._role(column)
        style = styles["mark"] if role == "target" else styles["strong"] if role == "feature" else styles["quiet"]
        cells = [shortened(Text(printable(column.name)), LONGEST).plain, role, column.type]
        cells += [f"{column.missing:,}" if column.missing else "", related_to_target(column)]
        cells += [printable(range_of(column)), *[bars_of(column.histogram)] * (self.size.width >= WIDE)]
        return [Text(cell, style, justify=_side(title)) for title, cell in zip(self._titles, cells, strict=True)]

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self._show_column()
        self.refresh_bindings()

    @property
    def _column(self) -> "ColumnSummary | None":
        """The column under the cursor."""
        columns, row = self._summary.columns if self._summary else [], self.query_one(DataTable).cursor_row
        return columns[row] if row < len(columns) else None

    def _show_column(self) -> None:
        """Below the table: more of the column under the cursor, as classes' shares, or why it is left out."""
        from tui_trainer.data.summary import bars_of

        column, styles = self._column, role_styles(self.app)
        if column is None:
            return
        text = Text.assemble((f" {printable(column.name)}", "bold"), f"  {self._role(column)}")
        if column.role.startswith("left out: ") and column.name not in self._taken:
            text.append(printable(column.role.removeprefix("left out")), styles["quiet"])
        if column.histogram:
            text.append(f"  {bars_of(column.histogram)}", styles["mark"])
        if column.mean is not None and column.type != "date":
            text.append(f"  mean {column.mean:.6g}")
        if column.trouble:
            text.append(f"  {printable(column.trouble)}", styles["bad"])
        for word, share in column.share.items():
            text.append(f"\n   {printable(word)[:20]:<20} {share:>6.1%} ").append(
                "█" * round(share * BAR), styles["mark"]
            )
        self.query_one("#column", Static).update(text)

    # Keys

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action not in ("turn", "aim", "take"):
            return ""
        plane, table = in_the_plane(self._experiment.data), table_path(self._experiment.data) is not None
        if self.limits:
            return self.limits
        if self._summary is None:
            return "the data is being read"
        if not plane and not table:
            return "y is learned from x: a table, or data in the plane, has columns to choose from"
        if action == "aim" and plane:
            return "here the features can be chosen, and not the target"
        if action == "turn" and (column := self._column) and column.is_target:
            return f"{printable(column.name)} is the target: Y on another column makes that one the target"
        return ""

    def action_turn(self) -> None:
        assert self._column
        self._taken ^= {self._column.name}
        self._changed = True
        self._show()

    def action_aim(self) -> None:
        """Another target: all others that can be used are features again, and the data is looked at once more."""
        column = self._column
        if column and not column.is_target:
            changes = {"x": "", "y": "", "features": "", "task": "auto", "target": column.name}
            self._experiment = msgspec.structs.replace(self._experiment, **changes)
            self._changed = True
            self._read_again()

    def action_take(self) -> None:
        self.dismiss(self._roles if self._changed and self._summary else None)

    @property
    def _roles(self) -> Roles:
        """The settings that say what becomes of the columns."""
        assert self._summary
        names = [column.name for column in self._summary.columns if column.name in self._taken]
        usual = {column.name for column in self._summary.columns if column.role == "feature"}
        listed = in_list(names)
        if in_the_plane(self._experiment.data):
            return {"features": "" if names == ["x1", "x2"] else listed}
        target = next((column.name for column in self._summary.columns if column.is_target), "")
        features = self._experiment.features if set(names) == usual and target_of(self._experiment) else listed
        return {"x": "", "y": "", "target": target, "features": features, "task": self._experiment.task}

    def action_back(self) -> None:
        self._stop()
        self.dismiss(None)


def _side(title: str) -> Literal["left", "right"]:
    return "right" if title in RIGHT else "left"
