"""The past of a run, computed once more, is what it was the first time, to the bit."""

import random

import pytest
import torch

from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, Paused
from tui_trainer.engine.past import Past
from tui_trainer.engine.replay import Replay
from tui_trainer.engine.requests import Resume, ScaleRate, Step
from tui_trainer.engine.snapshots import Snapshots
from tui_trainer.engine.state import weights
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.turns import take_turns
from tui_trainer.experiment import Experiment
from tui_trainer.tasks import load_task

SETTINGS = {"samples": 40, "batch_size": 7, "scale": "standard", "lr": 0.01, "device": "cpu"}


class Trained:
    """A run that was trained, its weights at the ends of calls, by epoch, and its past."""

    def __init__(self, make=Trainer, remake=Replay, at=lambda event, control: None, limit=10**7, **settings) -> None:
        experiment, control = Experiment(**(SETTINGS | settings)), RunControl()
        task = load_task(experiment)
        self.trainer = make("run", experiment, task, control, snapshots=Snapshots(limit))
        self.weights = {}
        for event in take_turns([self.trainer]):
            if isinstance(event, EpochsFinished):
                self.weights[event.epoch] = {k: v.clone() for k, v in self.trainer.model.state_dict().items()}
            at(event, control)
        self.past = Past(lambda: self.trainer.snapshots, lambda: remake("run", experiment, task))

    def check(self, moments: int) -> None:
        """Compare so many moments, or all that are known, in an order of no order."""
        known = sorted(self.weights)
        for epoch in random.Random(0).sample(known, min(moments, len(known))):
            moment = self.past.at(epoch)
            assert moment.exact
            assert (moment.epoch, moment.steps) == (epoch, epoch * self.trainer.sampler.per_epoch)
            was, now = self.weights[epoch], weights(moment.state)
            assert all(torch.equal(was[name], now[name]) for name in was), epoch


@pytest.mark.slow
@pytest.mark.parametrize("execution", ["eager", "traced", "compiled"])
@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_at_random_moments_it_has_the_weights_of_the_first_time(optimizer, execution):
    Trained(optimizer=optimizer, execution=execution, epochs=300 if execution == "eager" else 6_000).check(100)


def test_live_changes_and_single_steps_are_taken_again_as_they_were():
    asked: dict[int, list] = {3: [ScaleRate(0.5)], 5: [Step(), Step()], 8: [ScaleRate(4.0)]}

    def at(event, control) -> None:
        if isinstance(event, EpochsFinished):
            for request in asked.pop(event.epoch, ()):
                control.put(request)
        if isinstance(event, Paused):
            control.put(Resume())

    run = Trained(at=at, epochs=12, execution="traced", test_fraction=0.2)  # whose epochs come one by one
    assert not asked
    assert len(run.trainer.snapshots.stretches) > 4
    run.check(100)
