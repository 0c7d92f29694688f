"""How far a learner has come, kept in a small file in the user's data folder.

Which goals are met, how many questions in a row were answered right, which exercises were passed, and which answers
were shown already: who has seen an answer does not predict it. A view of a lesson that has a goal of its own is kept
beside the lesson, as `line.plane`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from tui_trainer.catalog import LESSONS
from tui_trainer.files import make_private, read_text, reason, write_whole
from tui_trainer.lessons.frame import Frame
from tui_trainer.runs.lock import changing
from tui_trainer.sentence import InputError

MAX_BYTES = 1_000_000
GOALS = tuple(goal for name, choice in LESSONS.items() for goal in (name, *(f"{name}.{view}" for view in choice.goals)))
MOST_SEEN = 1_000  # of a lesson: the oldest go first


@dataclass
class Course:
    """How far a learner is in one lesson, or in a view of it that has a goal of its own.

    right: answers in a row; seen: the questions whose answer was shown; written: whether the exercise was passed.
    """

    met: bool = False
    right: int = 0
    seen: list[str] = field(default_factory=list)
    written: bool = False

    def note(self, frame: Frame, times: int) -> bool:
        """Take in what a frame judges and shows; the goal wants so many right answers in a row.

        Returns whether this changed anything.
        """
        before = self.met, self.right, len(self.seen)
        answer = frame.answer
        if answer and answer.question not in self.seen:
            self.right = self.right + 1 if answer.right else 0
            self.met |= self.right >= times
        shown = [*frame.reveals, *([answer.question] if answer and answer.question else [])]
        new = [question for question in dict.fromkeys(shown) if question not in self.seen]
        self.seen = (self.seen + new)[-MOST_SEEN:]
        return before != (self.met, self.right, len(self.seen)) or bool(new)

    def note_written(self) -> bool:
        """The exercise was passed. Returns whether this changed anything."""
        before, self.written = self.written, True
        return not before


def progress_file() -> Path:
    """Where it is kept."""
    return user_data_path("tui-trainer", appauthor=False) / "lessons.json"


def read_progress() -> dict[str, Course]:
    """How far the learner is, by lesson and by view with a goal; at the beginning where there is no file."""
    try:
        text = read_text(progress_file(), MAX_BYTES)
        try:
            kept = msgspec.json.decode(text, type=dict[str, Course])
        except msgspec.ValidationError:  # of an earlier version: the names of those whose goals are met
            kept = {name: Course(met=True) for name in msgspec.json.decode(text, type=list[str])}
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        kept = {}
    return {name: kept.get(name, Course()) for name in GOALS}


def goals_met() -> set[str]:
    """The lessons whose goals are met."""
    return {name for name, course in read_progress().items() if course.met and name in LESSONS}


def keep_frame(name: str, frame: Frame, times: int) -> Course:
    """Keep what a frame of this lesson judges and shows. Returns how far the learner is in the lesson.

    Raises InputError where that can't be written, or another process holds the file for seconds.
    """
    return _keep(name, lambda course: course.note(frame, times))


def keep_written(name: str) -> Course:
    """Keep that the exercise of this lesson was passed. Returns and raises as `keep_frame` does."""
    return _keep(name, Course.note_written)


def _keep(name: str, change: Callable[[Course], bool]) -> Course:
    """Change how far the learner is in a lesson, and write it if that changed anything."""
    file = progress_file()
    try:
        make_private(file.parent)
        with changing(file.parent):
            progress = read_progress()
            if change(progress[name]):
                write_whole(file, msgspec.json.encode(progress))
    except OSError as error:
        raise InputError(reason(error)) from None
    return progress[name]
