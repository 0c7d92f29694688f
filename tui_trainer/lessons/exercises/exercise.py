"""What a writing exercise is, and what comes of one. Nothing here imports torch, or runs what a learner wrote."""

import re
import textwrap
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import msgspec

from tui_trainer.catalog import LESSONS
from tui_trainer.escape import printable
from tui_trainer.lessons.language import DEFAULT, Texts, texts_in
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.wording import unknown

HOLE = "____"
MAX_BYTES = 100_000  # of what a learner writes
MAX_PRINTED, MOST_LINES = 4_000, 20  # of what it prints: bytes that are kept, lines that are shown
COLUMNS = 52  # of a comment, beside the line numbers of a narrow terminal
COMMENT = re.compile(r"^( *)# \{(\w+)\}$", re.MULTILINE)
PASSED = "passed"
GRACE = 2.0  # seconds until what doesn't heed the end of its time is killed


class Wrong(Exception):
    """What a check raises: the key of a sentence, and the values in it."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Request(msgspec.Struct, frozen=True):
    """What is to be checked, and how many seconds it has."""

    name: str
    source: str
    seconds: float


class Outcome(msgspec.Struct, frozen=True):
    """What came of a check: the key of a sentence and its values, what the lines printed, and how many warnings."""

    key: str
    values: dict[str, str | int] = {}
    printed: str = ""
    warnings: int = 0

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.key == PASSED


@dataclass(frozen=True)
class Exercise:
    """A lesson's lines with holes, in a language; around: what is said around every lesson."""

    name: str
    texts: Texts
    around: Texts

    @property
    def task(self) -> str:
        """What is to be done."""
        return self.texts(f"{self.name}.task")

    @property
    def lines(self) -> str:
        """The lines with holes. Loads torch."""
        module: Any = import_module(f"tui_trainer.lessons.exercises.{self.name}")
        lines: str = COMMENT.sub(lambda found: self._comment(f"lines.{found[2]}", found[1]), module.LINES)
        return lines

    @property
    def file(self) -> str:
        """The same as a file that says what is to be done. Loads torch."""
        return f"{self._comment('task')}\n\n{self.lines}"

    def _comment(self, key: str, indent: str = "") -> str:
        start = f"{indent}# "
        return textwrap.fill(
            self.texts(f"{self.name}.{key}"),
            COLUMNS,
            initial_indent=start,
            subsequent_indent=start,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def printed(self, outcome: Outcome) -> list[str]:
        """The first lines of what the learner's lines printed, made safe to show."""
        lines = [printable(line.expandtabs()) for line in outcome.printed.splitlines()]
        more = [self.texts("more")] * (len(lines) > MOST_LINES or len(outcome.printed) >= MAX_PRINTED)
        return lines[:MOST_LINES] + more

    def sentence(self, outcome: Outcome) -> str:
        """What came of a check, in words: those of this exercise, or else those of all."""
        own = f"{self.name}.wrong.{outcome.key}"
        values: dict[str, Any] = dict(outcome.values)
        return self.texts(own if own in self.texts else f"wrong.{outcome.key}", **values)


def load_exercise(name: str, language: str = DEFAULT) -> Exercise:
    """The exercise of this lesson. Raises InputError for one there isn't."""
    if name not in LESSONS:
        raise InputError(Sentence("lesson {said}", said=unknown(name, LESSONS)))
    words = texts_in(language)
    return Exercise(name, words.part("exercises"), words.part("around"))
