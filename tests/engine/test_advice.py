"""What is advised where training got nowhere: it must be true of whoever follows it."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.marks import rest_slow
from tui_trainer.engine.advice import saturated_units

YEARS = str(Path(__file__).parents[1] / "data/fixtures/years.csv")


@pytest.fixture
def mileage(tmp_path):
    """Weights in the thousands against miles per gallon: unscaled, nearly every learning rate diverges."""
    weight = np.linspace(1600, 5200, 80)
    mpg = 48 - 0.0078 * weight + np.random.default_rng(0).normal(size=80) * 2
    path = tmp_path / "mileage.csv"
    path.write_text("weight,mpg\n" + "".join(f"{w},{m}\n" for w, m in zip(weight, mpg, strict=True)))
    return str(path)


def test_12_24_a_net_that_learned_nothing_is_told_so_and_what_is_advised_helps(fitted):
    trainer, _, finished = fitted(data=YEARS, activation="tanh", epochs=5)
    assert finished.status == "completed"
    assert finished.loss > 0.99 * trainer.task.y.var()
    assert finished.advice == ("no better than predicting the mean (10 of 10 units saturated): try scale standard")
    trainer, _, finished = fitted(data=YEARS, activation="tanh", epochs=5, scale="standard")
    assert finished.loss < 0.99 * trainer.task.y.var()
    assert finished.advice == ""


def test_12_24_a_larger_rate_is_advised_where_steps_are_too_small(fitted):
    _, _, finished = fitted(lr=1e-7, scale="standard")
    rate = float(re.fullmatch(r"no better than predicting the mean: try a learning rate of (\S+)", finished.advice)[1])
    trainer, _, bolder = fitted(lr=rate, scale="standard")
    assert bolder.loss < 0.99 * trainer.task.y.var() < finished.loss


@pytest.mark.parametrize("settings", rest_slow([{"lr": 30.0, "scale": "standard"}, {"lr": 1e-4}, {"lr": 1e-6}]))
def test_12_24_the_rate_advised_after_a_divergence_does_not_diverge(settings, fitted, mileage):
    _, _, finished = fitted(data=mileage, activation="identity", **settings)
    assert finished.status == "diverged"
    assert ("scale standard" in finished.advice) == ("scale" not in settings)
    rate = float(re.search(r"a learning rate of (\S+)", finished.advice)[1])
    assert rate < settings["lr"]
    _, _, calmer = fitted(data=mileage, activation="identity", **(settings | {"lr": rate}))
    assert calmer.status == "completed"


@pytest.mark.slow
def test_12_24_nothing_is_advised_where_all_was_learned_that_can_be(fitted):
    bends = fitted(activation="tanh", optimizer="adam", lr=0.02, scale="standard", epochs=60)[2]
    line_without_a_slope = fitted(data="abs", noise=0, activation="identity", optimizer="adam", lr=0.02, epochs=60)[2]
    untrained = fitted(epochs=0)[2]
    assert [bends.advice, line_without_a_slope.advice, untrained.advice] == ["", "", ""]


def test_12_24_trying_out_draws_no_random_number_of_anyone_else(fitted):
    torch.manual_seed(5)
    expected = torch.rand(1)
    trainer, _, finished = fitted(data=YEARS, activation="tanh", epochs=5)
    assert finished.advice
    torch.manual_seed(5)
    list(trainer.fit())  # it has ended: what is left to do is to say so, and why
    assert torch.equal(torch.rand(1), expected)


def test_12_24_saturated_units_are_those_that_let_no_gradient_through():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
    with torch.no_grad():
        net[0].bias.copy_(torch.tensor([9.0, -9.0, 9.0]))  # the second is below 0 for every x: dead
        net[2].weight.zero_()
        net[2].bias.copy_(torch.tensor([0.0, 8.0]))  # tanh' at 8 is 5e-7
    assert saturated_units(net, torch.rand(7, 2)) == (2, 5)
