"""A formula in x, worked out by numpy: arithmetic and a few functions, and nothing else.

The text is parsed to Python's syntax tree and walked; a node that is not on the lists below is
refused. Nothing is ever handed to `eval`.
"""

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_trainer.experiment import InputError

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


class Formula:
    """A checked formula. Calling it with x of shape (n,) gives y of shape (n,).

    Raises InputError, here for a formula that does anything but arithmetic in x, and on calling
    for one whose result is not finite at some x.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > MAX_LENGTH:
            raise InputError(f"data: a formula of {len(text):,} characters; write at most {MAX_LENGTH}")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
            self._compute(self._tree, np.ones(1))
        except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"data: {text!r} is no formula; write one such as x + 2*sin(x)") from None

    def __call__(self, x: Array) -> Array:
        y = np.broadcast_to(np.asarray(self._compute(self._tree, x), dtype=np.float64), x.shape)
        bad = np.flatnonzero(~np.isfinite(y))
        if bad.size:
            raise InputError(
                f"data: {self.text!r} has no finite value at x = {x[bad[0]]:.6g}; choose another range with x"
            )
        return y.copy()

    def _compute(self, node: ast.expr, x: Array) -> Any:
        with np.errstate(all="ignore"):
            match node:
                case ast.Constant(value=bool() | complex()):
                    pass
                case ast.Constant(value=int() | float() as value):
                    # A float at once: 9**9**9 overflows to inf instead of filling the memory.
                    return np.float64(value) if abs(value) < 1e300 else np.float64(np.inf)
                case ast.Name(id="x"):
                    return x
                case ast.Name(id=name) if name in CONSTANTS:
                    return np.float64(CONSTANTS[name])
                case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
                    return OPERATORS[type(operator)](self._compute(left, x), self._compute(right, x))
                case ast.UnaryOp(operator, operand) if type(operator) in OPERATORS:
                    return OPERATORS[type(operator)](self._compute(operand, x))
                case ast.Call(ast.Name(name), args, []) if name in FUNCTIONS and len(args) == FUNCTIONS[name].nin:
                    return FUNCTIONS[name](*(self._compute(arg, x) for arg in args))
        part = ast.get_source_segment(self.text.strip(), node) or type(node).__name__
        raise InputError(
            f"data: {part!r} is not arithmetic in x; a formula has numbers, x, pi, e, + - * / ** % // and "
            f"{', '.join(FUNCTIONS)}"
        )
