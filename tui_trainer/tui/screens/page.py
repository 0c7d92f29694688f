"""A page to read: what terms mean, and what the article has wrong."""

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_trainer.lessons.pages import Page
from tui_trainer.tui.screens.sized import SizedScreen


class PageScreen(ModalScreen[None], SizedScreen):
    """Closes on escape, on q, and on the keys that open such pages."""

    BINDINGS = [Binding("escape,q,enter,T,X", "dismiss", "close")]

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page

    def compose(self) -> ComposeResult:
        rows = Table(box=None, padding=(0, 2, 1, 0), show_header=False)
        rows.add_column(style="bold", ratio=1)
        rows.add_column(ratio=3)
        for head, body in self._page.rows:
            rows.add_row(Text(head), Text(body))
        with VerticalScroll(id="page", classes="dialog") as box:
            box.border_title = self._page.title
            box.border_subtitle = self._page.foot
            yield Static(rows)
