"""The same nets with each activation, all of them trained for the same number of steps, from several seeds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.engine.devices import choose_threads
from tui_trainer.engine.models import build_model
from tui_trainer.experiment import Experiment
from tui_trainer.lessons.depths import article_points
from tui_trainer.lessons.vanishing import dead_units, gradient, saturated_units, vanished_share
from tui_trainer.tasks.curve import Curve

Array = NDArray[np.float64]

UNITS, SEEDS = 10, 5


class Nets(nn.Module):
    """For each seed a net of one hidden layer, started as PyTorch does; all are worked out at once.

    w and b are of shape (seeds, 1, units), v of (seeds, units, 1), c of (seeds, 1, 1): no two nets share a weight.
    """

    f: nn.Module
    w: nn.Parameter
    b: nn.Parameter
    v: nn.Parameter
    c: nn.Parameter

    def __init__(self, activation: str, data: Curve) -> None:
        super().__init__()
        experiments = [Experiment(hidden=str(UNITS), activation=activation, seed=seed) for seed in range(SEEDS)]
        nets = [build_model(experiment, data) for experiment in experiments]
        layers = [[layer for layer in net if isinstance(layer, nn.Linear)] for net in nets]
        self.f = ACTIVATIONS[activation].make()
        self.w, self.v = (nn.Parameter(torch.stack([net[i].weight.detach().T for net in layers])) for i in (0, 1))
        self.b, self.c = (nn.Parameter(torch.stack([net[i].bias.detach()[None] for net in layers])) for i in (0, 1))

    def inputs(self, x: Tensor) -> Tensor:
        """What each hidden unit's activation gets from each x: of shape (seeds, samples, units)."""
        return x @ self.w + self.b

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.f(self.inputs(x)) @ self.v + self.c
        return outputs


def train_step(nets: Nets, optimizer: Optimizer, x: Tensor, y: Tensor) -> Tensor:
    """A step on all samples: each net's loss, and its weights moved by its own gradient."""
    optimizer.zero_grad()
    losses: Tensor = ((nets(x) - y) ** 2).mean(dim=(1, 2))
    losses.sum().backward()
    optimizer.step()
    return losses.detach()


@dataclass
class Runner:
    """An activation in the race: its nets, and their losses step by step, each of shape (seeds,)."""

    name: str
    data: Curve
    lr: float
    losses: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        samples = self.data.samples
        self.x = torch.tensor(samples.x_scaling.apply(samples.x), dtype=torch.float32)
        self._y = torch.tensor(samples.scaled_y(samples.y), dtype=torch.float32)
        self.nets = Nets(self.name, self.data)
        self._optimizer = Adam(self.nets.parameters(), lr=self.lr)

    def step(self) -> None:
        """Train each net by a step, and note the losses in the square of y's unit, infinite where they are lost."""
        losses = train_step(self.nets, self._optimizer, self.x, self._y).double().numpy()
        self.losses.append(np.nan_to_num(losses * self.data.y.std() ** 2, nan=np.inf))

    @property
    def loss(self) -> float:
        """The median net's."""
        return float(np.median(self.losses[-1])) if self.losses else np.inf

    @property
    def spread(self) -> tuple[float, float]:
        """The best net's loss and the worst one's."""
        return (float(self.losses[-1].min()), float(self.losses[-1].max())) if self.losses else (np.inf, np.inf)

    @property
    def inputs(self) -> Tensor:
        """Where the hidden units' inputs lie by now: of shape (seeds, samples, units)."""
        return self.nets.inputs(self.x).detach()

    @property
    def slope(self) -> Tensor:
        """The activation's slope there."""
        return gradient(self.nets.f, self.inputs)[1]

    @property
    def dead(self) -> int:
        return dead_units(self.slope)

    @property
    def saturated(self) -> int:
        return saturated_units(self.slope)

    @property
    def vanished(self) -> float:
        """The part of the units' inputs where the slope is all but 0."""
        return vanished_share(self.slope)


def at_the_start(lr: float) -> list[Runner]:
    """Untrained nets for each activation, the same for all, on the article's data."""
    choose_threads(0)  # such nets are small
    data = article_points()
    return [Runner(name, data, lr) for name in ACTIVATIONS]


def race(runners: Sequence[Runner], steps: int) -> Iterator[int]:
    """Train all by as many steps, one after another; yield how many each has taken."""
    for step in range(1, steps + 1):
        for runner in runners:
            runner.step()
        yield step


def ranked(runners: Sequence[Runner]) -> list[Runner]:
    """The lowest median loss first."""
    return sorted(runners, key=lambda runner: runner.loss)
