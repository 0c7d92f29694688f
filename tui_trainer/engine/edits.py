"""Weights that a person edits by hand: put into the net between two steps, and once more where these are replayed."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tui_trainer.engine.requests import Edit
from tui_trainer.engine.step import TrainingStep
from tui_trainer.sentence import InputError
from tui_trainer.weight import Weight

# What optimizers keep of a weight that would go on moving it, whatever its gradient: an edited one stands still.
MOVING = ("momentum_buffer", "exp_avg")


def check(model: nn.Module, edit: Edit) -> None:
    """Raises InputError where the net has no such weights. From any thread."""
    sizes = {name: value.numel() for name, value in model.named_parameters()}
    for name, place, _ in edit.weights:
        if not place < sizes.get(name, 0):
            raise InputError(f"weights: {edit.run} has no number {place:,} in {name!r}; there are {', '.join(sizes)}")


def values(model: nn.Module, weights: Sequence[Weight]) -> tuple[Weight, ...]:
    """The same weights with the values that they have in the net by now."""
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        return tuple((name, place, float(_flat(parameters[name])[place])) for name, place, _ in weights)


def put(step: TrainingStep, weights: Sequence[Weight], add: bool = False) -> None:
    """Give a net's weights these values. Done twice, it is as done once, unless they are added."""
    parameters = dict(step.model.named_parameters())
    with torch.no_grad():
        for name, place, value in weights:
            parameter = parameters[name]
            flat = _flat(parameter)
            flat[place] = value + float(flat[place]) if add else value
            for kept, moving in step.optimizer.state.get(parameter, {}).items():
                if kept in MOVING and isinstance(moving, Tensor):
                    _flat(moving)[place] = 0.0


def _flat(value: Tensor) -> Tensor:
    """Its numbers in a row, in the same memory."""
    return value.detach().view(-1)
