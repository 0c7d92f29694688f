"""The past of a run, computed once more, is what it was the first time, to the bit."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from torch import nn

from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.engine import snapshots
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, Paused
from tui_trainer.engine.intervals import USUAL, Intervals
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

    def __init__(
        self,
        make=Trainer,
        remake=Replay,
        at=lambda event, control: None,
        limit=10**7,
        intervals=USUAL,
        **settings,
    ) -> None:
        experiment, control = Experiment(**(SETTINGS | settings)), RunControl()
        task = load_task(experiment)
        self.trainer = make("run", experiment, task, control, intervals, snapshots=Snapshots(limit))
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


FEW_EPOCHS_A_CALL = Intervals(call=0.001)  # so that many moments are known, though few epochs are trained


@pytest.mark.slow
@pytest.mark.parametrize(("execution", "epochs"), [("eager", 120), ("traced", 250), ("compiled", 3_000)])
@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_at_random_moments_it_has_the_weights_of_the_first_time(optimizer, execution, epochs):
    Trained(optimizer=optimizer, execution=execution, epochs=epochs, intervals=FEW_EPOCHS_A_CALL).check(100)


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


def with_dropout(kind):
    """Make a trainer of a net that drops units, as the engine takes any module."""

    def make(*arguments, **more):
        made = kind(*arguments, **more)
        made.model.insert(2, nn.Dropout(0.3))
        return made

    return make


@pytest.mark.parametrize("execution", ["eager", pytest.param("traced", marks=pytest.mark.slow)])
def test_what_a_net_draws_is_drawn_again_and_those_that_train_meanwhile_draw_theirs(execution):
    settings = {"execution": execution, "epochs": 25, "test_fraction": 0.2}
    run, alone = (Trained(with_dropout(Trainer), with_dropout(Replay), **settings) for _ in range(2))
    over = threading.Event()

    def look_back() -> None:
        while not over.is_set():
            run.past.reload()
            run.check(5)

    with ThreadPoolExecutor(1) as thread:
        looking = thread.submit(look_back)
        beside = Trained(with_dropout(Trainer), **settings)
        over.set()
        looking.result()
    assert all(torch.equal(alone.weights[25][name], value) for name, value in beside.weights[25].items())


def test_another_number_of_threads_is_for_the_past_alone():
    """Sums are split by it. What trains meanwhile, and whoever begins to, has its own."""
    run = Trained(epochs=3, limit=0)
    run.trainer.snapshots.stretches = (replace(run.trainer.snapshots.stretches[0], threads=2),)
    before = torch.get_num_threads()
    seen = []
    take = Replay.go_on
    assert before != 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Replay, "go_on", lambda *given: (seen.append(torch.get_num_threads()), take(*given)))
        assert run.past.at(2).exact
    with ThreadPoolExecutor(1) as new:
        assert (set(seen), torch.get_num_threads(), new.submit(torch.get_num_threads).result()) == ({2}, before, before)


def test_who_has_lost_interest_gets_nothing_and_the_next_one_gets_the_moment():
    run = Trained(epochs=20, limit=0)
    asked = iter([False, False, True])
    assert run.past.at(20, lambda: next(asked)) is None
    assert run.past.at(20).exact
    assert run.past.nearest(7).epoch == 0


@pytest.mark.slow
def test_a_million_epochs_stay_within_their_bound(monkeypatch):
    """As many as there may be: kept at every call, as if there were time for all of them."""
    monkeypatch.setattr(snapshots, "SHARE", 1e9)
    run = Trained(samples=10, batch_size=10, epochs=1_000_000, execution="compiled", limit=1_000_000)
    kept = run.trainer.snapshots
    assert kept.size <= 1_000_000
    assert len(kept.states) > 50
    gaps = np.diff([0, *(state.facts.epoch for state in kept.states), 1_000_000])
    assert gaps.max() < 20 * np.median(gaps)
    run.check(10)
