"""A learner, or a guesser, who answers what a lesson asks."""

import random
from collections.abc import Callable, Iterator

from tui_trainer.lessons.frame import Frame, Items
from tui_trainer.lessons.lesson import Lesson
from tui_trainer.lessons.progress import Course

PLAYS, QUESTIONS = 1000, 20  # what a guesser is given: so many tries at a lesson, of so many questions each


def play(lesson: Lesson, course: Course, **texts: str) -> list[Frame]:
    """Go through a lesson's frames as the app and the command do, and note what they judge and show."""
    lesson.seen = course.seen
    frames = []
    for frame in lesson.frames(lesson.read(texts)):
        course.note(frame, lesson.times)
        frames.append(frame)
    return frames


def plain(part: object) -> str:
    """The words of a part, in a line."""
    if isinstance(part, Items):
        return " ".join(map(plain, part.items))
    return part if isinstance(part, str) else "".join(piece for piece, _ in part)  # type: ignore[attr-defined]


def luck(right: Callable[[random.Random, int], bool]) -> float:
    """In which part of a thousand tries a guesser answers two questions in a row.

    right: whether a guess, made with this randomness, answers the question of this draw.
    """
    return sum(any(_twice(right, random.Random(seed))) for seed in range(PLAYS)) / PLAYS


def _twice(right: Callable[[random.Random, int], bool], chance: random.Random) -> Iterator[bool]:
    before = False
    for draw in chance.sample(range(1, 1000), QUESTIONS):
        now = right(chance, draw)
        yield before and now
        before = now
