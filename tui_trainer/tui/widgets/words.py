"""The left side of a lesson: what it is about, and its goal."""

from typing import TYPE_CHECKING, Any

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui_trainer.lessons.progress import Course
from tui_trainer.lessons.render import goal_mark, with_terms
from tui_trainer.tui.colours import role_styles

if TYPE_CHECKING:
    from tui_trainer.lessons.lesson import Lesson, Section


UNDERLINED = Style(underline=True, meta={"@click": "screen.glossary"})


class LessonWords(Vertical):
    """The goal with its mark, which stays, and the words, which scroll where they need to.

    The goal stands under the words; on a narrow terminal, where both scroll, it comes first.
    """

    _shown: object = None
    _more = _end = ""

    def compose(self) -> ComposeResult:
        yield Static(id="goal", markup=False)
        with VerticalScroll(id="words", can_focus=False):
            yield Static(markup=False)

    def on_mount(self) -> None:
        self.watch(self.query_one("#words"), "scroll_y", lambda: self._tell_of_more(), init=False)

    def show(self, lesson: "Lesson[Any]", section: "Section", course: Course, hint: int, missed: bool = False) -> None:
        """Show the words of this section of a lesson and its goal, or this hint from 1 on, and how far the learner is.

        missed: whether the last answer was wrong.
        """
        around = lesson.around
        shown = section.text, course.met, course.right, hint, missed, self.app.theme
        if self._shown == shown:
            return
        self._shown, self._more, self._end = shown, around("more"), around("the_end")
        styles = role_styles(self.app)
        words = with_terms(section.text, UNDERLINED)
        words.append("\n\n").append(around("article", words=lesson.texts("article")), styles["quiet"])
        self.query_one("#words Static", Static).update(words)
        if hint:
            mark = _hint_mark(lesson, section, course, hint), styles["mark"]
            goal = Text.assemble(mark, section.hints[hint - 1])
        else:
            known = section.known if course.met else section.goal
            goal = Text.assemble(goal_mark(course, lesson.times, styles, around, missed), known)
        self.query_one("#goal", Static).update(goal)
        self.on_resize()

    def on_resize(self) -> None:
        self.call_after_refresh(self._tell_of_more)

    def _tell_of_more(self) -> None:
        for words in self.query("#words"):  # none, where the screen was left meanwhile
            at_end = words.scroll_y >= words.max_scroll_y
            self.border_subtitle = "" if not words.max_scroll_y else self._end if at_end else self._more


def _hint_mark(lesson: "Lesson[Any]", section: "Section", course: Course, number: int) -> str:
    """What stands before a hint: which one it is, and how far the learner is."""
    values: dict[str, Any] = {"number": number, "all": len(section.hints)}
    if course.met or lesson.times == 1:
        return lesson.around("hint", None, **values)
    return lesson.around("hint_in_a_row", None, **values, right=course.right, times=lesson.times)
