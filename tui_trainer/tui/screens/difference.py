"""What differs between two runs."""

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_trainer.charts.styles import format_number
from tui_trainer.runs.code import change_lines, read_code
from tui_trainer.runs.differences import diff
from tui_trainer.runs.families import branch_words
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.tui.screens.sized import SizedScreen


class DifferenceScreen(ModalScreen[None], SizedScreen):
    """Two runs' settings where they are not the same, and how they did. Closes on escape, = or q."""

    BINDINGS = [Binding("escape,equals_sign,q,enter", "dismiss", "close")]

    def __init__(self, one: StoredRun, other: StoredRun) -> None:
        super().__init__()
        self._one, self._other = one, other

    def compose(self) -> ComposeResult:
        one, other = self._one, self._other
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for title in ("", one.name, other.name):
            table.add_column(Text(title))
        for row in diff(one, other):
            table.add_row(*map(Text, row))
        if one.info.at or other.info.at:
            table.add_row(Text("Branch of", "dim"), *(Text(branch_words(run) or "–") for run in (one, other)))
        table.add_section()
        table.add_row(
            Text("Best loss", "dim"), Text(format_number(one.info.best)), Text(format_number(other.info.best))
        )
        table.add_row(
            Text("Last loss", "dim"), Text(format_number(one.info.loss)), Text(format_number(other.info.loss))
        )
        table.add_row(
            Text("Final loss", "dim"),
            Text(format_number(one.info.final_loss)),
            Text(format_number(other.info.final_loss)),
        )
        with VerticalScroll(id="difference", classes="dialog") as box:
            box.border_title = "What differs"
            box.border_subtitle = "escape closes"
            yield Static(table)
            if lines := change_lines(read_code(one.folder), read_code(other.folder)):
                yield Static(Text("\n".join(["", *lines])))
