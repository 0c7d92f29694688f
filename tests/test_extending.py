"""What CONTRIBUTING says it takes to add something: a thing of one's own, and a line in the catalog. A view: tui."""

import json

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.runs.conftest import begun, kept
from tui_trainer.catalog import ACTIVATIONS, DATASETS, LOSSES, METRICS, SCHEDULES
from tui_trainer.choices import Choice, DataSet, Loss, Metric
from tui_trainer.cli import main
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.experiment import Experiment
from tui_trainer.export.exports import content
from tui_trainer.settings import SETTINGS


class Square(nn.Module):
    """An activation: x²."""

    def forward(self, x: Tensor) -> Tensor:
        return x * x


class Quartic(nn.Module):
    """A loss: the mean of the errors' fourth powers."""

    def forward(self, prediction: Tensor, y: Tensor) -> Tensor:
        return ((prediction - y) ** 4).mean()


def zigzag(x):
    """A data set: up and down by one."""
    return np.abs(x % 2 - 1)


def worst(predicted, y):
    """A metric: how far the worst prediction is off."""
    return np.abs(predicted - y).max()


def halving(steps, total):
    """A schedule: half the rate in the second half."""
    return np.where(steps < total // 2, 1.0, 0.5)


SMALL = {"samples": 20, "epochs": 4, "batch_size": 5, "device": "cpu", "execution": "eager", "activation": "tanh"}
FLAGS = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]


def losses(told) -> list[float]:
    return [loss for e in told.events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()]


def printed(script: bytes, capsys) -> list[float]:
    exec(compile(script, "run.py", "exec"), {"__name__": "__main__"})
    return [float(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("catalog", "name", "entry", "setting"),
    [
        (ACTIVATIONS, "square", Choice(f"{__name__}:Square", "x²"), "activation"),
        (LOSSES, "quartic", Loss(f"{__name__}:Quartic", "fourth powers", degree=4), "loss"),
        (DATASETS, "zigzag", DataSet(f"{__name__}:zigzag", "up and down", {"x": (0, 6)}), "data"),
    ],
    ids=["activation", "loss", "data set"],
)
@pytest.mark.parametrize("scale", ["none", "standard"])
def test_13_3_a_thing_of_ones_own_is_a_setting_that_trains_and_is_exported(
    monkeypatch, capsys, catalog, name, entry, setting, scale
):
    monkeypatch.setitem(catalog, name, entry)
    assert SETTINGS[setting].parse(name) == name
    told = begun({"own": Experiment(**SMALL | {setting: name, "lr": 1e-5, "scale": scale})}).train()
    assert told.finished.status == "completed"
    assert printed(content(kept()[0], ".py"), capsys) == losses(told)


@pytest.mark.parametrize("execution", ["traced", "compiled"])
@pytest.mark.slow
def test_13_3_in_native_code_as_well(monkeypatch, execution):
    monkeypatch.setitem(ACTIVATIONS, "square", Choice(f"{__name__}:Square", "x²"))
    monkeypatch.setitem(LOSSES, "quartic", Loss(f"{__name__}:Quartic", "fourth powers", degree=4))
    settings = SMALL | {"activation": "square", "loss": "quartic", "lr": 1e-7, "scale": "standard"}
    eager, told = (begun({"own": Experiment(**settings | {"execution": how})}).train() for how in ("eager", execution))
    assert told.trainer.execution == execution
    assert losses(told) == pytest.approx(losses(eager), rel=1e-4)


def test_13_3_a_metric_is_measured_kept_and_told(monkeypatch, capsys):
    monkeypatch.setitem(METRICS, "worst", Metric(f"{__name__}:worst", "how far the worst is off"))
    assert main(["train", "--json", *FLAGS, "--test-fraction=0.25"]) == 0
    finished = [json.loads(line) for line in capsys.readouterr().out.splitlines()][-1]
    (run,) = kept()
    assert finished["metrics"] == run.info.metrics
    assert finished["test_metrics"].keys() == {"mae", "rmse", "r2", "worst"}
    told = begun({"again": run.experiment}).train()
    samples = told.trainer.samples
    assert finished["metrics"]["worst"] == np.abs(told.trainer.predict(samples.x) - samples.y).max()
    assert main(["train", *FLAGS]) == 0
    assert "worst" in capsys.readouterr().out


def test_13_3_a_schedule_sets_the_rate_of_each_step(monkeypatch):
    monkeypatch.setitem(SCHEDULES, "halving", Choice(f"{__name__}:halving", "half the rate in the second half"))
    rates: list[float] = []
    told = begun({"own": Experiment(**SMALL)})
    told.trainer.schedule = SCHEDULES["halving"].load()
    told.trainer.optimizer.register_step_pre_hook(lambda opt, *_: rates.append(opt.param_groups[0]["lr"]))
    told.train()
    assert rates == [0.001] * 8 + [0.0005] * 8
    assert torch.isfinite(torch.tensor(losses(told))).all()
