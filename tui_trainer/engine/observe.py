"""A single step looked at closely: what it did to each parameter."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from tui_trainer.engine.events import ParameterChange


class Observation:
    """Made before a step, it remembers the parameters; asked after it, it tells what changed."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._before = [p.detach().clone() for p in model.parameters()]

    def changes(self) -> Iterable[ParameterChange]:
        """Each parameter's gradient norm, and the norm of how far the step moved it."""
        for (name, now), before in zip(self._model.named_parameters(), self._before, strict=True):
            gradient = now.grad if now.grad is not None else torch.zeros_like(now)
            yield ParameterChange(name, tuple(now.shape), _norm(gradient), _norm(now.detach() - before))


def _norm(tensor: Tensor) -> float:
    return float(torch.linalg.vector_norm(tensor.cpu().double()))
