"""Networks, and the line that one without an activation is."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.engine.activations import Sin
from tui_trainer.engine.models import build_model
from tui_trainer.experiment import Experiment
from tui_trainer.tasks import load_task

ARTICLE = load_task(Experiment())


def test_the_articles_nets():
    assert _layers(Experiment(activation="identity")) == ["Linear", "Linear"]
    assert _layers(Experiment()) == ["Linear", "Tanh", "Linear"]
    assert _layers(Experiment(hidden="none")) == ["Linear"]
    assert _layers(Experiment(hidden="64x64", activation="sin")) == ["Linear", "Sin", "Linear", "Sin", "Linear"]


@pytest.mark.slow
def test_a_thousand_layers_are_built_and_evaluated(trainer):
    t = trainer(hidden="2*1000", epochs=1, batch_size=40, activation="identity")
    *_, finished = t.fit()
    assert finished.status == "completed"
    assert finished.snapshot.line is not None


def test_nets_built_in_several_threads_at_once_have_the_weights_of_their_seeds():
    experiments = [Experiment(hidden="8*60", seed=seed) for seed in range(4)] * 8
    alone = [_weights(build_model(experiment, ARTICLE)) for experiment in experiments]
    with ThreadPoolExecutor(8) as threads:
        together = [_weights(model) for model in threads.map(partial(build_model, task=ARTICLE), experiments)]
    assert all(map(torch.equal, alone, together))


def test_weights_are_torchs_own_right_after_the_seed():
    torch.manual_seed(5)
    plain = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
    torch.rand(3)
    model = build_model(Experiment(seed=5), ARTICLE)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), plain.parameters(), strict=True))


def test_sin_is_a_wave():
    assert torch.equal(Sin()(torch.tensor([0.5])), torch.sin(torch.tensor([0.5])))


@pytest.mark.parametrize("scale", ["none", "standard"])
@pytest.mark.parametrize("hidden", ["none", "10", "6x5x4", "10*19"])
def test_the_equivalent_line_is_what_the_net_predicts(hidden, scale, trainer):
    t = trainer(hidden=hidden, scale=scale, activation="identity", lr=1e-4, epochs=2)
    *_, finished = t.fit()
    x = np.linspace(-5, 25, 31)
    assert finished.snapshot.line is not None
    assert finished.snapshot.line(x) == pytest.approx(t.predict(x[:, np.newaxis])[:, 0], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "identity"])
def test_a_net_that_bends_has_no_line(activation, trainer):
    t = trainer(activation=activation)
    assert t.task.equivalent_line(t.model) is None


def test_lost_weights_make_no_line(trainer):
    t = trainer(activation="identity")
    t.model[0].weight.data.fill_(float("nan"))
    assert t.task.equivalent_line(t.model) is None


def _layers(experiment):
    return [type(layer).__name__ for layer in build_model(experiment, ARTICLE)]


def _weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
