"""A traced step written out in C, in a loop over many steps.

The graph's operations are few and simple once they are decomposed: sums, matrix products, and
functions of single numbers, each of which is a line of `c_operations.py`. Each operation becomes a loop
over an array of known size, which the C compiler unrolls, joins with its neighbours and turns into
vector instructions. Only the batch's size may differ between steps: an epoch's last one is often
smaller.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any, TypeAlias

import sympy  # type: ignore[import-untyped]
import torch
from torch import fx

from tui_trainer.engine.execution._torch import READ_NUMBER, size_hint, size_symbols
from tui_trainer.engine.execution.c_operations import C_TYPES, COUNTS, FORMULAS, REDUCTIONS, SCALARS
from tui_trainer.engine.execution.mode import CannotRun
from tui_trainer.engine.execution.trace import layout, sizes

MAX_STACK_BYTES = 256 * 1024  # a thread has no large stack
MAX_BYTES = 512 * 1024**2  # beyond, PyTorch, which gives memory back between two operations, does better

Size: TypeAlias = Any  # a whole number or an expression in the batch's size


@dataclass(frozen=True)
class Array:
    """Where a tensor lies: in which C array, of what shape, and how far apart its entries are."""

    name: str
    shape: tuple[Size, ...]
    strides: tuple[Size, ...]

    def at(self, indices: Sequence[str]) -> str:
        """The C expression of an entry; the indices are those of a shape that this one is broadcast to."""
        own = list(indices)[len(indices) - len(self.shape) :]
        terms = [
            f"{index} * ({stride})"
            for index, size, stride in zip(own, self.shape, self.strides, strict=True)
            if size != 1
        ]
        return f"{self.name}[{' + '.join(terms) or '0'}]"


def c_source(graph: fx.Graph, batch: int) -> str:
    """The C text of a traced, decomposed step, in a loop that `compiled.Compiled` calls.

    `batch` is the usual size of a batch, for which the loop is specialised. Raises CannotRun for an
    operation or a number type that is not known here, and for samples or a loss of another shape
    than `step.c` reads and writes.
    """
    return _Writer(graph, batch).text()


class _Writer:
    def __init__(self, graph: fx.Graph, batch: int) -> None:
        self._graph, self._batch = graph, batch
        self._lines: list[str] = []
        self._arrays: dict[Any, Array] = {}
        inputs = [node for node in graph.nodes if node.op == "placeholder"]
        *self._state, self._x, self._y, self._rate = inputs
        self._loss: Any = graph.output_node().args[0]
        self._batch_symbols = size_symbols(self._x.meta["val"].shape[0])
        self._type = self._c_type(self._x)
        self._features, self._targets = (math.prod(sizes(node.meta["val"])[1:]) for node in (self._x, self._y))
        self._bytes = batch * (self._features + self._targets) * 8  # the samples themselves
        self._check()

    def _check(self) -> None:
        """See that the step is one for `step.c`, which reads samples of one number type and returns one such number."""
        if size_symbols(self._y.meta["val"].shape[0]) != self._batch_symbols:
            raise CannotRun("native code is for as many targets as there are samples in a batch")
        if found := sizes(self._loss.meta["val"]):
            raise CannotRun(f"native code is for a loss of one number, this one is of shape {found}")
        if self._c_type(self._loss) != self._type:
            raise CannotRun(f"native code is for one number type, and the loss is {self._c_type(self._loss)}")

    def text(self) -> str:
        for node in (*self._state, self._x, self._y):
            self._arrays[node] = self._fresh(node)
        for node in self._graph.nodes:
            if node.op == "call_function":
                self._write(node)
        if self._bytes > MAX_BYTES:
            raise CannotRun(f"a step needs {self._bytes:,} bytes, which is too large for native code")
        state = [f"{self._c_type(node)} *restrict {self._arrays[node].name}" for node in self._state]
        given = [f"({self._c_type(node)} *)state[{i}]" for i, node in enumerate(self._state)]
        template = Template((files("tui_trainer.engine.execution") / "step.c").read_text("utf-8"))
        return template.substitute(
            real=self._type,
            target=self._c_type(self._y),
            features=self._features,
            targets=self._targets,
            batch=self._batch,
            layout=layout(self._batch, *self._given()),
            keep="static _Thread_local" if self._bytes > MAX_STACK_BYTES else "",
            parameters=", ".join(state),
            arguments=", ".join(given),
            x=self._arrays[self._x].name,
            y=self._arrays[self._y].name,
            body="\n    ".join(self._lines),
            loss=self._arrays[self._loss].at([]),
        )

    def _given(self) -> tuple[list[torch.Tensor], torch.Tensor, torch.Tensor]:
        """The tensors that the step was traced with: its state, x and y."""
        return [node.meta["val"] for node in self._state], self._x.meta["val"], self._y.meta["val"]

    def _write(self, node: Any) -> None:
        value = node.meta.get("val")
        name = node.target.overloadpacket.__name__ if hasattr(node.target, "overloadpacket") else ""
        if isinstance(value, torch.SymInt):
            return  # a size: written where it is used
        if node.target is READ_NUMBER:
            source = node.args[0]
            given = "rate" if source is self._rate else self._arrays[source].at(["0"] * len(self._arrays[source].shape))
            self._lines.append(f"const double {node.name} = {given};")
        elif node.target in SCALARS:
            formula = SCALARS[node.target].format(*map(self._scalar, node.args))
            self._lines.append(f"const double {node.name} = {formula};")
        elif name in ("t", "permute", "view", "_unsafe_view", "reshape", "expand", "unsqueeze", "squeeze"):
            self._arrays[node] = self._view(node, name)
        elif name == "mm":
            self._product(node)
        elif name in REDUCTIONS:
            self._reduce(node, name)
        elif name == "gather":
            self._gather(node)
        elif name == "scatter":
            self._scatter(node)
        elif name.removesuffix("_") in FORMULAS:
            self._each(node, name)
        else:
            raise CannotRun(f"no C for {node.target}")

    # Sizes and numbers

    def _c_type(self, node: Any) -> str:
        dtype = node.meta["val"].dtype
        if dtype not in C_TYPES:
            raise CannotRun(f"no C for {str(dtype).removeprefix('torch.')}")
        return C_TYPES[dtype]

    def _size(self, size: int | torch.SymInt) -> Size:
        if not self._batch_symbols <= size_symbols(size) or not size_symbols(size):
            return sympy.Integer(size_hint(size))
        per_sample, rest = divmod(size_hint(size), size_hint(self._x.meta["val"].shape[0]))
        assert not rest
        return sympy.Symbol("B") * per_sample

    def _scalar(self, argument: Any) -> str:
        if isinstance(argument, fx.Node):
            value = argument.meta["val"]
            return str(self._size(value)) if isinstance(value, torch.SymInt) else argument.name
        if isinstance(argument, bool | int):
            return str(int(argument))
        if argument in (float("inf"), float("-inf")):
            return f"{'-' if argument < 0 else ''}INFINITY"
        return repr(argument)

    def _fresh(self, node: Any, name: str = "") -> Array:
        shape = tuple(self._size(size) for size in node.meta["val"].shape)
        strides = tuple(sympy.Mul(*shape[i + 1 :]) for i in range(len(shape)))
        return Array(name or f"t_{node.name}", shape, strides)  # a node may be called `tanh`

    def _new(self, node: Any) -> Array:
        """An array for an operation's result, as large as the largest batch needs."""
        array = self._fresh(node)
        room = sympy.Mul(*array.shape).subs("B", self._batch)
        self._bytes += int(room) * node.meta["val"].element_size()
        self._lines.append(f"KEEP ALIGNED {self._c_type(node)} {array.name}[{room}];")
        self._arrays[node] = array
        return array

    # Operations

    def _view(self, node: Any, name: str) -> Array:
        source: Any = node.args[0]
        array = self._arrays[source]
        if name in ("t", "permute"):
            turned = node.args[1] if name == "permute" else (1, 0)
            return Array(array.name, tuple(array.shape[i] for i in turned), tuple(array.strides[i] for i in turned))
        shape = tuple(self._size(size) for size in node.meta["val"].shape)
        if name == "expand":
            added = (sympy.Integer(0),) * (len(shape) - len(array.shape))
            strides = [0 if size == 1 else stride for size, stride in zip(array.shape, array.strides, strict=True)]
            return Array(array.name, shape, (*added, *strides))
        # The rest only writes or leaves out dimensions of size 1, or joins those that lie in a row.
        fresh = self._fresh(node, array.name)
        straight = tuple(sympy.Mul(*array.shape[i + 1 :]) for i in range(len(array.shape)))
        real = [(a, b) for size, a, b in zip(array.shape, array.strides, straight, strict=True) if size != 1]
        if any(a != b for a, b in real):
            raise CannotRun(f"no C for {node.target} of a turned tensor")
        return fresh

    def _loops(self, shape: Sequence[Size], first: str = "i") -> tuple[list[str], str]:
        indices = [f"{first}{n}" for n in range(len(shape))]
        heads = [
            f"for (long {i} = 0; {i} < {size}; {i}++)" for i, size in zip(indices, shape, strict=True) if size != 1
        ]
        indices = ["0" if size == 1 else i for i, size in zip(indices, shape, strict=True)]
        return indices, " ".join(heads)

    def _each(self, node: Any, name: str) -> None:
        """A function of single numbers, for each entry; one whose name ends in _ changes its first argument."""
        in_place = name.endswith("_") and not name.startswith("_")
        target = self._arrays[node.args[0]] if in_place else self._new(node)
        self._arrays[node] = target
        indices, loops = self._loops(target.shape)
        counts = all(
            self._c_type(a) in COUNTS for a in (node, *node.args) if isinstance(a, fx.Node) and a in self._arrays
        )
        number = "int64_t" if counts else self._type
        arguments = [self._entry(a, indices, number) for a in node.args]
        if "alpha" in node.kwargs:
            arguments[1] = f"{self._entry(node.kwargs['alpha'], [], number)} * {arguments[1]}"
        formula = FORMULAS[name.removesuffix("_")].format(*(f"({a})" for a in arguments))
        if name.startswith("pow") and node.args[1] == 2:
            formula = f"{arguments[0]} * {arguments[0]}"
        self._lines.append(f"{loops} {target.at(indices)} = {formula};")

    def _entry(self, argument: Any, indices: Sequence[str], number: str) -> str:
        if isinstance(argument, list | tuple):
            return ""  # a shape: no number
        if argument in self._arrays:
            return self._arrays[argument].at(indices)
        return f"({number})({self._scalar(argument)})"

    def _reduce(self, node: Any, name: str) -> None:
        source: Any = node.args[0]
        array = self._arrays[source]
        dims = (
            [node.args[1]] if len(node.args) > 1 and isinstance(node.args[1], int) else node.args[1:2] and node.args[1]
        )
        over = [d % len(array.shape) for d in dims] if dims else range(len(array.shape))
        total = self._new(node)
        indices, loops = self._loops(array.shape)
        kept = [i for d, i in enumerate(indices) if d not in over]
        if len(total.shape) == len(array.shape):
            kept = ["0" if d in over else i for d, i in enumerate(indices)]
        first, formula = REDUCTIONS[name]
        begun, begin = self._loops(total.shape)
        self._lines.append(f"{begin} {total.at(begun)} = {first};")
        self._lines.append(f"{loops} {total.at(kept)} = {formula.format(total.at(kept), array.at(indices))};")
        if name == "mean":
            count = sympy.Mul(*(array.shape[d] for d in over))
            self._lines.append(f"{begin} {total.at(begun)} /= {count};")

    def _gather(self, node: Any) -> None:
        """Entries of a tensor that another one names, along a dimension."""
        source, dim, chosen = (self._arrays[node.args[0]], node.args[1], self._arrays[node.args[2]])
        result = self._new(node)
        indices, loops = self._loops(result.shape)
        self._lines.append(f"{loops} {result.at(indices)} = {source.at(_put(indices, dim, chosen.at(indices)))};")

    def _scatter(self, node: Any) -> None:
        """A number at the entries that another tensor names, along a dimension; elsewhere as it was."""
        source, dim, chosen = (self._arrays[node.args[0]], node.args[1], self._arrays[node.args[2]])
        result = self._new(node)
        indices, loops = self._loops(result.shape)
        self._lines.append(f"{loops} {result.at(indices)} = {source.at(indices)};")
        indices, loops = self._loops(chosen.shape)
        value = self._entry(node.args[3], indices, self._c_type(node))
        self._lines.append(f"{loops} {result.at(_put(indices, dim, chosen.at(indices)))} = {value};")

    def _product(self, node: Any) -> None:
        a, b = (self._arrays[argument] for argument in node.args)
        product = self._new(node)
        rows, inner, columns = a.shape[0], a.shape[1], b.shape[1]
        strides = ", ".join(f"{s}" for s in (*a.strides, *b.strides))
        self._lines.append(f"product({rows}, {inner}, {columns}, {a.name}, {b.name}, {product.name}, {strides});")


def _put(indices: list[str], dim: int, index: str) -> list[str]:
    """The indices with another one in a dimension."""
    return [f"({index})" if d == dim % len(indices) else i for d, i in enumerate(indices)]
