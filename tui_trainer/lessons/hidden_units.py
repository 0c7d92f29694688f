"""A net of one hidden layer, taken apart into what each of its units adds to the prediction."""

import copy
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from tui_trainer.data.scaling import Scaling
from tui_trainer.engine.trainer import Trainer
from tui_trainer.setting_texts import hidden_widths
from tui_trainer.tasks.curve import Curve

MAX_UNITS = 64
MAX_POINTS = 10_000
# Of how many places it is asked which unit makes the bend there.
ASKED = 3
APART = 1 / 20  # of the points' range, at least, from one place to the next
TRIES = 1_000
# How many times as much as all others together a unit bends there; the least bend, as a share of the points' height.
CLEARLY, VISIBLE = 1.5, 0.01
# How far from 0 it is looked where an activation bends, and what is no bend but rounding.
Z_REACH, ROUNDING = 4, 1e-12


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


def prediction(net: Units, x: Tensor) -> Tensor:
    """The constant, and what all units add to it: (samples,)."""
    return net.c + unit_parts(net, x).sum(dim=1)


def flattened(net: Units, off: list[int], x: Tensor) -> Units:
    """The net with these units flat: of each its mean over x is left, which bends nothing."""
    v = net.v.clone()
    v[off] = 0
    return net._replace(v=v, c=net.c + unit_parts(net, x)[:, off].mean(dim=0).sum())


def refitted(net: Units, on: list[int], x: Tensor, y: Tensor) -> Units:
    """The net of these units alone, with v and c that fit the points best: least squares."""
    curves = net.f(net.w * x.unsqueeze(1) + net.b)[:, on]
    columns = torch.cat([curves, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    # Units may be flat or alike, where the default driver can be wrong: https://github.com/pytorch/pytorch/issues/187411
    best = torch.linalg.lstsq(columns, y.unsqueeze(1), driver="gelsd").solution.flatten()
    return Units(net.w[on], net.b[on], best[:-1], best[-1], net.f)


def bends(net: Units, x: Tensor, near: float) -> Tensor:
    """How much each unit bends, at a kink too: (samples, units).

    It is how far its part at x lies off a straight line from x - near to x + near.
    """
    return (unit_parts(net, x - near) + unit_parts(net, x + near)) / 2 - unit_parts(net, x)


def bends_most_at(f: Callable[[Tensor], Tensor]) -> str:
    """At which z around 0 an activation f(z) bends most, such as 0 or ±0.66; empty for one that does not bend."""
    one = torch.ones(1, dtype=torch.float64)
    z = torch.linspace(-Z_REACH, Z_REACH, 8001, dtype=torch.float64)
    bend = bends(Units(one, 0 * one, one, 0 * one[0], f), z, 0.001).flatten().abs()
    if bend.max() < ROUNDING:
        return ""
    left, right = torch.where(z <= 0, bend, 0), torch.where(z >= 0, bend, 0)
    most = f"{abs(round(z[bend.argmax()].item(), 2)):g}"
    if most == "0":
        return most
    if math.isclose(left.max(), right.max(), rel_tol=1e-3):
        return f"±{most}"
    return most if right.max() > left.max() else f"−{most}"


@dataclass(frozen=True)
class OpenedNet:
    """A net as it was after some steps, and the points (x, y) that it learned, each of shape (samples,).

    Of very many points some, evenly spread.
    """

    net: Units
    activation: str
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
        net = take_apart(trainer.model, task.samples.x_scaling, task.scaling)
        return cls(net, trainer.experiment.activation, x, y, steps)

    @property
    def units(self) -> int:
        return len(self.net.w)

    def on(self, off: Collection[int]) -> list[int]:
        """The places of the units that stay on. Units are counted from 1, places from 0."""
        return [place for place in range(self.units) if place + 1 not in off]

    def without(self, off: Collection[int]) -> Units:
        """The net with these units off: each is flat, at its mean over the points."""
        return flattened(self.net, [unit - 1 for unit in off], self.x)

    def loss(self, off: Collection[int] = ()) -> float:
        """The mean squared error with these units off."""
        return self._loss_of(self.without(off))

    def refitted_loss(self, off: Collection[int]) -> float:
        """The mean squared error without these units, when v and c of the others are fitted anew."""
        return self._loss_of(refitted(self.net, self.on(off), self.x, self.y))

    def _loss_of(self, net: Units) -> float:
        return (prediction(net, self.x) - self.y).square().mean().item()

    @cached_property
    def clear_bends(self) -> dict[int, list[float]]:
        """For each unit, where a bend of the prediction is clearly its own.

        There it bends more than all others together, seen from close by and from afar, and enough to be seen.
        """
        low, span = self.x.min().item(), (self.x.max() - self.x.min()).item()
        if not span:
            return {}
        close, afar = span / 100, span / 20
        digits = -math.floor(math.log10(close))
        some = torch.linspace(low + afar, low + span - afar, 181, dtype=torch.float64)
        x = torch.tensor(sorted({round(place, digits) for place in some.tolist()}), dtype=torch.float64)
        near, far = bends(self.net, x, close).abs(), bends(self.net, x, afar).abs()
        most = near.argmax(dim=1)
        clear = far.max(dim=1).values > VISIBLE * (self.y.max() - self.y.min())
        for bend in (near, far):
            its = bend[torch.arange(len(x)), most]
            clear &= its > CLEARLY * (bend.sum(dim=1) - its)
        makers: dict[int, list[float]] = {}
        for place, unit in zip(x[clear].tolist(), most[clear].tolist(), strict=True):
            makers.setdefault(unit + 1, []).append(place)
        return makers

    def ask(self, draw: int) -> dict[float, int]:
        """Some places from the left, apart from each other, and which unit makes the prediction's bend there.

        A unit may be asked for more than once. None where too few units have a bend of their own.
        """
        random = Random(draw)  # noqa: S311
        units, apart = sorted(self.clear_bends), (self.x.max() - self.x.min()).item() * APART
        for _ in range(TRIES if len(units) >= ASKED else 0):
            asked = {random.choice(self.clear_bends[unit]): unit for unit in random.choices(units, k=ASKED)}
            if len(asked) == ASKED and all(b - a >= apart for a, b in pairwise(sorted(asked))):
                return dict(sorted(asked.items()))
        return {}

    def renumbered(self, draw: int) -> Self:
        """The same net, its units under other numbers: nothing of the net depends on them."""
        order = torch.randperm(self.units, generator=torch.Generator().manual_seed(draw))
        w, b, v, c, f = self.net
        return replace(self, net=Units(w[order], b[order], v[order], c, f))


def can_be_opened(trainer: Trainer) -> bool:
    """Whether a run has trained a curve with a single hidden layer that bends, neither tiny nor huge."""
    widths = hidden_widths(trainer.experiment.hidden)
    bends = len(widths) == 1 and trainer.experiment.activation != "identity"
    if not (isinstance(trainer.task, Curve) and bends and 2 <= widths[0] <= MAX_UNITS and trainer.steps):
        return False
    return all(bool(parameter.isfinite().all()) for parameter in trainer.model.parameters())
