"""The processes that train together, as a run sees them: as a rule this one alone. See `ranks` for several."""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

from tui_trainer.engine.control import RunControl
from tui_trainer.engine.step import TrainingStep
from tui_trainer.engine.tally import Tally
from tui_trainer.experiment import Experiment
from tui_trainer.tasks.task import Task

Result = TypeVar("Result")


class World:
    """This process alone; local_size: how many share this machine; whole: whether each has all of the net."""

    rank, size, local_size = 0, 1, 1
    whole = True

    @property
    def leads(self) -> bool:
        """Whether this is the process that shows and writes."""
        return self.rank == 0

    @property
    def evaluates(self) -> bool:
        """Whether this process asks the net something: the first one does, and where that has but a part of it, all."""
        return self.leads or not self.whole

    def exchange(self, mine: bytes) -> list[bytes]:
        """Tell all processes this. Returns what each said, by its rank."""
        return [mine]

    def agree(self, value: float) -> float:
        """The first one's value of what each may see otherwise."""
        return value

    def mean(self, losses: Tensor) -> Tensor:
        """The means over the processes."""
        return losses

    def control(self) -> RunControl:
        """What takes requests here."""
        return RunControl()

    def shared(self, step: TrainingStep, split: bool, own: bool) -> TrainingStep:
        """The same step taken by all processes; split: on whole batches, of which each does its part; own: whether the
        net or the step is a person's own."""
        return step

    def divide(self, step: TrainingStep, device: torch.device) -> None:
        """Where the net isn't whole: leave this process its part of it, on the device, before the first step."""

    def gathered(self, wanted: bool, take: Callable[[], Result]) -> Result | None:
        """What is taken of a run, if this process wants it; where the net isn't whole, all have to be here for that."""
        return take() if wanted else None

    def loader(self, loader: Any, name: str) -> Any:
        """A person's own loader, or what gives of its batches those of this process. Raises InputError."""
        return loader

    def totals(self, counts: list[int]) -> list[int]:
        """The sums over the processes."""
        return counts

    def merge(self, tally: Tally) -> None:
        """Have what a step names be that of all processes."""

    def check(self, experiment: Experiment, task: Task) -> None:
        """Raise InputError for settings and data that such processes can't train with."""

    def first_error(self, error: str) -> str:
        """A run has failed here: what went wrong first, in whichever process that was."""
        return error

    def leave(self) -> None:
        """This process has done its part."""


ALONE = World()
