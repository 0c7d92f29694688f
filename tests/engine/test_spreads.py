"""Histograms of weights, gradients and updates: right, and nothing is changed by looking."""

import copy

import pytest
import torch
from torch import nn

from tests.engine.test_modes import weights
from tui_trainer.charts.views import DEFAULT, load
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.spreads import spread_of
from tui_trainer.runs.record import Record

WHOLE = {"batch_size": 40, "shuffle": False, "optimizer": "adam", "lr": 0.01, "epochs": 8}  # a step an epoch, of all


@pytest.mark.parametrize("execution", ["eager", "traced"])
def test_what_is_told_of_the_next_step_is_what_it_then_does(execution, trainer):
    run = trainer(**WHOLE, execution=execution)
    events = run.fit()
    next(event for event in events if isinstance(event, EpochsFinished) and event.epoch == 4)
    before = copy.deepcopy((run.model.state_dict(), run.optimizer.state_dict()))
    drawn = torch.get_rng_state()
    found = spread_of(run.step, run.dataset, run.steps)
    assert torch.equal(drawn, torch.get_rng_state())
    torch.testing.assert_close((run.model.state_dict(), run.optimizer.state_dict()), before, rtol=0, atol=0)
    assert run.model.training
    gradients = torch.autograd.grad(
        nn.functional.mse_loss(run.model(run.dataset.x), run.dataset.y), run.model.parameters()
    )
    next(event for event in events if isinstance(event, EpochsFinished))
    assert [each.name for each in found.parameters] == list(before[0])
    assert (found.steps, found.samples, found.more) == (4, 40, 0)
    for each, gradient, now in zip(found.parameters, gradients, run.model.parameters(), strict=True):
        old = before[0][each.name]
        assert each.weights.counts.sum() == each.gradient.counts.sum() == now.numel()
        assert each.weights.most == float(old.abs().max())
        assert each.gradient.most == pytest.approx(float(gradient.abs().max()), rel=1e-5)
        assert each.update == pytest.approx(float((now.detach() - old).norm() / old.norm()), rel=1e-4)


def test_a_run_ends_the_same_and_its_view_has_a_row_for_each_parameter(trainer):
    looked, plain = trainer(**WHOLE), trainer(**WHOLE)
    record = Record.of(looked)
    for event in looked.fit():
        record.apply(event)
        record.take_snapshot(looked)
    list(plain.fit())
    assert torch.equal(weights(looked), weights(plain))
    view = load("spread")
    chart = view.chart([record])
    assert [row[0] for row in chart.cells] == list(plain.model.state_dict())
    assert all("█" in row[1] and "█" in row[3] and row[5] for row in chart.cells)
    assert view.notes([record], DEFAULT)[0] == "gradient of 40 samples"
