"""Tensors: numbers with a shape, a dtype of some range and precision, and names for the dimensions."""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Annotated

import msgspec
import torch

from tui_trainer.choices import Catalog, Choice
from tui_trainer.lessons.frame import Answer, Frame, asking
from tui_trainer.lessons.lesson import Lesson, Refusal, asked
from tui_trainer.lessons.rounding import Rounding, answered, draw_rounding
from tui_trainer.lessons.scripts import tensors as scripts
from tui_trainer.lessons.stored import KINDS, MOST_BITS, TWO_BYTE_FLOATS, refusal, store
from tui_trainer.marks import Needs
from tui_trainer.wording import quoted

MOST_NUMBERS, MOST_DIMENSIONS = 24, 4
LARGEST, SMALLEST = 1e300, 1e-300

VIEWS: Catalog = {
    "values": Choice("tui_trainer.lessons.stored:show_values"),
    "shape": Choice("tui_trainer.lessons.stored:show_shape"),
    "bits": Choice("tui_trainer.lessons.stored:show_bits"),
    "names": Choice("tui_trainer.lessons.named:show_names"),
    "mismatch": Choice("tui_trainer.lessons.named:show_mismatch"),
}


def _of(*views: str) -> Needs:
    """What an input needs that has an effect in these views alone."""
    return Needs("view", ", ".join(views), views.__contains__)


def read_numbers(text: str, name: str = "numbers") -> tuple[str, ...]:
    """The numbers in a text, each as it was written, between commas or spaces.

    name: of the input. Raises Refusal for what is no finite number in digits, and for none or too many of them.
    """
    parts = text.replace(",", " ").split()
    for part in parts:
        if re.fullmatch(r"[+-]?0\d+", part, re.ASCII):
            raise Refusal("zero_first", name=name, value=quoted(part))
        if not re.fullmatch(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})(e[+-]?\d{1,3})?", part, re.ASCII | re.IGNORECASE):
            raise Refusal("no_number", name=name, value=quoted(part))
        if (exact := Fraction(part)) and not SMALLEST <= abs(exact) <= LARGEST:
            raise Refusal("size", name=name, value=part, smallest=f"{SMALLEST:g}", largest=f"{LARGEST:g}")
    if not 1 <= len(parts) <= MOST_NUMBERS:
        raise Refusal("how_many", name=name, given=len(parts), most=MOST_NUMBERS)
    return tuple(parts)


def read_shape(text: str) -> tuple[int, ...]:
    """The sizes in `2x3`; one may be -1. Raises Refusal for another form; whether it fits is PyTorch's to say."""
    if not re.fullmatch(r"-?\d{1,4}(x-?\d{1,4})*", text, re.ASCII):
        raise Refusal("no_shape", value=quoted(text))
    sizes = tuple(map(int, text.split("x")))
    if len(sizes) > MOST_DIMENSIONS:
        raise Refusal("dimensions", given=len(sizes), most=MOST_DIMENSIONS)
    return sizes


def check_guess(text: str) -> None:
    """Check that a guess is one number, or empty. Raises Refusal."""
    if text and len(read_numbers(text, "guess")) != 1:
        raise Refusal("one_guess", value=quoted(text))


class TensorsInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    numbers: Annotated[str, asked("x", needs=_of("values", "shape", "bits", "names"), check=read_numbers)] = (
        "0.1, 2.5, 4, -3, 1e-7, 6"
    )
    shape: Annotated[
        str,
        asked(
            "s",
            needs=_of("values", "shape", "names", "mismatch"),
            check=read_shape,
            ladder=("2x3", "3x2", "6", "6x1", "1x-1", "3x1x-1"),
        ),
    ] = "2x3"
    dtype: Annotated[str, asked("y", needs=_of("values", "shape", "names"), choices=KINDS)] = "float16"
    view: Annotated[str, asked("v", choices=VIEWS)] = "values"
    draw: Annotated[int, asked("d", ge=1, le=999)] = 1
    guess: Annotated[str, asked("g", check=check_guess)] = ""


class Tensors(Lesson[TensorsInputs]):
    """Numbers in a shape and a dtype; what that costs in rounding and in bytes; and names."""

    schema = TensorsInputs

    def check(self, inputs: TensorsInputs) -> None:
        """Raise Refusal, with PyTorch's reason, for a shape that the numbers don't fit into."""
        count = len(read_numbers(inputs.numbers))
        try:
            torch.zeros(count).reshape(read_shape(inputs.shape))
        except RuntimeError as error:
            raise Refusal("does_not_fit", reason=error, numbers=count) from None

    def frames(self, inputs: TensorsInputs) -> Iterator[Frame]:
        dtype = KINDS[inputs.dtype].load()
        numbers = [store(typed, dtype) for typed in read_numbers(inputs.numbers)]
        rounding = draw_rounding(inputs.draw)
        answer, verdict = self._judge(rounding, inputs.guess)
        asks = [(self.texts("question", kind=rounding.kind, number=rounding.number), "strong")]
        shows = TWO_BYTE_FLOATS if inputs.view == "bits" else [inputs.dtype]
        reveals = answered(shows, [number.exact for number in numbers])
        page = VIEWS[inputs.view].load()(self.texts, numbers, dtype, read_shape(inputs.shape))
        for frame in asking(page, asks, answer, verdict):
            yield replace(frame, reveals=reveals)

    def _judge(self, rounding: Rounding, guess: str) -> tuple[Answer | None, str]:
        """The guess, judged, and what to say of it; who has seen the answer doesn't predict it."""
        said, kind, number, stored = self.texts.part("said"), rounding.kind, rounding.number, rounding.stored
        if rounding.question in self.seen:
            return None, said("seen", kind=kind, number=number, stored=stored)
        if not guess:
            return None, ""
        if Fraction(guess) == stored:
            return Answer(True, rounding.question), said("right", kind=kind, number=number, stored=stored)
        wrong = said("wrong", guess=guess, stored=stored, start=rounding.start, step=rounding.step)
        return Answer(False, rounding.question), wrong

    def script(self, inputs: TensorsInputs) -> str:
        dtype = KINDS[inputs.dtype].load()
        numbers = [store(typed, dtype) for typed in read_numbers(inputs.numbers)]
        if inputs.view == "bits":
            numbers = numbers[:MOST_BITS]
        typed, values = [number.typed for number in numbers], [number.value for number in numbers]
        refused = bool(refusal(numbers))
        return scripts.script(typed, values, str(dtype), read_shape(inputs.shape), inputs.view, refused)
