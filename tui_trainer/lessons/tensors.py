"""Tensors: numbers with a shape, a dtype of some range and precision, and names for the dimensions."""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Annotated

import msgspec
import torch

from tui_trainer.catalog import Catalog, Choice
from tui_trainer.experiment import InputError
from tui_trainer.lessons.frame import Frame
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.rounding import draw_rounding
from tui_trainer.lessons.scripts import tensors as scripts
from tui_trainer.lessons.stored import KINDS, refusal, store
from tui_trainer.settings import quoted

MOST_NUMBERS, MOST_DIMENSIONS = 24, 4
LARGEST, SMALLEST = 1e300, 1e-300

VIEWS: Catalog = {
    "values": Choice("tui_trainer.lessons.stored:show_values", "each number as it is stored, and where"),
    "bits": Choice("tui_trainer.lessons.stored:show_bits", "each in two bytes: for range, or for precision"),
    "names": Choice("tui_trainer.lessons.named:show_names", "dimensions with names: sum and align by them"),
}


def read_numbers(text: str, what: str = "numbers") -> tuple[str, ...]:
    """The numbers in a text, each as it was written, between commas or spaces.

    Raises InputError, which begins with what they are, for what is no finite number in digits, and for none or too
    many of them.
    """
    parts = text.replace(",", " ").split()
    for part in parts:
        if re.fullmatch(r"[+-]?0\d+", part, re.ASCII):
            raise InputError(f"{what}: {quoted(part)} begins with 0; a comma parts two numbers, so write 70000")
        if not re.fullmatch(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})(e[+-]?\d{1,3})?", part, re.ASCII | re.IGNORECASE):
            raise InputError(f"{what}: {quoted(part)} is no number; write some such as 0.1, 70000, 1e-7")
        if (exact := Fraction(part)) and not SMALLEST <= abs(exact) <= LARGEST:
            raise InputError(f"{what}: {part} won't do; give 0, or sizes from {SMALLEST:g} to {LARGEST:g}")
    if not 1 <= len(parts) <= MOST_NUMBERS:
        raise InputError(f"{what}: {len(parts)} of them; give 1 to {MOST_NUMBERS}")
    return tuple(parts)


def read_shape(text: str) -> tuple[int, ...]:
    """The sizes in `2x3`; one may be -1. Raises InputError for another form; whether it fits is PyTorch's to say."""
    if not re.fullmatch(r"-?\d{1,4}(x-?\d{1,4})*", text, re.ASCII):
        raise InputError(f"shape: {quoted(text)} is no shape; write sizes such as 6, 2x3 or 3x-1")
    sizes = tuple(map(int, text.split("x")))
    if len(sizes) > MOST_DIMENSIONS:
        raise InputError(f"shape: {len(sizes)} dimensions; give at most {MOST_DIMENSIONS}")
    return sizes


def check_guess(text: str) -> None:
    """Check that a guess is one number, or empty. Raises InputError."""
    if text and len(read_numbers(text, "guess")) != 1:
        raise InputError(f"guess: {quoted(text)} is more than a number; give one")


class TensorsInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    numbers: Annotated[
        str, asked("x", "Numbers", f"1 to {MOST_NUMBERS} numbers, with commas between.", check=read_numbers)
    ] = "0.1, 2.5, 4, -3, 1e-7, 6"
    shape: Annotated[
        str,
        asked(
            "s",
            "Shape",
            "How they lie: 2x3 is two rows of three; -1 is whatever fits.",
            check=read_shape,
            ladder=("2x3", "3x2", "6", "6x1", "1x-1", "3x1x-1"),
        ),
    ] = "2x3"
    dtype: Annotated[str, asked("d", "dtype", "dtype: how each number is stored.", choices=KINDS)] = "float16"
    view: Annotated[str, asked("v", "View", "What to look at.", choices=VIEWS)] = "values"
    question: Annotated[int, asked("k", "Question", "Each asks for another number.", ge=1, le=999)] = 1
    guess: Annotated[str, asked("g", "Guess", "What you think will be stored; empty for none.", check=check_guess)] = ""


class Tensors(Lesson[TensorsInputs]):
    """Numbers in a shape and a dtype; what that costs in rounding and in bytes; and names."""

    text = (
        "A tensor is a block of numbers. Its shape says how they lie: 2x3 is two rows of three. Its dtype says how "
        "each is stored.\n\n"
        "An int holds whole numbers: int64 makes 0 of 0.1, in eight bytes. A float has a sign, an exponent for "
        "range and a fraction for precision. float16 gives them 1, 5 and 10 bits, bfloat16 1, 8 and 7: 70000 is inf "
        "in the one, 0.1 four times as far off in the other.\n\n"
        "From a power of two to the next float16 goes in 2**10 equal steps, bfloat16 in 2**7; a number goes to the "
        "nearest.\n\n"
        "A stride is how many numbers to skip to the next row or column; a transpose swaps them and copies nothing.\n\n"
        "The article's torch.Float16 isn't there. v shows the bits, and dimensions with names."
    )
    goal = "Say what a two-byte float stores a number as, before it is shown: k draws one, g takes your guess."
    schema = TensorsInputs
    replays = False  # or another question would be answered by the last guess

    def __init__(self) -> None:
        self._seen: set[Fraction | int] = set()  # the numbers of which it was shown how they are stored

    def check(self, inputs: TensorsInputs) -> None:
        """Raise InputError, with PyTorch's reason, for a shape that the numbers don't fit into."""
        count = len(read_numbers(inputs.numbers))
        try:
            torch.zeros(count).reshape(read_shape(inputs.shape))
        except RuntimeError as error:
            raise InputError(
                f"shape: {error}; its sizes must multiply to {count}, and shape -1 fits any count"
            ) from None

    def frames(self, inputs: TensorsInputs) -> Iterator[Frame]:
        dtype = KINDS[inputs.dtype].load()
        numbers = [store(typed, dtype) for typed in read_numbers(inputs.numbers)]
        first, *others = VIEWS[inputs.view].load()(numbers, dtype, read_shape(inputs.shape))
        rounding, guess = draw_rounding(inputs.question), inputs.guess
        self._seen.update(number.exact for number in numbers)
        seen = rounding.number in self._seen
        for frame in (first, *others)[: 1 if guess else None]:
            yield replace(frame, said=frame.said or rounding.ask(guess, seen))
        if guess:
            met, verdict = rounding.judge(guess, seen)
            for frame in others or [first]:
                yield replace(frame, said=verdict, met=met)
                self._seen.add(rounding.number)  # not before: a frame is made while the one before it is shown

    def script(self, inputs: TensorsInputs) -> str:
        dtype = KINDS[inputs.dtype].load()
        numbers = [store(typed, dtype) for typed in read_numbers(inputs.numbers)]
        typed, values = [number.typed for number in numbers], [number.value for number in numbers]
        refused = bool(refusal(numbers))
        return scripts.script(typed, values, str(dtype), read_shape(inputs.shape), inputs.view, refused)
