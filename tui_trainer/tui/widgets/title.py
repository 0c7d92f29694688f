"""The top line: where one is, and where one can go."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.keys import PLACES
from tui_trainer.tui.truncation import shortened

if TYPE_CHECKING:
    from tui_trainer.tui.key_order import KeyOrderApp

NARROW, SLIM = 100, 60


class Title(Widget):
    """`tui-trainer  1 train  2 lessons   …`, with the place where one is marked; the others lose their names first.

    whole: whether they lose them too where the words after them would else be cut; label: how a place is called here.
    """

    def __init__(self, place: str, whole: bool = False, label: Callable[[str], str] = str) -> None:
        super().__init__(id="title")
        self._place, self._words, self._whole, self._label = place, "", whole, label

    def show(self, words: str) -> None:
        """Say these words after the places."""
        self._words = words
        self.refresh()

    def render(self) -> RenderResult:
        text = self._places(names=self.size.width >= SLIM)
        if self._whole and len(text) + len(self._words) + 4 > self.size.width:
            text = self._places(names=False)
        words = shortened(Text(self._words), self.size.width - len(text) - 4)
        return text.append(f"   {words.plain}", "not bold")

    def _places(self, names: bool) -> Text:
        quiet = role_styles(self.app)["quiet"]
        text = Text(" tui-trainer " if self.size.width >= NARROW else "", "bold", no_wrap=True, overflow="ellipsis")
        for key in cast("KeyOrderApp", self.app).keymap.mapped(PLACES):
            here = key.label == self._place
            label = f" {self._label(key.label)}" if here or names else ""
            text.append(" ").append(f" {key.name}{label} ", "bold reverse" if here else quiet)
        return text
