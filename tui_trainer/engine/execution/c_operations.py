"""What PyTorch's operations are in C: to teach native code another one, a line here."""

import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch

from tui_trainer.engine.execution._torch import ARITHMETIC, aten, simple_operations

C_TYPES = {torch.float32: "float", torch.float64: "double", torch.int64: "int64_t", torch.bool: "char"}

# Functions of single numbers. tgmath.h takes float's or double's version.
FORMULAS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "neg": "-{0}",
    "copy": "{1}",
    "clone": "{0}",
    "_to_copy": "{0}",
    "pow": "pow({0}, {1})",
    "sqrt": "sqrt({0})",
    "rsqrt": "1 / sqrt({0})",
    "reciprocal": "1 / {0}",
    "exp": "exp({0})",
    "expm1": "expm1({0})",
    "log": "log({0})",
    "log1p": "log1p({0})",
    "sin": "sin({0})",
    "cos": "cos({0})",
    "tanh": "tanh({0})",
    "erf": "erf({0})",
    "sigmoid": "1 / (1 + exp(-{0}))",
    "relu": "{0} > 0 ? {0} : {0} != {0} ? {0} : 0",
    "abs": "fabs({0})",
    "sign": "({0} > 0) - ({0} < 0)",
    "gt": "{0} > {1}",
    "ge": "{0} >= {1}",
    "lt": "{0} < {1}",
    "le": "{0} <= {1}",
    "eq": "{0} == {1}",
    "ne": "{0} != {1}",
    "logical_and": "{0} && {1}",
    "bitwise_and": "{0} & {1}",
    "logical_not": "!{0}",
    "where": "{0} ? {1} : {2}",
    "minimum": "fmin({0}, {1})",
    "maximum": "fmax({0}, {1})",
    "full": "{1}",
    "full_like": "{1}",
    "scalar_tensor": "{0}",
    "zeros_like": "0",
    "ones_like": "1",
}
SCALARS = {
    **ARITHMETIC,
    operator.truediv: "({}) / (double)({})",
    operator.pow: "pow({}, {})",
    torch.sym_float: "(double)({})",
}

# How a sum or its like begins, and how it takes in a number.
REDUCTIONS = {
    "sum": ("0", "{0} + {1}"),
    "mean": ("0", "{0} + {1}"),
    "amax": ("-INFINITY", "{1} > {0} || {1} != {1} ? {1} : {0}"),
}
# What is written in terms of simpler operations, beside what PyTorch's own table says.
COMPOSED = [
    *(aten.addmm, aten.gelu, aten.elu, aten.leaky_relu),
    *(aten._log_softmax, aten._log_softmax_backward_data, aten.nll_loss_forward, aten.nll_loss_backward),
]
COUNTS = ("int64_t", "char")


@cache
def decompositions() -> Mapping[Any, Callable[..., Any]]:
    """For `trace`: a step in terms of the few operations that are known here."""
    return simple_operations(COMPOSED)
