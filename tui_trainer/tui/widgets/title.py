"""The top line: where one is, and where one can go."""

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.keys import PLACES

NARROW = 100


class Title(Widget):
    """`tui-trainer  1 train  2 lessons   …`, with the place where one is marked."""

    def __init__(self, place: str) -> None:
        super().__init__(id="title")
        self._place, self._words = place, ""

    def show(self, words: str) -> None:
        """Say these words after the places."""
        self._words = words
        self.refresh()

    def render(self) -> RenderResult:
        quiet = role_styles(self.app)["quiet"]
        text = Text(" tui-trainer " if self.size.width >= NARROW else "", "bold", no_wrap=True, overflow="ellipsis")
        for key in PLACES:
            here = key.label == self._place
            text.append(" ").append(f" {key.name} {key.label} ", "bold reverse" if here else quiet)
        return text.append(f"   {self._words}", "not bold")
