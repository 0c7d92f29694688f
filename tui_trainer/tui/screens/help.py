"""Help: what this is, and every key."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_trainer.tui.keys import KEYS

INTRO = """\
Two small networks learn the same noisy points. One has only linear layers and can draw nothing \
but a line; the other has an activation in between and bends. Above is how they fit, below how \
their losses fall. Every key works at any time, except while you type in a setting (escape leaves it).
"""


class HelpScreen(ModalScreen[None]):
    """Closes on escape, ? or q."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        keys = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        keys.add_column(style="bold", justify="right")
        keys.add_column()
        for key in KEYS:
            keys.add_row(Text(key.name), Text(key.help))
        keys.add_row(Text("tab"), Text("Into the settings; escape leaves them, ctrl+o lists a setting's names"))
        keys.add_row(Text("ctrl+p"), Text("All of these, to search"))
        with VerticalScroll(id="help", classes="dialog") as box:
            box.border_title = "tui-trainer"
            box.border_subtitle = "escape closes"
            yield Static(INTRO)
            yield Static(keys)
