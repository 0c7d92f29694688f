"""CUDA graphs: launching many steps at once.

A GPU gets every operation one by one, which for a small net takes longer than the arithmetic.
A CUDA graph records many once, and then launches them all together.
https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx

from tui_trainer.engine.execution._torch import READ_NUMBER

STEPS_A_GRAPH = 50

Loop = Callable[[list[Tensor], Tensor, Tensor, Tensor, Tensor, list[float]], None]


def reads_back(graph: fx.Graph) -> bool:
    """Whether a traced step needs a number from the device, other than the learning rate, which is given."""
    *_, rate = (node for node in graph.nodes if node.op == "placeholder")
    return any(node.target is READ_NUMBER and node.args[0] is not rate for node in graph.nodes)


class Recorded:
    """A traced loop as a CUDA graph of `STEPS_A_GRAPH` steps; what is left over is launched step by step.

    A graph holds addresses and numbers, so it is recorded anew when a tensor has moved or the
    learning rate has changed; steps at rates that differ among them are launched one by one too.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._made_for: Any = None

    def __call__(
        self, state: list[Tensor], xs: Tensor, ys: Tensor, samples: Tensor, losses: Tensor, rates: list[float]
    ) -> None:
        """Take the steps on these samples, int64 of shape (steps, batch); their losses go to `losses`."""
        for start in range(0, len(samples), STEPS_A_GRAPH):
            part = slice(start, start + STEPS_A_GRAPH)
            chosen, out, at = samples[part], losses[part], rates[part]
            if len(chosen) < STEPS_A_GRAPH or len(set(at)) > 1:
                self._loop(state, xs, ys, chosen, out, at)
                continue
            made_for = (at[0], *(tensor.data_ptr() for tensor in (*state, xs, ys)))
            if made_for != self._made_for:
                self._record(state, xs, ys, chosen, out, at)
                self._made_for = made_for
            self._samples.copy_(chosen)
            self._graph.replay()
            out.copy_(self._losses)

    def _record(
        self, state: list[Tensor], xs: Tensor, ys: Tensor, samples: Tensor, losses: Tensor, rates: list[float]
    ) -> None:
        """Write down the launches; none of them happens yet."""
        self._samples, self._losses = samples.clone(), losses.clone()
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._loop(state, xs, ys, self._samples, self._losses, rates)
