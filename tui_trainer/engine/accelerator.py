"""What is different on a GPU: where the optimizer counts, and launching many steps at once.

A GPU is told of every operation one by one, which for a small net takes longer than the arithmetic.
A CUDA graph is told of many once, and then launches them all together.
https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx
from torch.optim import Optimizer

STEPS_A_GRAPH = 50

Loop = Callable[[list[Tensor], Tensor, Tensor, Tensor, Tensor, Tensor], None]


def move_optimizer(optimizer: Optimizer, device: torch.device) -> None:
    """Let the optimizer's state follow its parameters to a device they have moved to.

    On CUDA it also counts its steps there, so that nothing has to be read back in between.
    """
    for group in optimizer.param_groups:
        if "capturable" in group:
            group["capturable"] = device.type == "cuda"
    optimizer.load_state_dict(optimizer.state_dict())  # which moves the state along, but for the count
    for state in optimizer.state.values():
        if isinstance(state.get("step"), Tensor):
            state["step"] = state["step"].to(device if device.type == "cuda" else "cpu")


def reads_back(graph: fx.Graph) -> bool:
    """Whether a traced step needs a number from the device, other than the learning rate, which is given."""
    *_, rate = (node for node in graph.nodes if node.op == "placeholder")
    scalars = [node for node in graph.nodes if node.target is torch.ops.aten._local_scalar_dense.default]
    return any(node.args[0] is not rate for node in scalars)


class Recorded:
    """A traced loop as a CUDA graph of `STEPS_A_GRAPH` steps; what is left over is launched step by step.

    A graph holds addresses and numbers, so it is recorded anew when a tensor has moved or the
    learning rate has changed.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._made_for: Any = None

    def __call__(
        self, state: list[Tensor], xs: Tensor, ys: Tensor, samples: Tensor, losses: Tensor, rate: Tensor
    ) -> None:
        """Take the steps on these samples, int64 of shape (steps, batch); their losses go to `losses`."""
        parts = list(zip(torch.split(samples, STEPS_A_GRAPH), torch.split(losses, STEPS_A_GRAPH), strict=True))
        for chosen, told in parts:
            if len(chosen) < STEPS_A_GRAPH:
                self._loop(state, xs, ys, chosen, told, rate)
                continue
            made_for = (rate.item(), *(tensor.data_ptr() for tensor in (*state, xs, ys)))
            if made_for != self._made_for:
                self._record(state, xs, ys, chosen, told, rate)
                self._made_for = made_for
            self._samples.copy_(chosen)
            self._graph.replay()
            told.copy_(self._losses)

    def _record(
        self, state: list[Tensor], xs: Tensor, ys: Tensor, samples: Tensor, losses: Tensor, rate: Tensor
    ) -> None:
        """Write down the launches; none of them happens yet."""
        self._samples, self._losses = samples.clone(), losses.clone()
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._loop(state, xs, ys, self._samples, self._losses, rate)
