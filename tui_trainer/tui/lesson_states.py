"""The lessons of this session: each as it was left, and the goals met."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.exercises.drafts import keep_draft, read_draft
from tui_trainer.lessons.exercises.exercise import Exercise, load_exercise
from tui_trainer.lessons.language import LANGUAGES, Texts, texts_in
from tui_trainer.lessons.progress import keep_frame, keep_written, read_progress
from tui_trainer.sentence import InputError
from tui_trainer.tui.session import Session

if TYPE_CHECKING:
    from tui_trainer.lessons.frame import Frame
    from tui_trainer.lessons.lesson import Lesson

NAMES = tuple(LESSONS)


class LessonStates:
    """Loads lessons once, and keeps what was entered into them, how far the learner is, and in which language."""

    def __init__(self, session: Session, language: str) -> None:
        self._session, self.limits = session, session.limits
        self._lessons: dict[str, Lesson[Any]] = {}
        self.texts: dict[str, dict[str, str]] = {name: {} for name in NAMES}
        self.written: dict[str, str] = {}  # the learner's lines in this sitting, by lesson
        self.courses = read_progress()
        self._language = language

    @property
    def words(self) -> Texts:
        """All texts in the language of the lessons."""
        return texts_in(self._language)

    def exercise(self, name: str) -> Exercise:
        """The writing exercise of a lesson, in the language of the lessons."""
        return load_exercise(name, self._language)

    def next_language(self) -> None:
        """Go on in another language."""
        self._language = LANGUAGES[(LANGUAGES.index(self._language) + 1) % len(LANGUAGES)]
        for lesson in self._lessons.values():
            lesson.speak(self.words)

    def load(self, name: str) -> "Lesson[Any]":
        """The lesson of this name, looking into the runs of the training screen. Loads torch."""
        from tui_trainer.lessons.lesson import load_lesson

        if name not in self._lessons:
            self._lessons[name] = load_lesson(name, self._language)
            self.texts[name] = self._lessons[name].defaults
        self._lessons[name].trainers = self._session.trainers
        return self._lessons[name]

    def note(self, lesson: "Lesson[Any]", section: str, frame: "Frame") -> str:
        """A frame of a lesson is shown: keep what it judges and reveals. Returns why that could not be kept, if so."""
        course = self.courses[section]
        changed = course.note(frame, lesson.times)
        lesson.seen = course.seen
        return self._kept(keep_frame, section, frame, lesson.times) if changed else ""

    def draft(self, name: str) -> str:
        """What the learner wrote for this exercise, in this sitting or in one before; empty for nothing."""
        return self.written.get(name) or read_draft(name)

    def keep_draft(self, name: str) -> str:
        """Keep what the learner wrote, for another sitting. Returns why that could not be, if so."""
        return self._kept(keep_draft, name, self.written[name]) if name in self.written else ""

    def note_written(self, name: str) -> str:
        """The exercise of a lesson was passed: keep it. Returns why that could not be kept, if so."""
        return self._kept(keep_written, name) if self.courses[name].note_written() else ""

    def _kept(self, keep: Callable[..., object], *of: object) -> str:
        try:
            keep(*of)
        except InputError as error:
            return self.words("around.not_kept", reason=error)
        return ""

    @property
    def met(self) -> set[str]:
        """The lessons whose goals are met."""
        return {name for name in NAMES if self.courses[name].met}

    @property
    def views_met(self) -> set[str]:
        """The views of lessons whose own goals are met."""
        return {name for name, course in self.courses.items() if course.met and name not in NAMES}

    @property
    def next(self) -> str:
        """The first lesson whose goal is open; the first of all when none is."""
        return next((name for name in NAMES if name not in self.met), NAMES[0])

    def beside(self, name: str, by: int) -> str | None:
        """The lesson so many places on, if there is one."""
        place = NAMES.index(name) + by
        return NAMES[place] if 0 <= place < len(NAMES) else None
