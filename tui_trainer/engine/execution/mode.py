"""What every mode of execution is: something that takes steps, given tensors and a training step."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from tui_trainer.engine.sampler import Steps
from tui_trainer.engine.step import TrainingStep


class CannotRun(Exception):
    """A mode can't be had here, for a reason in one line."""


class Cancelled(Exception):
    """Nobody wants the mode any more that is being prepared."""


@dataclass(frozen=True)
class Work:
    """What a mode is made for: the step, the samples it is taken on, and how many of them it takes at a time.

    x: of shape (samples, features); y: (samples, targets), or (samples,) of classes, both on the
    device of the run; sizes: the batches of an epoch, int64 of shape (steps an epoch,), all of them
    equal but for the last; cancelled: asked while a mode is prepared; fetch: makes x and y of what a loader
    gave, where batches come from one; last: the last of them, alone.
    """

    step: TrainingStep
    x: Tensor
    y: Tensor
    sizes: Tensor
    cancelled: Callable[[], bool] = lambda: False
    fetch: Callable[[Any], tuple[Any, Any]] | None = None
    last: list[tuple[Any, Any]] = field(default_factory=list)

    def given(self, batch: Any) -> tuple[Any, Any]:
        """x and y of a step's batch, by its indices or as a loader gave it."""
        if self.fetch is None:
            return self.x[batch], self.y[batch]
        self.last[:] = [self.fetch(batch)]
        return self.last[0]

    @property
    def batch(self) -> int:
        """The samples of a usual step."""
        return int(self.sizes[0])


@contextmanager
def undone(step: TrainingStep) -> Iterator[None]:
    """Steps that are taken inside of this block are a trial: all is as before afterwards."""
    before = copy.deepcopy((step.model.state_dict(), step.optimizer.state_dict(), step.state))
    tally, training = step.tally, step.model.training
    counted = tally.tensors if tally else {}
    try:
        yield
    finally:
        step.model.train(training)
        step.model.load_state_dict(before[0])
        step.optimizer.load_state_dict(before[1])
        step.restore(before[2])
        if tally:
            tally.put(counted)


class Mode(Protocol):
    """Takes steps: changes the model's parameters and the optimizer's state in place.

    Every mode goes on from where another left, since nothing is kept anywhere else. note: what a
    person should know about how it was had, in a line, or nothing.
    """

    name: str
    note: str
    many_epochs: bool  # whether one call may hold several

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""
