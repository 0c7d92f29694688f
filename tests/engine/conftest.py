"""Small runs on the CPU, and the article's own loop to compare them with."""

import queue
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tui_trainer import engine
from tui_trainer.engine import pace
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, RunFinished
from tui_trainer.engine.intervals import USUAL, Intervals
from tui_trainer.engine.requests import ScaleRate, Set, Stop
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.turns import take_turns
from tui_trainer.experiment import Experiment
from tui_trainer.tasks import load_task

torch.set_num_threads(1)


def _change(control: RunControl, setting: str, change: Callable[[Any], Any]) -> None:
    """How test_faithful, which stays as it was, changes a setting: a function of the old value."""
    control.put(ScaleRate(change(1.0)) if setting == "lr" else Set("device", change("")))


RunControl.change = _change  # type: ignore[attr-defined]

# And how it sets, under names of modules that there were, how often losses are read and weights are kept.
pace.CALL_SECONDS = USUAL.call  # type: ignore[attr-defined]
vars(engine).update(rewind=SimpleNamespace(KEEP_SECONDS=USUAL.keep))

SMALL = {"samples": 40, "epochs": 3, "device": "cpu", "execution": "eager"}


@pytest.fixture
def trainer():
    """Make a trainer for a small run on the CPU."""

    def make(control=None, intervals=None, **settings) -> Trainer:
        experiment = Experiment(**(SMALL | settings))
        old = Intervals(call=vars(engine)["pace"].CALL_SECONDS, keep=vars(engine)["rewind"].KEEP_SECONDS)
        return Trainer("run", experiment, load_task(experiment), control, intervals or old)

    return make


@pytest.fixture
def fitted(trainer):
    """Train a small run to its end; returns its trainer, its epochs' losses and its last event."""

    def fit(**settings) -> tuple[Trainer, list[float], RunFinished]:
        t = trainer(**settings)
        events = list(t.fit())
        return t, [loss for e in events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()], events[-1]

    return fit


class Watcher:
    """Runs that train on a thread of their own, and their events so far."""

    def __init__(self, trainers: list[Trainer], control: RunControl) -> None:
        self.trainers, self.control, self.seen = trainers, control, []
        self._events: queue.Queue = queue.Queue()
        self._thread = threading.Thread(target=self._train, daemon=True)
        self._thread.start()

    def until(self, kind: type, times: int = 1):
        """Wait for this many more events of a kind; returns the last of them."""
        while times:
            event = self._events.get(timeout=120)
            self.seen.append(event)
            times -= isinstance(event, kind)
        return event

    def end(self) -> None:
        self.control.put(Stop())
        self._thread.join(timeout=120)
        assert not self._thread.is_alive()

    def _train(self) -> None:
        for event in take_turns(self.trainers):
            self._events.put(event)


@pytest.fixture
def watch():
    """Train on a thread of its own; it is stopped and joined when the test ends."""
    watchers = []

    def start(trainers: list[Trainer], control: RunControl) -> Watcher:
        watchers.append(Watcher(trainers, control))
        return watchers[-1]

    yield start
    for watcher in watchers:
        watcher.end()
