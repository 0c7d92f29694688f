"""Everything of torch that a release may change: checked with torch 2.11 to 2.14.

All of it serves the modes `traced` and `compiled`. Where one of these is gone, a mode can't be had,
and a run goes on in the next one down: `auto.prepare` catches whatever is raised here, and says so.
`tests/engine/test_torch_internals.py` tells which one it is.
"""

import operator
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import fx

aten = torch.ops.aten
# A number that is read from a tensor.
READ_NUMBER = aten._local_scalar_dense.default
_tracing = threading.RLock()  # which a process can only do once at a time: what it is at is in globals
PROFILED = "_record_function"  # in the names of operations that are notes for the profiler


def make_graph(
    function: Callable[..., Any], arguments: tuple[Any, ...], decompositions: Mapping[Any, Callable[..., Any]]
) -> fx.Graph:
    """The operations that a function comes to, with its arguments' shapes as symbols where they may differ.

    `make_fx` is experimental. https://docs.pytorch.org/docs/stable/fx.html
    """
    from torch.fx.experimental.proxy_tensor import make_fx

    traced = make_fx(function, tracing_mode="symbolic", decomposition_table=dict(decompositions))
    with _tracing:
        return traced(*arguments).graph


def simple_operations(further: list[Any]) -> dict[Any, Callable[..., Any]]:
    """How operations are written in terms of simpler ones: PyTorch's own table for that, and these operations too."""
    from torch._decomp import core_aten_decompositions, get_decompositions

    return {**core_aten_decompositions(), **get_decompositions(further)}


def script(source: str) -> Any:
    """The functions of a text in TorchScript. It is deprecated, and nothing else runs a list of operations
    without holding Python's lock."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.CompilationUnit(source)


def without_profiling() -> AbstractContextManager[None]:
    """While TorchScript runs: as it is written, not first as it is and later anew."""
    context: AbstractContextManager[None] = torch.jit.optimized_execution(False)  # type: ignore[attr-defined]
    return context


def size_hint(size: "int | torch.SymInt") -> int:
    """A size in a trace: the one that it was traced with."""
    return size.node.hint if isinstance(size, torch.SymInt) else size


def size_symbols(size: "int | torch.SymInt") -> set[Any]:
    """The symbols in a size of a trace."""
    return size.node.expr.free_symbols if isinstance(size, torch.SymInt) else set()


# What Python's own operations on numbers are written as, in C and in TorchScript alike.
ARITHMETIC = {
    operator.neg: "-({})",
    operator.add: "({}) + ({})",
    operator.sub: "({}) - ({})",
    operator.mul: "({}) * ({})",
}
