"""An expression and its gradients, in plain PyTorch."""

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from tui_trainer.data.arithmetic import Arithmetic, Language
from tui_trainer.data.sources.formula import CONSTANTS
from tui_trainer.lessons.expression import LEARNED, OF_ONE, OF_TWO

LEAVES = """\
{imports}

# w and b are to be learned, x and y are data.
{leaves}

"""

WITH_GRAPH = """\
result = {expression}
print(result.item(), result.grad_fn)
result.backward()
print({gradients})

# A second time: what reaches a leaf is added to its .grad.
{zero_grad}({expression}).backward()
print({gradients})
"""

ZERO_GRAD = "torch.optim.SGD([w, b]).zero_grad()\n"

WITHOUT_GRAPH = """\
with torch.no_grad():
    result = torch.as_tensor({expression})
print(result.item(), result.requires_grad, result.grad_fn)
result.backward()  # which fails: nothing was written down
"""


def script(expression: str, values: Mapping[str, float], zero_grad: bool, grad: bool) -> str:
    """It prints the result, then the gradients of w and b after backward ran once, and after it ran twice."""
    leaves = [
        f"{name} = torch.tensor({value!r}{', requires_grad=True' * (name in LEARNED)})"
        for name, value in values.items()
    ]
    source = _source(expression)
    imports = "import math\n\nimport torch" if "math." in source else "import torch"
    gradients = ", ".join(f"{name}.grad" for name in LEARNED)
    body = (WITH_GRAPH if grad else WITHOUT_GRAPH).format(
        expression=source, gradients=gradients, zero_grad=ZERO_GRAD if zero_grad else ""
    )
    return LEAVES.format(imports=imports, leaves="\n".join(leaves)) + body


def _source(expression: str) -> str:
    """The expression as PyTorch's operators and functions, put together anew from what is listed."""
    names = {name: f"math.{name}" for name in CONSTANTS} | {name: name for name in ("w", "x", "b", "y")}
    source: str = Arithmetic(expression).work_out(names, _LANGUAGE)
    return ast.unparse(ast.parse(source))  # without brackets that say nothing


def _infix(sign: str) -> Callable[[str, str], str]:
    return lambda left, right: f"({left} {sign} {right})"


def _call(function: str) -> Callable[..., str]:
    return lambda *arguments: f"torch.{function}({', '.join(map(_tensor, arguments))})"


def _tensor(source: str) -> str:
    """What a function of PyTorch's takes: a number alone is made a tensor."""
    return source if re.search(r"\b[wxby]\b", source) else f"torch.tensor({source})"


_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: _infix("+"),
    ast.Sub: _infix("-"),
    ast.Mult: _infix("*"),
    ast.Div: _infix("/"),
    ast.Pow: _infix("**"),
    ast.USub: lambda value: f"(-{value})",
    ast.UAdd: lambda value: f"(+{value})",
}
_FUNCTIONS = {count: {name: _call(name) for name in names} for count, names in ((1, OF_ONE), (2, OF_TWO))}
_LANGUAGE = Language(_OPERATORS, _FUNCTIONS, lambda value: repr(float(value)))
