"""Traced: the operations of one step, written out as a loop for PyTorch's own interpreter.

Without autograd's bookkeeping and without Python in between, the same operations run on the same
tensors: the numbers are those of the eager loop, to the last bit. TorchScript is no longer
developed, but it is in every torch that this package admits, and nothing else runs a list of
operations without holding Python's lock.
"""

import operator
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx

from tui_trainer.engine.accelerator import Recorded, reads_back
from tui_trainer.engine.order import Steps
from tui_trainer.engine.tracing import aten, state_of, trace_step

if TYPE_CHECKING:
    from tui_trainer.engine.trainer import Trainer

SCALARS = {
    operator.neg: "-({})",
    operator.add: "({}) + ({})",
    operator.sub: "({}) - ({})",
    operator.mul: "({}) * ({})",
    operator.truediv: "({}) / ({})",
    operator.pow: "({}) ** ({})",
    torch.sym_float: "float({})",
    aten._local_scalar_dense.default: "float({})",
}
ABOUT_STORAGE = ("pin_memory", "memory_format", "layout", "device")

LOOP = """
def run(state: List[Tensor], xs: Tensor, ys: Tensor, samples: Tensor, losses: Tensor, {rate}: Tensor) -> None:
    {state}, = state
    for i, batch in enumerate(samples.unbind()):
        {x} = xs.index_select(0, batch)
        {y} = ys.index_select(0, batch)
        {lines}
        losses[i] = {loss}
"""


class Traced:
    """Takes steps by replaying the operations of a traced one."""

    name = "traced"
    note = ""
    many_epochs = True

    def __init__(self, trainer: "Trainer") -> None:
        self._trainer = trainer
        self._without_profiling = torch.jit.optimized_execution  # type: ignore[attr-defined]  # else no such mode
        # One for each size of batch: an epoch's last one is often smaller.
        self._loops = {size: self._loop(size) for size in torch.unique(trainer.order.sizes).tolist()}

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""
        t = self._trainer
        state = state_of(t.model, t.optimizer)
        rate = torch.tensor(t.experiment.lr, dtype=torch.float64)
        losses = torch.empty(len(steps), dtype=t.dtype, device=t.device)
        done = 0
        with torch.inference_mode(), self._without_profiling(False):
            for samples in steps.stretches():
                loop = self._loops[samples.shape[1]]
                here = losses[done : done + len(samples)]
                loop(state, t.dataset.x, t.dataset.y, samples.to(t.device), here, rate)
                done += len(samples)
        return losses

    def _loop(self, batch: int) -> Any:
        t = self._trainer
        graph = trace_step(t.model, t.loss_fn, t.optimizer, t.dataset.x[:batch], t.dataset.y[:batch])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            loop = torch.jit.CompilationUnit(loop_source(graph)).run
        return Recorded(loop) if t.device.type == "cuda" and not reads_back(graph) else loop


def loop_source(graph: fx.Graph) -> str:
    """A traced step as the text of a loop over many, in TorchScript."""
    *state, x, y, rate = (node.name for node in graph.nodes if node.op == "placeholder")
    lines = [f"{node.name} = {_expression(node)}" for node in graph.nodes if _does_something(node)]
    loss = graph.output_node().args[0]
    return LOOP.format(state=", ".join(state), x=x, y=y, rate=rate, lines="\n        ".join(lines), loss=loss)


def _does_something(node: Any) -> bool:
    return node.op == "call_function" and not isinstance(node.meta.get("val"), torch.SymInt)


def _expression(node: Any) -> str:
    arguments = [_literal(a) for a in node.args]
    if node.target in SCALARS:
        return SCALARS[node.target].format(*arguments)
    named = [f"{name}={_literal(a)}" for name, a in node.kwargs.items() if name not in ABOUT_STORAGE]
    return f"torch.ops.aten.{node.target.overloadpacket.__name__}({', '.join(arguments + named)})"


def _literal(argument: Any) -> str:
    if isinstance(argument, list | tuple):
        return f"[{', '.join(map(_literal, argument))}]"
    size = argument.meta.get("val") if isinstance(argument, fx.Node) else None
    # A size is known here: a loop is for one batch size.
    return str(size.node.hint) if isinstance(size, torch.SymInt) else str(argument)
