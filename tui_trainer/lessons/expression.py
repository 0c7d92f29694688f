"""An expression of w, x, b and y, worked out by PyTorch with every tensor on the way kept."""

import math
import operator
import re
from ast import Add, Div, Gt, GtE, Lt, LtE, Mult, Pow, Sub, UAdd, USub
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.graph import Node, get_gradient_edge

from tui_trainer.data.arithmetic import Arithmetic, Language, NotArithmetic
from tui_trainer.data.sources.formula import CONSTANTS
from tui_trainer.lessons.lesson import Refusal
from tui_trainer.wording import quoted

VALUES = {"w": 2.0, "x": 3.0, "b": -1.0, "y": 4.0}
LEARNED = ("w", "b")
DRAWN = (-5, -4, -3, -2, 2, 3, 4, 5)
LARGEST = 1e6
MAX_LENGTH = 200
OPERATORS: dict[type, Callable[..., Any]] = {
    Add: operator.add,
    Sub: operator.sub,
    Mult: operator.mul,
    Div: operator.truediv,
    Pow: operator.pow,
    USub: operator.neg,
    UAdd: operator.pos,
}
COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    Gt: operator.gt,
    GtE: operator.ge,
    Lt: operator.lt,
    LtE: operator.le,
}
OF_ONE = ("sin", "cos", "tan", "tanh", "exp", "log", "sqrt", "abs", "sigmoid", "relu")
OF_TWO = ("minimum", "maximum")

Leaves = Mapping[str, Tensor]


@dataclass(frozen=True)
class Step:
    """A tensor on the way, and what it was made of; a leaf of nothing."""

    value: Tensor
    inputs: tuple[Tensor | float, ...] = ()

    @property
    def constants(self) -> list[Tensor | float]:
        """The inputs that no gradient goes back to."""
        return [each for each in self.inputs if not (isinstance(each, Tensor) and each.requires_grad)]


def make_leaves(values: Mapping[str, float]) -> dict[str, Tensor]:
    """Tensors: w and b, to be learned, require gradients; x and y don't."""
    leaves = {}
    for name, value in values.items():
        leaves[name] = torch.tensor(value, requires_grad=name in LEARNED)
    return leaves


class Workings:
    """An expression worked out on some leaves: its result, and each step by its node in PyTorch's graph.

    Of `a if x > 0 else b` only the branch that is taken is worked out. Raises Refusal for an expression that is not
    arithmetic, and for one that has no finite value there.
    """

    def __init__(self, text: str, leaves: Leaves) -> None:
        self.leaves = leaves
        self.steps = {get_gradient_edge(leaf).node: Step(leaf) for leaf in leaves.values() if leaf.requires_grad}
        self._reciprocal, self._multiply = self._kept(torch.reciprocal), self._kept(operator.mul)
        operators = {sign: self._kept(function) for sign, function in OPERATORS.items()} | {Div: self._divide}
        functions = {
            count: {name: self._kept(_of_tensors(getattr(torch, name))) for name in names}
            for count, names in ((1, OF_ONE), (2, OF_TWO))
        }
        comparisons = {sign: partial(_compare, compare) for sign, compare in COMPARISONS.items()}
        result = _work_out(text, {**CONSTANTS, **leaves}, Language(operators, functions, float, comparisons))
        self.result: Tensor = result if isinstance(result, Tensor) else torch.tensor(result)

    @property
    def root(self) -> Node:
        """The node that made the result."""
        return get_gradient_edge(self.result).node

    def uses(self, name: str) -> int:
        """How many times a leaf is in the expression."""
        leaf = self.leaves[name]
        inputs = [each for step in self.steps.values() for each in step.inputs]
        return sum(each is leaf for each in [*inputs, self.result])

    def name(self, tensor: Tensor) -> str | None:
        """The name of a leaf; None for what was made on the way."""
        return next((name for name, leaf in self.leaves.items() if leaf is tensor), None)

    def _kept(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, which then also keeps what it makes."""

        def keeping(*inputs: Tensor | float) -> Tensor | float:
            value: Tensor | float = function(*inputs)
            if isinstance(value, complex) or not torch.as_tensor(value).isfinite():
                raise FloatingPointError
            if isinstance(value, Tensor) and value.grad_fn:
                self.steps.setdefault(value.grad_fn, Step(value, inputs))
            return value

        return keeping

    def _divide(self, a: Tensor | float, b: Tensor | float) -> Any:
        if b == 0:
            raise ZeroDivisionError
        if isinstance(b, Tensor) and not isinstance(a, Tensor):
            # What torch does for a / b here, in one call; in two, the tensor between is kept too.
            return self._multiply(self._reciprocal(b), a)
        return self._kept(operator.truediv)(a, b)


def _of_tensors(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda *inputs: function(*map(torch.as_tensor, inputs))


def _compare(compare: Callable[[Any, Any], Any], left: Tensor | float, right: Tensor | float) -> bool:
    """Compare data. Raises Refusal for what is learned."""
    if any(isinstance(each, Tensor) and each.requires_grad for each in (left, right)):
        raise Refusal("condition")
    return bool(compare(left, right))


def _work_out(text: str, names: Mapping[str, Any], language: Language) -> Any:
    if len(text) > MAX_LENGTH:
        raise Refusal("too_long", length=f"{len(text):,}", most=MAX_LENGTH)
    try:
        return Arithmetic(text).work_out(names, language)
    except NotArithmetic as error:
        raise Refusal("not_arithmetic", part=repr(error.part), functions=", ".join(OF_ONE + OF_TWO)) from None
    except ZeroDivisionError:
        raise Refusal("divides_by_zero", text=repr(text), where=where(names)) from None
    except ArithmeticError:
        raise Refusal("not_finite", text=repr(text), where=where(names)) from None
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        if isinstance(error, Refusal):
            raise
        raise Refusal("no_expression", text=repr(text)) from None


def where(names: Mapping[str, Any]) -> str:
    """The values of the variables, as a message names them."""
    return ", ".join(f"{name} = {torch.as_tensor(names[name]).item():.6g}" for name in VALUES)


def question(values: Mapping[str, float]) -> str:
    """What is asked at these values, by its meaning: the same whether they were typed or drawn, or typed a hair off."""
    return " ".join(f"{name}={values[name]:.2g}" for name in VALUES)


def read_values(text: str) -> dict[str, float]:
    """Read `w=2, x=3`: the variables' values; those that are not named keep their usual ones.

    Raises Refusal for another form, an unknown name, and a name or number that won't do.
    """
    values: dict[str, float] = {}
    for part in filter(str.strip, text.split(",")):
        match = re.fullmatch(r"\s*(\w+)\s*=\s*(\S+)\s*", part)
        if not match:
            raise Refusal("no_value", text=quoted(part.strip()))
        name = match[1]
        if name not in VALUES:
            raise Refusal("no_variable", name=quoted(name), names=", ".join(VALUES))
        if name in values:
            raise Refusal("twice", name=quoted(name))
        values[name] = read_number(match[2], f"values: {name}")
    return VALUES | values


def draw_values(draw: int) -> dict[str, float]:
    """Values that differ from each other: for each draw its own, always the same."""
    values = np.random.default_rng(draw).choice(DRAWN, len(VALUES), replace=False)
    return dict(zip(VALUES, map(float, values), strict=True))


def read_number(text: str, what: str) -> float:
    """Read a finite number of bearable size. Raises Refusal, which begins with what it is."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not abs(number) <= LARGEST:
        raise Refusal("number", what=what, text=quoted(text), most=f"{LARGEST:,.0f}")
    return number
