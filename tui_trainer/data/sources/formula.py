"""A formula in x, or in x1 and x2, worked out by numpy: arithmetic and a few functions, and nothing else."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.arithmetic import Arithmetic, Language, NotArithmetic
from tui_trainer.sentence import InputError
from tui_trainer.wording import quoted

Array = NDArray[np.float64]

OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
    ast.Mod: np.mod,
    ast.FloorDiv: np.floor_divide,
    ast.USub: np.negative,
    ast.UAdd: np.positive,
}
FUNCTIONS: dict[str, np.ufunc] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "minimum": np.minimum,
    "maximum": np.maximum,
}
CONSTANTS = {"pi": np.pi, "e": np.e}
MAX_LENGTH = 500


def _number(value: float) -> np.float64:
    """A float at once: 9**9**9 overflows to inf instead of filling the memory."""
    return np.float64(value) if abs(value) < 1e300 else np.float64(np.inf)


COMPARISONS: dict[type, np.ufunc] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_BY_COUNT = {n: {name: f for name, f in FUNCTIONS.items() if f.nin == n} for n in (1, 2)}
_LANGUAGE = Language(OPERATORS, _BY_COUNT, _number)
_WITH_TRUTH = replace(_LANGUAGE, comparisons=COMPARISONS, truth=np.float64)


class Formula:
    """A checked formula. Calling it with each of its variables, of shape (n,), gives y of shape (n,).

    Raises InputError, here for a formula that does anything but arithmetic in its variables, and on calling
    for one whose result is not finite somewhere. In more than one variable it may compare: 1 where that is so, else 0.
    """

    def __init__(self, text: str, variables: tuple[str, ...] = ("x",)) -> None:
        self.text, self.variables = text, variables
        if len(text) > MAX_LENGTH:
            raise InputError(f"data: a formula of {len(text):,} characters; write at most {MAX_LENGTH}")
        try:
            self.arithmetic = Arithmetic(text)
            self._compute(*[np.ones(1)] * len(variables))
        except NotArithmetic as error:
            raise InputError(
                f"data: there is no file {quoted(text)}, and {quoted(error.part)} is not arithmetic in "
                f"{' and '.join(variables)}; a formula has numbers, {', '.join(variables)}, pi, e, + - * / ** % // "
                f"{'< > ' * (len(variables) > 1)}and {', '.join(FUNCTIONS)}"
            ) from None
        except (SyntaxError, RecursionError, MemoryError, ValueError):
            raise InputError(
                f"data: {quoted(text)} is no formula, and no such file is there; write one such as x + 2*sin(x)"
            ) from None

    def values(self, *x: Array) -> Array:
        """What calling it gives, also where that is not finite."""
        return np.broadcast_to(np.asarray(self._compute(*x), dtype=np.float64), x[0].shape)

    def __call__(self, *x: Array) -> Array:
        y = self.values(*x)
        bad = np.flatnonzero(~np.isfinite(y))
        if bad.size:
            where = ", ".join(f"{name} = {each[bad[0]]:.6g}" for name, each in zip(self.variables, x, strict=True))
            raise InputError(f"data: {self.text!r} has no finite value at {where}; choose another range with x")
        return y.copy()

    def _compute(self, *x: Array) -> Any:
        names = {name: np.float64(value) for name, value in CONSTANTS.items()} | dict(
            zip(self.variables, x, strict=True)
        )
        with np.errstate(all="ignore"):
            return self.arithmetic.work_out(names, _LANGUAGE if len(x) == 1 else _WITH_TRUTH)
