"""The line that a sitting begins with: what this is, and what to press."""

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.truncation import fullest

# The first that there is room for.
WORDS = (
    "Watch neural networks learn these points: space trains them, A takes the article's own experiment, P shows others",
    "Watch neural networks learn: space trains, A: the article's own, P: others",
    "Watch networks learn: space trains, A: article's, P: more",
    "Watch networks learn: space, P: others",
)


class Opening(Widget):
    """One line, until the first runs of the sitting start."""

    def __init__(self) -> None:
        super().__init__(id="opening")

    def render(self) -> RenderResult:
        style = role_styles(self.app)["strong"]
        return Text(" ", style).append_text(fullest([Text(words) for words in WORDS], self.size.width - 2))
