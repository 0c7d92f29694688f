"""CUDA graphs: launching many steps at once.

A GPU gets every operation one by one, which for a small net takes longer than the arithmetic.
A CUDA graph records many once, and then launches them all together.
https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx

from tui_trainer.engine.execution._torch import READ_NUMBER

LENGTHS = (64, 16, 4, 1)  # steps that a graph may have: an epoch of six is one of four and twice one of one

_recording = threading.Lock()

Loop = Callable[[list[Tensor], Tensor, Tensor, Tensor, Tensor, list[float]], None]


def reads_back(graph: fx.Graph) -> bool:
    """Whether a traced step needs a number from the device, other than the learning rate, which is given."""
    *_, rate = (node for node in graph.nodes if node.op == "placeholder")
    return any(node.target is READ_NUMBER and node.args[0] is not rate for node in graph.nodes)


@contextmanager
def alone_without_collector() -> Iterator[None]:
    """For one thread at a time, and while Python's garbage collector waits: it may come from any thread.

    PyTorch records in one thread at a time, and a graph that is destroyed meanwhile spoils the recording. Those of an
    earlier run are, at whatever moment the collector comes to its trainer. https://github.com/pytorch/pytorch/pull/161037
    """
    with _recording:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if was_enabled:
                gc.enable()


class Recorded:
    """A traced loop as CUDA graphs, each of so many steps as `LENGTHS` has, recorded when it is first wanted.

    A graph holds addresses and numbers, so all are recorded anew when a tensor has moved or the learning rate has
    changed; steps at rates that differ among them are launched one by one.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._launched_in: set[int] = set()  # the threads
        self._made_for: Any = None
        self._graphs: dict[int, Graph] = {}

    def __call__(
        self, state: list[Tensor], xs: Tensor, ys: Tensor, samples: Tensor, losses: Tensor, rates: list[float]
    ) -> None:
        """Take the steps on these samples, int64 of shape (steps, batch); their losses go to `losses`.

        The first step in a thread is launched by itself: what is made at first use, such as cuBLAS's handle of a
        thread, can't be made while it records. https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
        """
        thread, done = threading.get_ident(), 0
        while left := len(samples) - done:
            first = thread not in self._launched_in
            length = 1 if first else next(length for length in LENGTHS if length <= left)
            part = slice(done, done + length)
            chosen, out, at = samples[part], losses[part], rates[part]
            done += length
            if first or len(set(at)) > 1:
                self._loop(state, xs, ys, chosen, out, at)
                self._launched_in.add(thread)
                continue
            made_for = (at[0], *(tensor.data_ptr() for tensor in (*state, xs, ys)))
            if made_for != self._made_for:
                self._made_for, self._graphs = made_for, {}
            if length not in self._graphs:
                self._graphs[length] = self._record(state, xs, ys, chosen, out, at)
            graph = self._graphs[length]
            graph.samples.copy_(chosen)
            graph.launches.replay()
            out.copy_(graph.losses)

    def _record(
        self, state: list[Tensor], xs: Tensor, ys: Tensor, samples: Tensor, losses: Tensor, rates: list[float]
    ) -> "Graph":
        """Write down the launches; none of them happens yet.

        Meanwhile a run's past may be computed in another thread, which is no error by `thread_local`.
        """
        graph = Graph(torch.cuda.CUDAGraph(), samples.clone(), losses.clone())
        with alone_without_collector(), torch.cuda.graph(graph.launches, capture_error_mode="thread_local"):
            self._loop(state, xs, ys, graph.samples, graph.losses, rates)
        return graph


class Graph(NamedTuple):
    """Steps that are launched together: where they take their samples from, and where their losses go."""

    launches: torch.cuda.CUDAGraph
    samples: Tensor
    losses: Tensor
