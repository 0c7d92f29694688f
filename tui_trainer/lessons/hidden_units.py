"""A net of one hidden layer, taken apart into what each of its units adds to the prediction."""

import copy
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from tui_trainer.data.scaling import Scaling
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import hidden_widths
from tui_trainer.tasks.curve import Curve

MAX_UNITS = 64
MAX_POINTS = 10_000


class Units(NamedTuple):
    """y = c + Σ v · f(w·x + b): w, b and v of shape (units,), c of shape (), in the data's own units."""

    w: Tensor
    b: Tensor
    v: Tensor
    c: Tensor
    f: Callable[[Tensor], Tensor]


def take_apart(net: nn.Module, x: Scaling, y: Scaling) -> Units:
    """A net's units; the scaling of x and y goes into their numbers."""
    copied = copy.deepcopy(net).cpu().double().requires_grad_(False)
    into, *bend, out = copied.children()
    (w, b), (v, c) = into.parameters(), out.parameters()
    x_mean, x_deviation, y_mean, y_deviation = (float(value) for (value,) in (*x, *y))
    own_w = w.flatten() / x_deviation
    own_b = b - own_w * x_mean
    own_v = v.flatten() * y_deviation
    own_c = c.squeeze() * y_deviation + y_mean
    return Units(own_w, own_b, own_v, own_c, *(bend or [nn.Identity()]))


def unit_parts(net: Units, x: Tensor) -> Tensor:
    """What each unit adds to the prediction: (samples, units)."""
    return net.v * net.f(net.w * x.unsqueeze(1) + net.b)


def prediction(net: Units, x: Tensor, on: list[int]) -> Tensor:
    """The constant, and the parts of the units that are on."""
    return net.c + unit_parts(net, x)[:, on].sum(dim=1)


@dataclass(frozen=True)
class OpenedNet:
    """A net as it was after some steps, and the points (x, y) that it learned, each of shape (samples,).

    Of very many points some, evenly spread.
    """

    net: Units
    x: Tensor
    y: Tensor
    steps: int

    @classmethod
    def of(cls, trainer: Trainer) -> Self:
        """Look into a run, which may be training meanwhile."""
        task, steps = trainer.task, trainer.steps
        assert isinstance(task, Curve)
        some = slice(None, None, math.ceil(len(task.x) / MAX_POINTS))
        x, y = torch.from_numpy(task.x[some]), torch.from_numpy(task.y[some])
        return cls(take_apart(trainer.model, task.samples.x_scaling, task.scaling), x, y, steps)

    @property
    def units(self) -> int:
        return len(self.net.w)

    def on(self, off: Collection[int]) -> list[int]:
        """The places of the units that stay on. Units are counted from 1, places from 0."""
        return [place for place in range(self.units) if place + 1 not in off]

    def loss(self, off: Collection[int] = ()) -> float:
        """The mean squared error without these units."""
        return (prediction(self.net, self.x, self.on(off)) - self.y).square().mean().item()

    @cached_property
    def most_missed(self) -> int:
        """The unit whose absence hurts the fit most."""
        return max(range(1, self.units + 1), key=lambda unit: self.loss([unit]))


def can_be_opened(trainer: Trainer) -> bool:
    """Whether a run has trained a curve with a single hidden layer that bends, neither tiny nor huge."""
    widths = hidden_widths(trainer.experiment.hidden)
    bends = len(widths) == 1 and trainer.experiment.activation != "identity"
    if not (isinstance(trainer.task, Curve) and bends and 2 <= widths[0] <= MAX_UNITS and trainer.steps):
        return False
    return all(bool(parameter.isfinite().all()) for parameter in trainer.model.parameters())
