"""Traced: the operations of one step, written out as a loop for PyTorch's own interpreter.

Without autograd's bookkeeping and without Python in between, the same operations run on the same
tensors: the numbers are those of the eager loop, to the last bit.
"""

import operator
from typing import Any

import torch
from torch import Tensor, fx

from tui_trainer.engine.execution._torch import ARITHMETIC, READ_NUMBER, script, size_hint, without_profiling
from tui_trainer.engine.execution.cuda_graph import Recorded, reads_back
from tui_trainer.engine.execution.mode import Work
from tui_trainer.engine.execution.trace import state_of, trace
from tui_trainer.engine.sampler import Steps

SCALARS: dict[Any, str] = {
    **ARITHMETIC,
    operator.truediv: "({}) / ({})",
    operator.pow: "({}) ** ({})",
    operator.getitem: "{}[{}]",  # one of several results
    torch.sym_float: "float({})",
    READ_NUMBER: "float({})",
}
ABOUT_STORAGE = ("pin_memory", "memory_format", "layout", "device")

LOOP = """
def run(state: List[Tensor], xs: Tensor, ys: Tensor, samples: Tensor, losses: Tensor, rates: List[float]) -> None:
    {state}, = state
    for i, batch in enumerate(samples.unbind()):
        {x} = xs.index_select(0, batch)
        {y} = ys.index_select(0, batch)
        {rate} = rates[i]
        {lines}
        losses[i] = {loss}
"""


class Traced:
    """Takes steps by replaying the operations of a traced one."""

    name = "traced"
    note = ""
    many_epochs = True

    def __init__(self, work: Work) -> None:
        self._work = work
        without_profiling()  # without it there is no such mode
        # One for each size of batch: an epoch's last one is often smaller.
        self._loops = {size: self._loop(size) for size in torch.unique(work.sizes).tolist()}

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""
        work = self._work
        state = state_of(work.step.model, work.step.optimizer)
        losses = torch.empty(len(steps), dtype=state[0].dtype, device=work.x.device)
        rates, done = steps.rates.tolist(), 0
        with torch.inference_mode(), without_profiling():
            for samples in steps.stretches():
                loop, now = self._loops[samples.shape[1]], slice(done, done + len(samples))
                loop(state, work.x, work.y, samples.to(work.x.device), losses[now], rates[now])
                done += len(samples)
        return losses

    def _loop(self, batch: int) -> Any:
        x, y = self._work.x, self._work.y
        graph = trace(self._work.step, x[:batch], y[:batch])
        loop = script(loop_source(graph)).run
        return Recorded(loop) if x.device.type == "cuda" and not reads_back(graph) else loop


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
    if isinstance(size, torch.SymInt):
        return str(size_hint(size))  # it is known here: a loop is for one batch size
    return repr(argument) if isinstance(argument, str) else str(argument)
