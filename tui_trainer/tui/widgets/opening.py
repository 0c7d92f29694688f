"""The line that a sitting begins with: what this is, and what to press."""

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.truncation import fullest

if TYPE_CHECKING:
    from tui_trainer.tui.key_order import KeyOrderApp

# The first that there is room for.
WORDS = (
    "Watch neural networks learn these points: {go} trains them, {article} takes the article's own experiment, "
    "{presets} shows others",
    "Watch neural networks learn: {go} trains, {article}: the article's own, {presets}: others",
    "Watch networks learn: {go} trains, {article}: article's, {presets}: more",
    "Watch networks learn: {go}, {presets}: others",
)


class Opening(Widget):
    """One line, until the first runs of the sitting start."""

    def __init__(self) -> None:
        super().__init__(id="opening")

    def render(self) -> RenderResult:
        keymap = cast("KeyOrderApp", self.app).keymap
        style = role_styles(self.app)["strong"]
        return Text(" ", style).append_text(
            fullest([Text(keymap.words(words)) for words in WORDS], self.size.width - 2)
        )
