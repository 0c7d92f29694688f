"""A run that diverges ends where its loss did, with its last finite weights."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from tests.marks import rest_slow
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.intervals import Intervals
from tui_trainer.engine.requests import Set

SOON, LATER, NEVER = -1.0, 0.1, 1e9


def plain_script(lr, batch_size, epochs, lr_after=None):
    """The article's loop, looking after every step. Returns how many steps gave a finite loss, and the last
    finite weights."""
    x = np.linspace(0, 20, 40)
    y = x + 2 * np.sin(x) + np.random.default_rng(0).normal(size=40)
    x, y = (torch.tensor(v, dtype=torch.float32).unsqueeze(1) for v in (x, y))
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
    opt = torch.optim.SGD(net.parameters(), lr=lr)
    g = torch.Generator().manual_seed(0)
    steps, finite = 0, None
    for epoch in range(epochs):
        if lr_after and epoch == lr_after[0]:
            opt.param_groups[0]["lr"] = lr_after[1]
        for batch in torch.randperm(40, generator=g).split(batch_size):
            if all(p.isfinite().all() for p in net.parameters()):
                finite = copy.deepcopy(net.state_dict())
            opt.zero_grad()
            loss = nn.functional.mse_loss(net(x[batch]), y[batch])
            if not loss.isfinite():
                return steps, finite
            loss.backward()
            opt.step()
            steps += 1
    return steps, finite


@pytest.mark.parametrize("read", rest_slow([LATER, SOON, NEVER]))
@pytest.mark.parametrize("keep", rest_slow([LATER, SOON, NEVER]))
@pytest.mark.parametrize(("lr", "batch_size"), [(10, 1), (1.5, 40), (0.1, 7)])
def test_it_ends_at_the_step_and_with_the_weights_of_a_script_that_looks_each_time(lr, batch_size, read, keep, trainer):
    steps, weights = plain_script(lr, batch_size, epochs=200)
    t = trainer(intervals=Intervals(call=read, keep=keep), lr=lr, batch_size=batch_size, epochs=200)
    *_, finished = t.fit()
    assert finished.status == "diverged"
    assert finished.steps == steps > 0
    assert all(torch.equal(value, weights[name]) for name, value in t.model.state_dict().items())


def test_a_rate_made_too_large_on_the_way_is_found_where_it_struck(trainer):
    steps, weights = plain_script(0.001, 7, 20, lr_after=(3, 10))
    assert 18 < steps < 120
    control = RunControl()
    t = trainer(control, Intervals(keep=NEVER), lr=0.001, batch_size=7, epochs=20)
    for event in t.fit():
        if isinstance(event, EpochsFinished) and event.epoch == 3:
            control.put(Set("lr", 10))
    assert event.steps == steps
    assert all(torch.equal(value, weights[name]) for name, value in t.model.state_dict().items())


@pytest.mark.parametrize("batch_size", rest_slow([20, 40]))
@pytest.mark.parametrize("seconds", [SOON, NEVER])
def test_weights_lost_in_a_step_whose_loss_was_finite_are_given_back(seconds, batch_size, trainer):
    t = trainer(intervals=Intervals(call=seconds, keep=seconds), batch_size=batch_size, epochs=1)
    t.step.loss_fn = Steep()
    before = copy.deepcopy(t.model.state_dict())
    *_, finished = t.fit()
    assert finished.status == "diverged"
    assert all(torch.equal(value, before[name]) for name, value in t.model.state_dict().items())


def test_finite_weights_stay_even_where_what_they_give_is_not(trainer):
    t = trainer(lr=1e6, batch_size=40, epochs=1, optimizer="adam")
    t.step.loss_fn = Overflowing()
    before = copy.deepcopy(t.model.state_dict())
    *_, finished = t.fit()
    assert (finished.status, finished.loss, finished.steps) == ("diverged", None, 1)
    assert not torch.equal(t.model.state_dict()["0.weight"], before["0.weight"])


class Steep(nn.Module):
    """Finite, with a gradient that is not."""

    def forward(self, prediction, y):
        return (prediction * 0).sqrt().mean()


class Overflowing(nn.Module):
    """Finite for small predictions only."""

    def forward(self, prediction, y):
        return (prediction**6).mean()


def test_one_that_goes_on_from_weights_that_were_lost_already_has_taken_no_step_more(trainer):
    """As from a checkpoint that was taken before the loss was read."""
    t = trainer(epochs=10)
    t.resume_at(epoch=3, steps=120, seconds=1.0, execution="eager")
    with torch.no_grad():
        next(t.model.parameters()).fill_(torch.nan)
    *_, finished = t.fit()
    assert (finished.status, finished.steps) == ("diverged", 120)
