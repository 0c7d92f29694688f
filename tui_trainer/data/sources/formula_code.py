"""A formula as Python source, for scripts that know nothing of tui-trainer."""

import ast
import re
from collections.abc import Callable
from typing import Any

from tui_trainer.data.arithmetic import Arithmetic, Language
from tui_trainer.data.sources.formula import COMPARISONS, CONSTANTS, FUNCTIONS


def formula(arithmetic: Arithmetic, variables: tuple[str, ...] = ("x",)) -> str:
    """A formula in these variables as numpy computes it, to the last bit as `Formula` does.

    Nothing of its text is copied: the source is put together anew, from listed operators, functions
    and numbers.
    """
    names = {name: f"np.{name}" for name in CONSTANTS} | {x: x for x in variables}
    source = arithmetic.work_out(names, _LANGUAGE)
    source = source if _has_x(source) else f"np.full_like({variables[0]}, {source})"
    return ast.unparse(ast.parse(source))  # without brackets that say nothing


def _number(value: float) -> str:
    """Always a float: of whole numbers numpy makes other powers."""
    return repr(float(value)) if abs(value) < 1e300 else "np.inf"


def _infix(sign: str) -> Callable[[str, str], str]:
    return lambda left, right: f"({left} {sign} {right})"


def _call(function: str) -> Callable[..., str]:
    return lambda *arguments: f"np.{function}({', '.join(arguments)})"


def _divide(left: str, right: str) -> str:
    """Of two bare numbers Python would refuse to divide by 0, where numpy gives inf."""
    return f"({left} / {right})" if _has_x(f"{left} {right}") else f"np.divide({left}, {right})"


def _has_x(source: str) -> bool:
    return bool(re.search(r"\bx[12]?\b", source))


_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: _infix("+"),
    ast.Sub: _infix("-"),
    ast.Mult: _infix("*"),
    ast.Div: _divide,
    ast.Pow: _call("power"),  # x ** 2 may be rounded otherwise
    ast.Mod: _call("mod"),
    ast.FloorDiv: _call("floor_divide"),
    ast.USub: lambda value: f"(-{value})",
    ast.UAdd: lambda value: f"(+{value})",
}
_FUNCTIONS = {n: {name: _call(name) for name, f in FUNCTIONS.items() if f.nin == n} for n in (1, 2)}
_COMPARISONS = {sign: _call(function.__name__) for sign, function in COMPARISONS.items()}
_LANGUAGE = Language(
    _OPERATORS, _FUNCTIONS, _number, comparisons=_COMPARISONS, truth=lambda first: f"{first}.astype(float)"
)
