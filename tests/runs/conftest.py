"""Runs that are kept, cut short, and taken up again: on the CPU, in the user's (test's) data folder."""

import time
from collections.abc import Callable

import pytest
import torch

from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import Event, RunFinished
from tui_trainer.engine.race import line_up, race
from tui_trainer.engine.requests import Stop
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.runs.keeping import Keeping
from tui_trainer.runs.revive import revive
from tui_trainer.runs.shelf import KeptRun, all_runs

torch.set_num_threads(1)

SMALL = {"samples": 12, "batch_size": 5, "epochs": 6, "device": "cpu", "execution": "eager", "scale": "standard"}


class Told:
    """A run that was trained for a while: its trainer, what it told, and what the keeper said."""

    def __init__(self, trainers: list[Trainer], keeping: Keeping | None, said: list[str]) -> None:
        self.trainers, self.keeping, self.said = trainers, keeping, said
        self.events: list[Event] = []

    @property
    def trainer(self) -> Trainer:
        return self.trainers[0]

    @property
    def finished(self) -> RunFinished:
        return next(event for event in reversed(self.events) if isinstance(event, RunFinished))

    def train(self, control: RunControl, at: Callable[[Event, Trainer, RunControl], object] | None) -> "Told":
        for event in race(self.trainers):
            trainer = next(t for t in self.trainers if t.name == event.run)
            self.events.append(event)
            if self.keeping:
                self.keeping.hear(event, trainer)
            if at:
                at(event, trainer, control)
        if self.keeping:
            self.keeping.close()
        return self


@pytest.fixture
def train():
    """Train small runs, kept; `at` is called with each event and may stop them. Several experiments are named."""

    def run(*experiments: Experiment, at=None, keep: bool = True, **settings) -> Told:
        control, said = RunControl(), []
        named = {e.activation: e for e in experiments} or {"tanh": Experiment(**(SMALL | settings))}
        trainers = line_up(named, control)
        keeping = Keeping.begin(trainers, control, said.append) if keep else None
        return Told(trainers, keeping, said).train(control, at)

    return run


@pytest.fixture
def resume():
    """Take up kept runs where they were left, and train them on."""

    def run(*runs: KeptRun, at=None, **changes) -> Told:
        control, said = RunControl(), []
        trainers, records, keeping = revive(runs or kept(), control, said.append, changes)
        told = Told(trainers, keeping, said)
        told.records = records
        return told.train(control, at)

    return run


def kept() -> list[KeptRun]:
    """All kept runs, each of which must be readable."""
    runs, troubles = all_runs()
    assert not troubles
    return runs


def stop_after(steps: int):
    """Stop a run once it has taken this many steps or more."""

    def at(event, trainer, control) -> None:
        if trainer.steps >= steps:
            control.put(Stop())

    return at


def wait_for(true) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
