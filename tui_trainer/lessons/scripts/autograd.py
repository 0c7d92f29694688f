"""An expression and its gradients, in plain PyTorch."""

import ast
from collections.abc import Mapping
from functools import partial

from tui_trainer.data.arithmetic import Arithmetic, Language
from tui_trainer.data.sources.formula import CONSTANTS
from tui_trainer.lessons.expression import COMPARISONS, LEARNED, OF_ONE, OF_TWO, OPERATORS

LEAVES = """\
{imports}

# w and b are to be learned, x and y are data.
{leaves}


def forward():
    return {expression}


"""

WITH_GRAPH = """\
result = forward()
print("forward", result.item())

watched = []


def watch(node):  # an operation, and what its inputs come from, up to the leaves
    if node and node not in watched and not hasattr(node, "variable"):
        watched.append(node)
        node.register_prehook(lambda gradients: print(type(node).__name__, gradients[0].item()))
        for before, _ in node.next_functions:
            watch(before)


watch(result.grad_fn)
result.backward()
print("backward", {gradients})

# A second time: what reaches a leaf is added to its .grad.
{zero_grad}forward().backward()
print("again", {gradients})
"""

ZERO_GRAD = "torch.optim.SGD([w, b]).zero_grad()\n"

WITHOUT_GRAPH = """\
with torch.no_grad():
    result = forward()
print("forward", result.item(), result.requires_grad, result.grad_fn)
try:
    result.backward()
except RuntimeError as error:
    print("backward", error)
"""


def script(expression: str, values: Mapping[str, float], zero_grad: bool, grad: bool) -> str:
    """It prints what arrives at each node, then the gradients of w and b after backward ran once, and twice."""
    tree = _tree(expression)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    leaves = [
        f"{name} = torch.tensor({value!r}{', requires_grad=True' * (name in LEARNED)})"
        for name, value in values.items()
    ]
    imports = "import math\n\n" * ("math" in names) + "import torch"
    # Backward gives none to what isn't in the expression.
    gradients = ", ".join(f"{name}.grad" + ".item()" * (name in names) for name in LEARNED)
    body = (WITH_GRAPH if grad else WITHOUT_GRAPH).format(gradients=gradients, zero_grad=ZERO_GRAD if zero_grad else "")
    return LEAVES.format(imports=imports, leaves="\n".join(leaves), expression=ast.unparse(tree)) + body


def _tree(expression: str) -> ast.expr:
    """The expression as PyTorch's operators and functions, put together anew from what is listed."""
    names: dict[str, ast.expr] = {name: _of("math", name) for name in CONSTANTS}
    names |= {name: ast.Name(name) for name in ("w", "x", "b", "y")}
    tree: ast.expr = Arithmetic(expression).work_out(names, _LANGUAGE)
    return tree


def _of(module: str, name: str) -> ast.Attribute:
    return ast.Attribute(ast.Name(module), name)


def _operation(kind: type, *operands: ast.expr) -> ast.expr:
    match operands:
        case [left, ast.Constant(float() as value) as right] if kind is ast.Pow:
            # The only place where a number may be whole: elsewhere PyTorch would make an int64 of it.
            return ast.BinOp(left, ast.Pow(), ast.Constant(int(value)) if value.is_integer() else right)
        case [left, right]:
            return ast.BinOp(left, kind(), right)
        case _:
            return ast.UnaryOp(kind(), *operands)


def _comparison(kind: type, left: ast.expr, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [kind()], [right])


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(_of("torch", function), [*map(_tensor, arguments)], [])


def _tensor(value: ast.expr) -> ast.expr:
    """What a function of PyTorch's takes: a number alone is made a tensor."""
    made = any(isinstance(node, ast.Name) and node.id != "math" for node in ast.walk(value))
    return value if made else ast.Call(_of("torch", "tensor"), [value], [])


_LANGUAGE = Language(
    {kind: partial(_operation, kind) for kind in OPERATORS},
    {count: {name: partial(_call, name) for name in names} for count, names in ((1, OF_ONE), (2, OF_TWO))},
    lambda number: ast.Constant(float(number)),
    {kind: partial(_comparison, kind) for kind in COMPARISONS},
    lambda first, a, b: ast.IfExp(first, a(), b()),
)
