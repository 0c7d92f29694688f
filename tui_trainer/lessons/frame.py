"""What a lesson shows: parts that the app and the plain command draw, each in its own way."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tui_trainer.charts.chart import Chart

# A line of text: plain, or pieces each with its role, which is a colour (`charts.styles.ROLES`, or
# one of good, bad, quiet, strong).
Words = str | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """Rows of cells under column titles.

    marked: the row that was just made, from 0; grows: rows are added at its end, of which a small
    screen shows the last; spare: whether a low terminal can do without it.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Words]]
    title: Words = ""
    marked: int | None = None
    grows: bool = False
    spare: bool = False


@dataclass(frozen=True)
class Tree:
    """A node and what hangs under it."""

    label: Words
    children: Sequence["Tree"] = ()

    def __iter__(self) -> Iterator["Tree"]:
        """This node and all below it, in the order in which they are drawn."""
        yield self
        for child in self.children:
            yield from child


@dataclass(frozen=True)
class Plot:
    """A chart under a title, which names its series; `under` is said at its foot.

    spare: whether a low terminal can do without it.
    """

    title: Words
    chart: Chart
    under: str = ""
    spare: bool = False


@dataclass(frozen=True)
class Items:
    """Things beside each other, as many in a line as there is room for: none is broken in two.

    gap: cells between them.
    """

    items: Sequence[Words]
    gap: int = 1


Part = Words | Items | Table | Tree | Plot


@dataclass(frozen=True)
class Answer:
    """A learner's answer, judged.

    question: what was asked, by its meaning and not as it was worded; empty for a goal that is built, and not answered.
    """

    right: bool
    question: str = ""


@dataclass(frozen=True)
class Frame:
    """One moment of a lesson, with all that led to it: the last frame tells the whole.

    asks: those of the parts that are a drawn question, or what to answer it needs; said: what just happened, or why an
    answer is wrong; answer: where one is judged here; reveals: the questions whose
    answers this shows, whether or not they were asked; facts: its numbers, for `--json`, one mapping for each thing
    that is new since the frame before; seconds: how long it stands when frames follow each other by themselves.
    """

    parts: Sequence[Part]
    said: str = ""
    answer: Answer | None = None
    reveals: Sequence[str] = ()
    facts: Sequence[Mapping[str, Any]] = ()
    seconds: float = 0.4
    asks: Sequence[Part] = ()

    @property
    def right(self) -> bool:
        """Whether an answer is judged here that is right."""
        return self.answer is not None and self.answer.right


def asking(
    page: Iterable[Frame],
    question: Part,
    answer: Answer | None,
    verdict: str,
    facts: Mapping[str, Any] | None = None,
) -> Iterator[Frame]:
    """A page with a question under it, and a learner's answer judged, where there is one.

    verdict: what is said of it, instead of what the page says; facts: the question's numbers.
    """
    for place, frame in enumerate(page):
        new = [facts] if facts and place == 0 else []
        said = verdict or frame.said
        parts, facts_here = [*frame.parts, question], [*frame.facts, *new]
        yield replace(frame, parts=parts, said=said, answer=answer, facts=facts_here, asks=[question])
