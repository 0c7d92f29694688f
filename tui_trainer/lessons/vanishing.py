"""Where an activation lets a gradient through, and where all but none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from tui_trainer.catalog import ACTIVATIONS

VANISHED = 0.005
AXIS = (-10.0, 10.0)
FINE = 20_001

Activation = Callable[[Tensor], Tensor]


def gradient(f: Activation, x: Tensor) -> tuple[Tensor, Tensor]:
    """f at each x and, by autograd, its gradient there."""
    x = x.clone().requires_grad_()
    y = f(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    return y.detach(), slope


def vanished_share(slope: Tensor) -> float:
    """The part of the places where the gradient has all but vanished."""
    return (slope.abs() < VANISHED).double().mean().item()


def dead_units(slope: Tensor) -> int:
    """How many units have a slope of exactly 0 on every sample: no gradient moves them.

    slope: of shape (..., samples, units).
    """
    return int((slope == 0).all(dim=-2).sum())


def saturated_units(slope: Tensor) -> int:
    """How many units have a slope of all but 0 on every sample, and not of exactly 0 on each: they are slow.

    slope: of shape (..., samples, units).
    """
    return int((slope.abs() < VANISHED).all(dim=-2).sum()) - dead_units(slope)


def activation(name: str) -> nn.Module:
    """The activation of this name, for float64."""
    made: nn.Module = ACTIVATIONS[name].make()
    return made.double()


@dataclass(frozen=True)
class Shape:
    """An activation on a fine grid over the axis: x, f(x) and f'(x), each of shape (FINE,)."""

    name: str
    x: Tensor
    y: Tensor
    slope: Tensor

    @classmethod
    def of(cls, name: str) -> Self:
        x = torch.linspace(*AXIS, FINE, dtype=torch.float64)
        return cls(name, x, *gradient(activation(name), x))

    @property
    def vanished(self) -> float:
        return vanished_share(self.slope)

    @property
    def bends(self) -> bool:
        return bool(self.slope.max() - self.slope.min() > VANISHED)
