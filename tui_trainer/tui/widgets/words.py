"""The left side of a lesson: what it is about, and its goal."""

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui_trainer.tui.colours import role_styles

if TYPE_CHECKING:
    from tui_trainer.lessons.lesson import Lesson


class LessonWords(Vertical):
    """The words, which scroll where they need to, and the goal with its mark, which stays."""

    _shown: object = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="words", can_focus=False):
            yield Static("loading PyTorch…", markup=False)
        yield Static(id="goal", markup=False)

    def show(self, lesson: "Lesson[Any]", met: bool) -> None:
        """Show this lesson's words and its goal, open or met."""
        if self._shown == (lesson, met, self.app.theme):
            return
        self._shown = lesson, met, self.app.theme
        styles = role_styles(self.app)
        self.query_one("#words Static", Static).update(lesson.text)
        mark = ("● Goal met: ", styles["good"]) if met else ("○ Goal: ", styles["mark"])
        self.query_one("#goal", Static).update(Text.assemble(mark, lesson.goal))
        self.on_resize()

    def on_resize(self) -> None:
        self.call_after_refresh(self._tell_of_more)

    def _tell_of_more(self) -> None:
        for words in self.query("#words"):  # none, where the screen was left meanwhile
            self.border_subtitle = "↑ ↓ more" if words.max_scroll_y else ""
