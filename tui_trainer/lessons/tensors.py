"""Tensors: numbers with a shape, a dtype that rounds them, and names for the dimensions."""

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
from tui_trainer.lessons.stored import KINDS, Number, store
from tui_trainer.settings import quoted

WANTED, NEAR, BYTES = 70000, 0.01, 2
MOST_NUMBERS, MOST_DIMENSIONS = 24, 4
LARGEST, SMALLEST = 1e300, 1e-300

VIEWS: Catalog = {
    "values": Choice("tui_trainer.lessons.stored:show_values", "each number as it is stored, and where"),
    "names": Choice("tui_trainer.lessons.named:show_names", "dimensions with names: sum and align by them"),
}


def read_numbers(text: str) -> tuple[str, ...]:
    """The numbers in a text, each as it was written, between commas or spaces.

    Raises InputError for what is no finite number in digits, and for none or too many of them.
    """
    parts = text.replace(",", " ").split()
    for part in parts:
        if re.fullmatch(r"[+-]?0\d+", part, re.ASCII):
            raise InputError(f"numbers: {quoted(part)} begins with 0; a comma parts two numbers, so write 70000")
        if not re.fullmatch(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})(e[+-]?\d{1,3})?", part, re.ASCII | re.IGNORECASE):
            raise InputError(f"numbers: {quoted(part)} is no number; write some such as 0.1, 70000, 1e-7")
        if (exact := Fraction(part)) and not SMALLEST <= abs(exact) <= LARGEST:
            raise InputError(f"numbers: {part} won't do; give 0, or sizes from {SMALLEST:g} to {LARGEST:g}")
    if not 1 <= len(parts) <= MOST_NUMBERS:
        raise InputError(f"numbers: {len(parts)} of them; give 1 to {MOST_NUMBERS}")
    return tuple(parts)


def read_shape(text: str) -> tuple[int, ...]:
    """The sizes in `2x3`; one may be -1. Raises InputError for another form; whether it fits is PyTorch's to say."""
    if not re.fullmatch(r"-?\d{1,4}(x-?\d{1,4})*", text, re.ASCII):
        raise InputError(f"shape: {quoted(text)} is no shape; write sizes such as 6, 2x3 or 3x-1")
    sizes = tuple(map(int, text.split("x")))
    if len(sizes) > MOST_DIMENSIONS:
        raise InputError(f"shape: {len(sizes)} dimensions; give at most {MOST_DIMENSIONS}")
    return sizes


class TensorsInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    numbers: Annotated[
        str, asked("x", "Numbers", f"1 to {MOST_NUMBERS} numbers, with commas between.", check=read_numbers)
    ] = "0.1, 2.5, 70000, -3, 1e-7, 6"
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


class Tensors(Lesson[TensorsInputs]):
    """Numbers in a shape and a dtype; what that costs in rounding and in bytes; and names."""

    text = (
        "A tensor is a block of numbers. Its shape says how they lie: 2x3 is two rows of three. Its dtype says how "
        "each is stored: float32 takes four bytes, float16 and bfloat16 two; an int holds whole numbers only.\n\n"
        "Fewer bytes round more: stored − typed is the error, worked out exactly.\n\n"
        "A stride is how many numbers to skip to the next row or column. A transpose copies nothing: it swaps "
        "the strides.\n\n"
        "The article writes torch.Float16; see what PyTorch says.\n\n"
        "v shows dimensions that have names: sum over row, not over 0."
    )
    goal = "Hold 70000 in two bytes a number, without it becoming inf."
    schema = TensorsInputs

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
        met, why = judge(numbers, inputs.dtype)
        for frame in VIEWS[inputs.view].load()(numbers, dtype, read_shape(inputs.shape)):
            yield replace(frame, met=met, said=frame.said or why)


def judge(numbers: list[Number], name: str) -> tuple[bool, str]:
    """Whether the goal is met by these numbers in the dtype of this name, and what to say."""
    dtype: torch.dtype = KINDS[name].load()
    wanted = next((number for number in numbers if number.exact == WANTED), None)
    if wanted is None:
        return False, f"for the goal, {WANTED} must be among the numbers"
    if dtype.itemsize != BYTES:
        return False, f"{name} takes {dtype.itemsize} byte{'s' * (dtype.itemsize > 1)} a number; two are wanted"
    if wanted.stored is None:
        return False, f"{name} ends at {torch.iinfo(dtype).max}: PyTorch refuses to put {WANTED} into it"
    if wanted.error is None:
        return False, f"the largest {name} is {torch.finfo(dtype).max:g}: {WANTED} becomes {wanted.stored}"
    off = abs(wanted.error) / WANTED
    return off <= NEAR, f"{name} holds {WANTED} as {wanted.stored:g}: {float(off):.1%} off, in {BYTES} bytes"
