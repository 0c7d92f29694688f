"""The lessons of this session: each as it was left, and the goals met."""

from typing import TYPE_CHECKING, Any

from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.progress import goals_met, keep_goal
from tui_trainer.tui.session import Session

if TYPE_CHECKING:
    from tui_trainer.lessons.lesson import Lesson

NAMES = tuple(LESSONS)


class LessonStates:
    """Loads lessons once, and keeps what was entered into them."""

    def __init__(self, session: Session) -> None:
        self._session, self.limits = session, session.limits
        self._lessons: dict[str, Lesson[Any]] = {}
        self.texts: dict[str, dict[str, str]] = {name: {} for name in NAMES}
        self.met = goals_met()

    def load(self, name: str) -> "Lesson[Any]":
        """The lesson of this name, looking into the runs of the training screen. Loads torch."""
        from tui_trainer.lessons.lesson import load_lesson

        if name not in self._lessons:
            self._lessons[name] = load_lesson(name)
            self.texts[name] = self._lessons[name].defaults
        self._lessons[name].trainers = self._session.trainers
        return self._lessons[name]

    def meet(self, name: str) -> str:
        """The goal of a lesson is met. Returns why that could not be kept, if so."""
        self.met.add(name)
        try:
            keep_goal(name)
        except OSError as error:
            return f"the goal is met, but could not be kept: {error.strerror}"
        return ""

    @property
    def next(self) -> str:
        """The first lesson whose goal is open; the first of all when none is."""
        return next((name for name in NAMES if name not in self.met), NAMES[0])

    def beside(self, name: str, by: int) -> str | None:
        """The lesson so many places on, if there is one."""
        place = NAMES.index(name) + by
        return NAMES[place] if 0 <= place < len(NAMES) else None
