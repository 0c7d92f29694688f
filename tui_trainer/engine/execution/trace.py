"""A training step as a list of PyTorch's own operations.

It is taken once with tensors that hold no numbers, and every operation that it comes to is written
down: the forward pass, what autograd does for the backward pass, and the optimizer's update.
Nothing here knows a derivative or an optimizer's formula: PyTorch tells them.
https://docs.pytorch.org/docs/stable/fx.html
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.optim import Optimizer

from tui_trainer.engine.execution._torch import PROFILED, aten, make_graph, size_hint
from tui_trainer.engine.execution.mode import CannotRun
from tui_trainer.engine.step import TrainingStep

ADDS_NOTHING = (aten.detach.default, aten.alias.default)
TURNS = (aten.t.default, aten.permute.default)


def state_of(model: nn.Module, optimizer: Optimizer) -> list[Tensor]:
    """What a step reads and changes: the parameters, then what the optimizer keeps for each of them."""
    return [p.detach() for p in model.parameters()] + [v for kept in _kept(model, optimizer) for v in kept.values()]


def sizes(tensor: Tensor) -> list[int]:
    """A tensor's shape; of one in a trace, the shape that it was traced with."""
    return [size_hint(size) for size in tensor.shape]


def layout(batch: int, state: Iterable[Tensor], x: Tensor, y: Tensor) -> str:
    """What code that is given nothing but addresses takes on trust, in words.

    That is the samples of a usual step, the shape and number type of a sample's x and y, and those
    of every tensor of the state.
    """
    tensors = {"x": (x, sizes(x)[1:]), "y": (y, sizes(y)[1:])}
    tensors |= {f"tensor {i}": (tensor, sizes(tensor)) for i, tensor in enumerate(state, 1)}
    shapes = [f"{name}: {tensor.dtype} {shape}" for name, (tensor, shape) in tensors.items()]
    return "; ".join([f"batch {batch}", *shapes])


def _kept(model: nn.Module, optimizer: Optimizer) -> list[dict[str, Tensor]]:
    """The optimizer's tensors for each parameter, by name: a state that was read from a file has another order."""
    states = [optimizer.state.get(p, {}) for p in model.parameters()]
    return [{name: v for name, v in sorted(state.items()) if isinstance(v, Tensor)} for state in states]


def trace(
    step: TrainingStep, x: Tensor, y: Tensor, decompositions: Mapping[Any, Callable[..., Any]] | None = None
) -> fx.Graph:
    """Trace a step on a batch of the shape of x and y.

    The graph's inputs are the tensors of `state_of`, which it changes in place, then x, y and the
    learning rate (float64, of shape ()); its output is the loss, of shape (). The optimizer must
    have taken a step before: its first one makes the state. With decompositions, operations are
    written in terms of simpler ones. Raises CannotRun where model or loss keep more than the weights.
    """
    for part in (step.model, step.loss_fn):
        for name, _ in part.named_buffers() if isinstance(part, nn.Module) else ():
            raise CannotRun(f"{type(part).__name__} keeps {name} beside the weights, which only eager steps see to")
    names = [name for name, _ in step.model.named_parameters()]
    learned = [parameter.requires_grad for parameter in step.model.parameters()]  # others are frozen
    kept = [list(tensors) for tensors in _kept(step.model, step.optimizer)]
    group = the_group(step)

    def take(state: list[Tensor], x: Tensor, y: Tensor, rate: Tensor) -> Tensor:
        with torch.enable_grad():
            weights = [p.detach().requires_grad_(own) for p, own in zip(state, learned, strict=False)]
            rest = iter(state[len(names) :])
            twin = copy.copy(step.optimizer)
            # One parameter after the other: the same numbers, and operations of one tensor each.
            twin.param_groups = [{**group, "params": weights, "foreach": False}]
            twin.state = defaultdict(dict)
            for weight, keys in zip(weights, kept, strict=True):
                twin.state[weight] = {key: next(rest) for key in keys}
            called = _Called(replace(step, optimizer=twin))
            own = {f"model.{name}": weight for name, weight in zip(names, weights, strict=True)}
            loss: Tensor = torch.func.functional_call(called, own, (x, y, rate.item()))
            return loss

    rate = torch.tensor(group["lr"], dtype=torch.float64)
    return _without_ballast(make_graph(take, (state_of(step.model, step.optimizer), x, y, rate), decompositions or {}))


def the_group(step: TrainingStep) -> dict[str, Any]:
    """What the optimizer has for all weights alike. Raises CannotRun where it has more groups, or less weights."""
    groups = step.optimizer.param_groups
    if len(groups) != 1 or list(map(id, groups[0]["params"])) != list(map(id, step.model.parameters())):
        raise CannotRun("its optimizer does not treat all weights alike, which only eager steps see to")
    return groups[0]


class _Called(nn.Module):
    """A step as a module, whose weights PyTorch can put others in the place of."""

    def __init__(self, step: TrainingStep) -> None:
        super().__init__()
        self.step, self.model = step, step.model

    def forward(self, x: Tensor, y: Tensor, rate: float) -> Tensor:
        return self.step(x, y, rate)[1]


def _without_ballast(graph: fx.Graph) -> fx.Graph:
    """Drop what changes no number: notes for the profiler, detaching, turning twice."""
    for node in reversed(graph.nodes):
        if node.op == "call_function" and PROFILED in str(node.target):
            graph.erase_node(node)
    for node in graph.nodes:
        if node.target in ADDS_NOTHING:
            node.replace_all_uses_with(node.args[0])
        elif node.target in TURNS and node.args[0].target is node.target and len(sizes(node.meta["val"])) == 2:
            node.replace_all_uses_with(node.args[0].args[0])
    (loss,) = graph.output_node().all_input_nodes
    graph.output_node().args = (loss,)
    graph.eliminate_dead_code()
    return graph
