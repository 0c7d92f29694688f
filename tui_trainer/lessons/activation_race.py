"""The same net with each activation, all of them trained for the same time."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished, Event
from tui_trainer.engine.trainer import Trainer
from tui_trainer.lessons.vanishing import dead_units
from tui_trainer.runs.group import RunGroup

UNITS = 10

Cost = Callable[[EpochsFinished], float]


def seconds_of_training(event: EpochsFinished) -> float:
    return event.seconds


@dataclass
class Runner:
    """One net in the race: what it has spent and its loss, epoch by epoch; over: it has diverged, or failed."""

    name: str
    trainer: Trainer
    events: Iterator[Event]
    spent: list[float] = field(default_factory=lambda: [0.0])
    losses: list[float] = field(default_factory=list)
    over: bool = False

    @property
    def loss(self) -> float:
        """The last epoch's, in the square of y's unit; infinite without one."""
        return self.losses[-1] if self.losses and not self.over else math.inf

    @property
    def dead(self) -> int:
        """How many of its units are dead by now."""
        return dead_units(self.trainer.model, ACTIVATIONS[self.name].make(), self.trainer.dataset.x)

    def train_an_epoch(self, cost: Cost) -> None:
        for event in self.events:
            if isinstance(event, EpochsFinished):
                self.spent.append(cost(event))
                self.losses.append(event.loss)
                return
        self.over = True


def race(runners: Sequence[Runner], budget: float, cost: Cost = seconds_of_training) -> Iterator[None]:
    """Train until each has spent the budget; whoever has spent least is next."""
    while going := [r for r in runners if not r.over and r.spent[-1] < budget]:
        min(going, key=lambda runner: runner.spent[-1]).train_an_epoch(cost)
        yield


def at_the_start(lr: float) -> list[Runner]:
    """A net for each activation, all alike, on the article's data with all samples in each step."""
    net = {"hidden": UNITS, "optimizer": "adam", "lr": lr}
    experiments = Comparison.of(
        activation=tuple(ACTIVATIONS),
        scale="standard",
        batch_size=10**9,
        epochs=10**9,
        device="cpu",
        execution="eager",
        **net,
    ).runs
    # The first epochs of all take longer, which would be charged to whoever is first.
    for warming_up in (True, False):
        groups = {name: RunGroup.of(Comparison.covering([e])) for name, e in experiments.items()}
        runners = [Runner(name, group.trainers[0], group.events()) for name, group in groups.items()]
        for runner in runners if warming_up else ():
            runner.train_an_epoch(seconds_of_training)
    return runners


def ranked(runners: Sequence[Runner]) -> list[Runner]:
    """The lowest loss first."""
    return sorted(runners, key=lambda runner: runner.loss)
