"""Stochastic: a gradient of some samples instead of all, which is what the S in SGD stands for."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec

from tui_trainer.choices import Catalog, Choice
from tui_trainer.comparison import Comparison
from tui_trainer.lessons.batch_gradients import SAMPLES, SIZES, DrawnBatch, pairs
from tui_trainer.lessons.frame import Answer, Frame, Items, asking
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, Refusal, asked
from tui_trainer.lessons.scripts import stochastic as scripts
from tui_trainer.marks import Needs
from tui_trainer.wording import quoted

VIEWS: Catalog = {
    "slopes": Choice("tui_trainer.lessons.batch_views:slopes"),
    "spread": Choice("tui_trainer.lessons.batch_views:spread"),
    "path": Choice("tui_trainer.lessons.batch_views:path"),
    "article": Choice("tui_trainer.lessons.article_descent:descent"),
}


OF_BATCHES = Needs("view", "slopes, path", ("slopes", "path").__contains__)
OF_WEIGHT = Needs("view", "slopes, spread, path", ("slopes", "spread", "path").__contains__)
OF_PATH = Needs("view", "path", lambda view: view == "path")


def check_batch_size(size: int) -> None:
    """Check that batches of this size come out even, so that each of their gradients counts the same."""
    if size not in SIZES:
        raise Refusal("batch_size", value=size, sizes=", ".join(map(str, SIZES)))


def number_guessed(text: str) -> float | None:
    """Read a number; an empty text is no guess. Raises Refusal."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Refusal("guess", value=quoted(text))
    return number


class StochasticInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    view: Annotated[str, asked("v", choices=VIEWS)] = "slopes"
    batch_size: Annotated[
        int, asked("z", needs=OF_BATCHES, ladder=SIZES, check=lambda size: check_batch_size(int(size)))
    ] = 1
    weight: Annotated[float, asked("s", needs=OF_WEIGHT, ge=-100, le=100, ladder=(-1, 0, 1, 1.5, 2, 3, 4))] = 1.0
    eta: Annotated[
        float,
        asked(
            "l",
            synonyms=("lr", "learning-rate"),
            needs=OF_PATH,
            gt=0,
            le=10,
            ladder=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
        ),
    ] = 0.05
    steps: Annotated[int, asked("m", needs=OF_PATH, ge=1, le=400, ladder=(8, 20, 40, 100, 400))] = 40
    guess: Annotated[str, asked("g", check=number_guessed)] = ""
    draw: Annotated[int, asked("d", ge=1, le=999)] = 1


class Stochastic(Lesson[StochasticInputs]):
    """One weight: the gradient of one sample, of some, and of all of them, and what steps along each lead to."""

    schema = StochasticInputs

    def frames(self, inputs: StochasticInputs) -> Iterator[Frame]:
        drawn = DrawnBatch.of(inputs.draw)
        answer, verdict = judge(self.texts.part("said"), inputs.guess, drawn, drawn.question in self.seen)
        *first, last = (pairs([sample]) for sample in drawn.samples)
        question = Items([self.texts("question", w=drawn.w), *(f"{pair}," for pair in first), last])
        facts = {
            "draw": inputs.draw,
            "w": drawn.w,
            "batch": [[*sample] for sample in drawn.samples],
            "gradient": drawn.gradient if answer else None,
        }
        given: Mapping[str, Sequence[float]] = {
            "slopes": (inputs.weight, inputs.batch_size),
            "spread": (inputs.weight,),
            "path": (inputs.weight, inputs.batch_size, inputs.eta, inputs.steps),
        }
        page = VIEWS[inputs.view].load()(*given.get(inputs.view, ()), self.texts)
        yield from asking(page, question, answer, verdict, facts)

    def script(self, inputs: StochasticInputs) -> str:
        return scripts.script(
            inputs.view, SAMPLES, inputs.batch_size, inputs.weight, inputs.eta, inputs.steps, SIZES[:-1]
        )

    def training(self, inputs: StochasticInputs) -> Comparison:
        """A line of 200 samples, learned in batches of 1, of 20 and of all."""
        return Comparison.of(data="line", hidden="none", scale="standard", lr=0.1, batch_size="1,20,200", epochs=30)


def judge(said: Texts, text: str, drawn: DrawnBatch, seen: bool) -> tuple[Answer | None, str]:
    """The guess, judged, and what to say; nothing without one."""
    guess = number_guessed(text)
    if guess is None:
        return None, ""
    if seen:
        return None, said("seen")
    right = math.isclose(guess, drawn.gradient, rel_tol=1e-9)
    key = "right" if right else "wrong"
    return Answer(right, drawn.question), said(key, gradient=f"{drawn.gradient:g}", sum=drawn.worked_out)
