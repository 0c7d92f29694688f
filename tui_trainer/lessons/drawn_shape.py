"""What the program draws for a learner to work out: the shape of an expression of two tensors."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from tui_trainer.lessons.lesson import Refusal
from tui_trainer.lessons.shapes import Attempt, Shape, attempt, written
from tui_trainer.wording import quoted

ERROR = "error"
TRANSLATED = ("erro",)  # as people of other languages write it
LONGEST = 36  # characters of an expression
# How often the answer is an error, a shape that stands in the question, and one that has to be worked out: so that
# neither answering the same each time nor copying what is seen gets far.
KINDS, SHARES = (ERROR, "copied", "new"), (0.14, 0.08, 0.78)
LARGEST = 6  # size
DIMENSIONS = (1, 2, 2, 2, 3)  # of a tensor, each as likely; of a matrix product both have two
SHOWN = ("2x3", "3")  # the default shapes, of which the pages show many a step: they are asked of nobody
OPERATORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"+": torch.add, "@": torch.matmul}


def read_guess(text: str) -> str:
    """A guess in one spelling: `2x3` for (2, 3) too, `error` in any language, or nothing.

    Raises Refusal for anything else.
    """
    guess = text.strip().lower().removeprefix("torch.size")
    if guess in ("", ERROR, *TRANSLATED):
        return ERROR if guess else ""
    if not re.fullmatch(r"[\[( ]*\d{1,4}( *[x, ] *\d{1,4})*[\]), ]*", guess, re.ASCII):
        raise Refusal("guess", text=quoted(text))
    return written([int(size) for size in re.findall(r"\d+", guess)])


@dataclass(frozen=True)
class Step:
    """What is done to a tensor: how that is written after it, and the doing; no text for nothing."""

    text: str = ""
    run: Callable[[Tensor], Tensor] = lambda x: x


@dataclass(frozen=True)
class Taken:
    """A step that was taken: its meaning, such as `2x3 + 3`, and what came of it."""

    meaning: str
    attempt: Attempt

    @property
    def asked_too_much(self) -> bool:
        """Whether a tensor of other than two dimensions was turned, or multiplied: the lesson teaches neither."""
        sides = [self.meaning.removesuffix(".T")] if self.meaning.endswith(".T") else self.meaning.split(" @ ")
        return (self.meaning.endswith(".T") or len(sides) > 1) and any(side.count("x") != 1 for side in sides)


@dataclass(frozen=True)
class DrawnShape:
    """Two tensors' shapes, and an expression: a step on each, an operator between them, a step on what comes out."""

    a: Shape
    b: Shape
    on_a: Step
    operator: str
    on_b: Step
    after: Step

    @classmethod
    def of(cls, draw: int) -> Self:
        """That of a draw, which has one or two steps beside the operator: no page shows as much at once."""
        random = np.random.default_rng(draw)
        kind = random.choice(KINDS, p=SHARES)
        while True:
            drawn = cls._at_random(random)
            if len(drawn.text) <= LONGEST and drawn._kind == kind and drawn._is_fair:
                return drawn

    @classmethod
    def _at_random(cls, random: np.random.Generator) -> Self:
        dimensions = [DIMENSIONS[i] for i in random.integers(len(DIMENSIONS), size=2)]
        a, b = (tuple(random.integers(1, LARGEST, count, endpoint=True).tolist()) for count in dimensions)
        steps = [Step(), Step(), Step()]
        for place in random.permutation(3)[: random.integers(1, 3)]:
            steps[place] = _step(random)
        return cls(a, b, steps[0], [*OPERATORS][random.integers(2)], *steps[1:])

    @property
    def text(self) -> str:
        """The expression as it is written."""
        return f"({self._inner}){self.after.text}" if self.after.text else self._inner

    @property
    def _inner(self) -> str:
        return f"a{self.on_a.text} {self.operator} b{self.on_b.text}"

    @property
    def question(self) -> str:
        """What is asked, by its meaning."""
        return f"a={written(self.a)} b={written(self.b)} {self.text}"

    @property
    def answer(self) -> str:
        """The shape of what PyTorch makes of it, or `error`."""
        return self.taken[-1].attempt.shape

    @cached_property
    def taken(self) -> list[Taken]:
        """The expression step by step, as PyTorch takes it: the last is all of it, or what PyTorch refuses."""
        taken: list[Taken] = []

        def take(meaning: str, text: str, run: Callable[[], Tensor]) -> Tensor | None:
            taken.append(Taken(meaning, attempt(text, run)))
            return taken[-1].attempt.result

        def side(name: str, shape: Shape, step: Step) -> Tensor | None:
            x = torch.zeros(shape)
            return take(written(shape) + step.text, name + step.text, lambda: step.run(x)) if step.text else x

        a = side("a", self.a, self.on_a)
        b = None if a is None else side("b", self.b, self.on_b)
        if a is None or b is None:
            return taken
        meaning = f"{written(a.shape)} {self.operator} {written(b.shape)}"
        inner = take(meaning, self._inner, lambda: OPERATORS[self.operator](a, b))
        if inner is not None and self.after.text:
            take(written(inner.shape) + self.after.text, self.text, lambda: self.after.run(inner))
        return taken

    @property
    def _kind(self) -> str:
        on_screen = (written(self.a), written(self.b))
        return self.answer if self.answer == ERROR else "copied" if self.answer in on_screen else "new"

    @property
    def _is_fair(self) -> bool:
        """Whether it has a shape to say, and its last step doesn't stand on the pages from the start."""
        last = self.taken[-1].meaning
        return (
            self.answer != written(())
            and not any(taken.asked_too_much for taken in self.taken)
            and not any(shape in SHOWN for shape in re.findall(r"^[\dx]+|[\dx]+$", last))
        )


def _step(random: np.random.Generator) -> Step:
    """One at random: transpose, reshape, or sum."""
    dim, size = int(random.integers(2)), int(random.integers(2, LARGEST, endpoint=True))
    steps = [
        Step(".T", torch.t),
        Step(f".reshape({size}, -1)", lambda x: x.reshape(size, -1)),
        Step(f".sum({dim})", lambda x: x.sum(dim)),
        Step(f".sum({dim}, keepdim=True)", lambda x: x.sum(dim, keepdim=True)),
    ]
    return steps[random.integers(len(steps))]
