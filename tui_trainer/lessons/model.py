"""A model: a class with a forward or layers in a row, its parameters, and its loss by hand."""

import math
import re
from collections.abc import Iterator
from typing import Annotated

import msgspec

from tui_trainer.choices import Catalog, Choice
from tui_trainer.lessons.drawn_net import DrawnNet, read_count
from tui_trainer.lessons.frame import Answer, Frame, Items, Words, asking
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, Refusal, asked
from tui_trainer.lessons.model_pages import Given
from tui_trainer.lessons.scripts import model as scripts
from tui_trainer.marks import Needs
from tui_trainer.wording import quoted

_WHERE = "tui_trainer.lessons.model_pages:show_"
PAGES = ("class", "printed", "named", "outputs", "picture", "shapes", "loss", "squares", "skip")
VIEWS: Catalog = {name: Choice(_WHERE + name) for name in PAGES}
OF_LOSS = ("loss", "squares")
OF_LAYERS = tuple(name for name in VIEWS if name not in OF_LOSS)
OF_BATCH = ("outputs", "shapes", "skip")
MOST_HIDDEN, MOST_TARGETS, LARGEST = 12, 6, 1000

OF_NET = Needs("view", ", ".join(OF_LAYERS), OF_LAYERS.__contains__)
OF_SAMPLES = Needs("view", ", ".join(OF_BATCH), OF_BATCH.__contains__)
OF_TARGETS = Needs("view", ", ".join(OF_LOSS), OF_LOSS.__contains__)


def read_targets(text: str) -> tuple[float, ...]:
    """Some numbers, such as `1, 2, 20`. Raises Refusal."""
    parts = [part for part in re.split(r"[,\s]+", text.strip()) if part]
    if not 1 <= len(parts) <= MOST_TARGETS:
        raise Refusal("count", given=len(parts), most=MOST_TARGETS)
    try:
        numbers = tuple(map(float, parts))
    except ValueError:
        raise Refusal("targets", text=quoted(text)) from None
    if not all(math.isfinite(number) and abs(number) <= LARGEST for number in numbers):
        raise Refusal("size", most=LARGEST)
    return numbers


class ModelInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    view: Annotated[str, asked("v", choices=VIEWS)] = "class"
    hidden: Annotated[int, asked("u", needs=OF_NET, ge=1, le=MOST_HIDDEN)] = 10
    batch: Annotated[int, asked("s", needs=OF_SAMPLES, ge=1, le=200)] = 4
    prediction: Annotated[float, asked("p", needs=OF_TARGETS, ge=-LARGEST, le=LARGEST, ladder=range(-20, 21))] = 4.0
    targets: Annotated[str, asked("y", needs=OF_TARGETS, check=read_targets)] = "1, 2, 3, 4, 20"
    draw: Annotated[int, asked("d", ge=1, le=999)] = 1
    guess: Annotated[str, asked("g", check=read_count)] = ""


class Model(Lesson[ModelInputs]):
    """The article's Linear(1, 10), Linear(10, 1) written in two ways and taken apart."""

    schema = ModelInputs

    def frames(self, inputs: ModelInputs) -> Iterator[Frame]:
        drawn, guess = DrawnNet.of(inputs.draw), read_count(inputs.guess)
        seen = drawn.question in self.seen
        answer = None if seen or guess is None else Answer(guess == drawn.count, drawn.question)
        said = "" if guess is None else self._verdict(drawn, guess, seen)
        asks = question(self.texts, inputs.draw, drawn, seen or guess is not None)
        yield from asking(VIEWS[inputs.view].load()(self.texts, _given(inputs)), asks, answer, said)

    def _verdict(self, drawn: DrawnNet, guess: int, seen: bool) -> str:
        if seen:
            return self.texts("said.seen")
        key = "right" if guess == drawn.count else "wrong"
        return self.texts(f"said.{key}", sum=drawn.sum, parameters=drawn.count, guess=guess)

    def script(self, inputs: ModelInputs) -> str:
        return scripts.script(inputs.view, _given(inputs))


def _given(inputs: ModelInputs) -> Given:
    return Given(inputs.hidden, inputs.batch, read_targets(inputs.targets), inputs.prediction)


def question(texts: Texts, draw: int, drawn: DrawnNet, shows: bool) -> Items:
    """The drawn net; where the answer may be shown, with it."""
    layers = [texts("question.twice", layer=layer.text) if layer.uses > 1 else layer.text for layer in drawn.layers]
    *first, last = layers
    asked: list[Words] = [[(texts("question.drawn", draw=draw), "strong")], *(f"{layer}," for layer in first)]
    asked += [f"{last}:", texts("question.asks")]
    return Items([*asked, [(f"{drawn.count}", "strong")]] if shows else asked)
