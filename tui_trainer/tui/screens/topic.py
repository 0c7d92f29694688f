"""A page of help, and from it to the next."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_trainer.catalog import TOPICS
from tui_trainer.tui.screens.sized import SizedScreen


class TopicScreen(ModalScreen[None], SizedScreen):
    """Closes on escape, ? or q."""

    BINDINGS = [
        Binding("escape,question_mark,q", "dismiss", "close"),
        Binding("left", "turn(-1)", "page before"),
        Binding("right", "turn(1)", "next page"),
    ]

    def __init__(self, topic: str) -> None:
        super().__init__()
        self._topic = topic

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="topic", classes="dialog") as box:
            box.border_subtitle = "↑ ↓ · ← → pages · esc closes"
            yield Static()

    def on_mount(self) -> None:
        self.action_turn(0)

    def action_turn(self, by: int) -> None:
        from tui_trainer.help.pages import page  # here: no first paint needs a reader of Markdown

        topics = list(TOPICS)
        at = (topics.index(self._topic) + by) % len(topics)
        self._topic = topics[at]
        box = self.query_one("#topic", VerticalScroll)
        box.border_title = f"help: {self._topic} ({at + 1} of {len(topics)})"
        box.scroll_home(animate=False)
        self.query_one(Static).update(page(self._topic))
