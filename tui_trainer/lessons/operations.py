"""Operations: NumPy beside tensors, and the shapes that fit, and that don't."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

import msgspec

from tui_trainer.choices import Catalog, Choice
from tui_trainer.lessons.drawn_shape import ERROR, DrawnShape, read_guess
from tui_trainer.lessons.frame import Answer, Frame, Items, Words, asking
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.operation_pages import PAGES, PAIRS
from tui_trainer.lessons.scripts import operations as scripts
from tui_trainer.lessons.shapes import read_shape, written
from tui_trainer.marks import Needs

_WHERE = "tui_trainer.lessons.operation_pages:show_"
VIEWS: Catalog = {
    name: Choice(_WHERE + name)
    for name in ("numpy", "pairs", "indexing", "broadcast", "matmul", "reshape", "reduce", "errors")
}
LONGEST_WAY = 48  # cells: with more, "goal met" and what goes on would not fit into a line
OF_A = tuple(name for name in VIEWS if name != "numpy")
OF_B = ("broadcast", "matmul", "errors")

OF_ONE = Needs("view", ", ".join(OF_A), OF_A.__contains__)
OF_TWO = Needs("view", ", ".join(OF_B), OF_B.__contains__)


class OperationsInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    view: Annotated[str, asked("v", choices=VIEWS)] = "numpy"
    a: Annotated[
        str,
        asked("a", needs=OF_ONE, check=partial(read_shape, name="a"), ladder=("2x3", "3x2", "3", "4x1", "2x3x4")),
    ] = "2x3"
    b: Annotated[
        str,
        asked("s", needs=OF_TWO, check=partial(read_shape, name="b"), ladder=("3", "2", "3x4", "1x3", "2x1", "3x1x1")),
    ] = "3"
    draw: Annotated[int, asked("d", ge=1, le=999)] = 1
    guess: Annotated[str, asked("g", check=read_guess)] = ""


class Operations(Lesson[OperationsInputs]):
    """What is done to tensors, which shapes go together, and what PyTorch says of those that don't."""

    schema = OperationsInputs

    def frames(self, inputs: OperationsInputs) -> Iterator[Frame]:
        drawn, guess = DrawnShape.of(inputs.draw), read_guess(inputs.guess)
        # Also where only the last step was looked up: who has seen that needs no prediction.
        seen = drawn.question in self.seen or drawn.taken[-1].meaning in self.seen
        shows = bool(guess) or seen
        answer = None if seen or not guess else Answer(guess == drawn.answer, drawn.question)
        said = self._verdict(drawn, guess, seen) if guess else ""
        asks = question(self.texts, inputs.draw, drawn, shows)
        pages = VIEWS[inputs.view].load()(self.texts, read_shape(inputs.a, "a"), read_shape(inputs.b, "b"))
        yield from asking(pages, asks, answer, said)

    def _verdict(self, drawn: DrawnShape, guess: str, seen: bool) -> str:
        said = self.texts.part("said")
        if seen:
            return said("seen")
        steps = [said("is", text=each.meaning, shape=each.attempt.shape) for each in drawn.taken]
        while len(way := ", ".join(steps)) > LONGEST_WAY:
            steps.pop(0)  # the first is the easiest
        return said("right" if guess == drawn.answer else "wrong", way=way, guess=guess)

    def script(self, inputs: OperationsInputs) -> str:
        a, b = read_shape(inputs.a, "a"), read_shape(inputs.b, "b")
        expressions = [*PAGES[inputs.view](a, b)] if inputs.view in PAGES else []
        return scripts.script(inputs.view, a, b, expressions, [(pair.numpy, pair.torch) for pair in PAIRS])


def question(texts: Texts, draw: int, drawn: DrawnShape, shows: bool) -> Items:
    """The drawn expression; where the answer may be shown, with it, or with PyTorch's own words."""
    asked: list[Words] = [
        [(texts("question.drawn", draw=draw), "strong")],
        texts("question.given", a=written(drawn.a), b=written(drawn.b)),
        texts("question.asks", text=drawn.text),
    ]
    if not shows:
        return Items(asked)
    last = drawn.taken[-1].attempt
    return Items([*asked, [(last.error or drawn.answer, "bad" if drawn.answer == ERROR else "strong")]])
