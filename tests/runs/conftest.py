"""Runs that are kept, cut short, and taken up again: on the CPU, in the user's (test's) data folder."""

from collections.abc import Callable

import pytest
import torch

from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import Event, RunFinished
from tui_trainer.engine.intervals import USUAL, Intervals
from tui_trainer.engine.requests import Set, Stop
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.experiment import Experiment
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.resume import resume as resume_runs
from tui_trainer.runs.stored_run import StoredRun

torch.set_num_threads(1)

SMALL = {"samples": 12, "batch_size": 5, "epochs": 6, "device": "cpu", "execution": "eager", "scale": "standard"}


class Trained:
    """Runs that were trained for a while: their group, what they told, and what was said of their files."""

    def __init__(self, group: RunGroup, said: list[str]) -> None:
        self.group, self.said = group, said
        self.events: list[Event] = []

    @property
    def trainer(self) -> Trainer:
        return self.group.trainers[0]

    @property
    def finished(self) -> RunFinished:
        return next(event for event in reversed(self.events) if isinstance(event, RunFinished))

    def train(self, at: Callable[[Event, Trainer, RunControl], object] | None = None) -> "Trained":
        for event in self.group.events():
            self.events.append(event)
            if at:
                at(event, self.group.runs[event.run][0], self.group.control)
        self.group.close()
        return self


def begun(named: dict[str, Experiment], keep: bool = True, intervals: Intervals = USUAL) -> Trained:
    """Runs of these names that are about to begin."""
    control, said = RunControl(), []
    trainers = prepare_trainers(named, control, intervals=intervals)
    told = Trained(RunGroup(Comparison.covering([*named.values()]), trainers, control, said.append), said)
    if keep:
        told.group.store()
    return told


# A run stops, and a change acts, after any step, also in the middle of an epoch.
ONE_STEP_A_CALL = Intervals(call=0.0, progress=-1.0)
CHECKPOINTS_ALWAYS = Intervals(checkpoint=0.0, checkpoint_share=1e9)


@pytest.fixture
def intervals() -> Intervals:
    """How often runs look up from their work: a test or a file of tests may give another one."""
    return USUAL


@pytest.fixture
def train(intervals):
    """Train small runs, kept; `at` is called with each event and may stop them. Several experiments are named."""

    def run(*experiments: Experiment, at=None, keep: bool = True, **settings) -> Trained:
        named = {e.activation: e for e in experiments} or {"tanh": Experiment(**(SMALL | settings))}
        return begun(named, keep, intervals).train(at)

    return run


@pytest.fixture
def resume(intervals):
    """Resume stored runs where they were left, and train them on."""

    def run(*runs: StoredRun, at=None, **changes) -> Trained:
        said = []
        made = [Set(name, value) for name, value in changes.items()]
        return Trained(resume_runs(runs or kept(), said.append, made, intervals), said).train(at)

    return run


def kept() -> list[StoredRun]:
    """All stored runs, each of which must be readable."""
    runs, troubles = all_runs()
    assert not troubles
    return runs


def stop_after(steps: int):
    """Stop a run once it has taken this many steps or more."""

    def at(event, trainer, control) -> None:
        if trainer.steps >= steps:
            control.put(Stop())

    return at
