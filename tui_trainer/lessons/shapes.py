"""Shapes as a person writes them, and what PyTorch makes of an expression of tensors."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor

from tui_trainer.lessons.frame import Words
from tui_trainer.lessons.lesson import Refusal
from tui_trainer.wording import quoted

MOST_DIMENSIONS, LARGEST = 3, 9
LONGEST = 18  # characters of a tensor's numbers in a table

Shape = tuple[int, ...]


def read_shape(text: str, name: str) -> Shape:
    """The sizes in `2x3`. Raises Refusal, with the input's name, for another form."""
    if not re.fullmatch(r"[1-9](x[1-9])*", text, re.ASCII):
        raise Refusal("shape", name=name, text=quoted(text), most=LARGEST)
    sizes = tuple(map(int, text.split("x")))
    if len(sizes) > MOST_DIMENSIONS:
        raise Refusal("dimensions", name=name, given=len(sizes), most=MOST_DIMENSIONS)
    return sizes


def written(shape: Sequence[int]) -> str:
    """`2x3`; of a single number `()`, as it has no sizes."""
    return "x".join(map(str, shape)) or "()"


def counted(shape: Shape, by: int = 1) -> Tensor:
    """A tensor of this shape whose numbers count up in steps of `by`, row by row."""
    return by * torch.arange(1.0, prod(shape) + 1).reshape(shape)


@dataclass(frozen=True)
class Attempt:
    """An expression as it is written, and what PyTorch made of it: a tensor, or its error."""

    text: str
    result: Tensor | None
    error: str = ""
    kind: str = ""

    @property
    def shape(self) -> str:
        """The result's shape; `error` where there is none."""
        return "error" if self.result is None else written(self.result.shape)

    def cells(self, longest: int = LONGEST) -> list[Words]:
        """As a row of a table: the expression, the shape, the numbers."""
        if self.result is None:
            return [self.text, [(self.shape, "bad")], ""]
        return [self.text, [(self.shape, "strong")], short(self.result.tolist(), longest)]

    @property
    def refusal(self) -> Words:
        """What was refused, and PyTorch's own words."""
        return [(f"{self.text}: ", "strong"), (self.error, "bad")]

    @property
    def fact(self) -> dict[str, Any]:
        """As `--json` has it."""
        if self.result is None:
            return {"expression": self.text, "error": f"{self.kind}: {self.error}"}
        return {"expression": self.text, "shape": list(self.result.shape), "values": self.result.tolist()}


def attempt(text: str, run: Callable[[], Tensor]) -> Attempt:
    """Run what is written, and take PyTorch's error for what it is worth."""
    try:
        return Attempt(text, run())
    except (RuntimeError, IndexError) as error:
        return Attempt(text, None, str(error), type(error).__name__)


def meaning(text: str, a: Shape, b: Shape) -> str:
    """An expression of a and b by what its result's shape depends on: `2x3 + 3` for `a * b` of such."""
    shapes = {"a": written(a), "b": written(b)}
    return re.sub(r"\b[ab]\b", lambda name: shapes[name[0]], text).replace(" * ", " + ")


def short(values: "Nested", longest: int = LONGEST) -> str:
    """A tensor's numbers, as many as there is room for: `[[1, 2], [3, 4]]`."""
    text = _numbers(values)
    return text if len(text) <= longest else f"{text[: longest - 2].rstrip(', ')} …"


def _numbers(values: "Nested") -> str:
    return f"[{', '.join(map(_numbers, values))}]" if isinstance(values, list) else f"{values:.4g}"


Nested = float | list["Nested"]
