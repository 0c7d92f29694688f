"""What a run gives: against mathematics, in the data's own units, for every name in the catalogs."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from tui_trainer.catalog import ACTIVATIONS, DATASETS, DTYPES, LOSSES, OPTIMIZERS, SCALES
from tui_trainer.choices import of_task
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, RunFinished, RunStarted
from tui_trainer.engine.requests import Stop
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.turns import prepare_trainers, take_turns
from tui_trainer.experiment import Experiment
from tui_trainer.tasks.curve import Curve

EVERY = [
    (setting, name)
    for setting, catalog in {
        "activation": ACTIVATIONS,
        "optimizer": OPTIMIZERS,
        "loss": of_task(LOSSES, "curve"),
        "data": [name for name, choice in DATASETS.items() if not choice.file],
        "dtype": DTYPES,
        "scale": SCALES,
    }.items()
    for name in catalog
]


@pytest.mark.parametrize(("setting", "name"), EVERY)
def test_every_name_in_a_catalog_trains_and_gets_better(setting, name, trainer):
    t = trainer(**({"lr": 0.002, "scale": "standard", "batch_size": 5, "epochs": 10} | {setting: name}))
    untrained = t.evaluate(t.dataset)
    *_, finished = t.fit()
    assert finished.status == "completed"
    assert finished.steps == 80
    assert finished.loss < untrained


@pytest.mark.parametrize("seed", range(3))
def test_a_line_never_gets_below_the_least_squares_line(seed, fitted):
    trainer, _, finished = fitted(activation="identity", seed=seed, epochs=20, batch_size=8, lr=0.003)
    assert finished.loss >= trainer.task.baseline("mse").loss * (1 - 1e-6)


@pytest.mark.parametrize("hidden", ["none", "10", "8x8"])
def test_a_line_gets_to_the_least_squares_line_whatever_its_depth(hidden, fitted):
    trainer, _, finished = fitted(
        activation="identity", hidden=hidden, optimizer="adam", lr=0.02, scale="standard", batch_size=40, epochs=400
    )
    assert finished.loss == pytest.approx(trainer.task.baseline("mse").loss, rel=0.01)
    assert finished.snapshot.line == pytest.approx(trainer.task.best_line, rel=0.05)


def test_the_untrained_net_is_shown_with_no_epochs(fitted):
    trainer, losses, finished = fitted(epochs=0)
    assert (finished.status, finished.epochs, finished.steps, losses) == ("completed", 0, 0, [])
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
    x, y = trainer.dataset[:]
    assert finished.loss == pytest.approx(nn.functional.mse_loss(net(x), y).item())


def test_the_story_of_a_run_is_told_in_order(trainer):
    t = trainer(test_fraction=0.25)
    started, *epochs, finished = t.fit()
    assert isinstance(started, RunStarted)
    assert started.experiment == t.experiment
    assert [e.epoch for e in epochs if isinstance(e, EpochsFinished)] == [1, 2, 3]
    assert isinstance(finished, RunFinished)
    assert (finished.status, finished.epochs, finished.steps, finished.error) == ("completed", 3, 90, None)
    assert finished.test_loss == epochs[-1].test_loss


@pytest.mark.parametrize(("loss", "error"), [("mse", np.square), ("l1", np.abs)])
@pytest.mark.parametrize("scale", SCALES)
def test_losses_and_predictions_are_in_the_datas_own_units(loss, error, scale, trainer):
    # At this rate the net stands still, so that the epoch's loss is the loss of its predictions too.
    t = trainer(loss=loss, scale=scale, lr=1e-12, epochs=1, test_fraction=0.25)
    epoch, finished = list(t.fit())[-2:]
    own = float(np.mean(error(t.predict(t.samples.x) - t.samples.y)))
    own_test = float(np.mean(error(t.predict(t.samples.x_test) - t.samples.y_test)))
    assert (epoch.loss, finished.loss) == pytest.approx((own, own), rel=1e-5)
    assert (epoch.test_loss, finished.test_loss) == pytest.approx((own_test, own_test), rel=1e-5)


def test_held_out_points_teach_the_net_nothing(trainer):
    one, other = trainer(test_fraction=0.5), trainer(test_fraction=0.5)
    other.test_set.y += 100
    *_, a = one.fit()
    *_, b = other.fit()
    assert a.loss == b.loss
    assert a.test_loss < b.test_loss


def test_evaluating_and_predicting_leave_the_run_as_it_is(trainer):
    t = trainer(epochs=4)
    for _ in t.fit():
        t.predict(np.linspace(0, 20, 50)[:, np.newaxis])
        t.evaluate(t.dataset)
        assert t.model.training
    u = trainer(epochs=4)
    assert list(u.fit())[-1].loss == t.evaluate(t.dataset)


def test_a_loss_is_the_same_in_one_piece_or_in_many(trainer):
    t = trainer()
    whole = t.evaluate(t.dataset)
    assert t.evaluate(t.dataset, batch=7) == pytest.approx(whole, rel=1e-6)


def test_a_run_that_breaks_says_so_with_its_traceback(trainer):
    t = trainer()
    t.step.loss_fn = Broken()
    *_, finished = t.fit()
    assert (finished.status, finished.loss) == ("failed", None)
    assert "RuntimeError: out of memory" in finished.error
    assert "Traceback" in finished.error


@pytest.mark.parametrize("request_", [None, Stop()])
def test_a_net_that_breaks_when_it_is_judged_at_the_end_fails_too(request_, trainer):
    control = RunControl()
    t = trainer(control, test_fraction=0, execution="eager")
    for event in t.fit():
        if isinstance(event, EpochsFinished) and not any(type(layer) is OnlyTrains for layer in t.step.model):
            t.step.model.append(OnlyTrains())
            if request_:
                control.put(request_)
    assert event.status == "failed"
    assert "RuntimeError: it was made for training alone" in event.error


class OnlyTrains(nn.Module):
    def forward(self, x):
        if not self.training:
            raise RuntimeError("it was made for training alone")
        return x


def test_the_training_samples_are_judged_once_at_the_end(trainer):
    """Its loss and what the figures are of: with a large net of a person's own, each takes seconds."""
    t = trainer(execution="eager", test_fraction=0, samples=40)
    judged = []
    t.step.model.register_forward_hook(lambda net, x, y: judged.append(len(x[0])) if not net.training else None)
    for event in t.fit():
        if isinstance(event, EpochsFinished):
            judged.clear()
    assert event.status == "completed"
    assert judged.count(40) == 3  # the loss, the metrics, and a look at some, here all, for the histograms


def test_a_real_file_is_learned_better_by_a_curve_than_by_any_line(mcycle):
    experiment = Experiment(
        data=mcycle, hidden="16", activation="sin", optimizer="adam", lr=0.02, scale="standard", batch_size=133,
        epochs=500, device="cpu",
    )  # fmt: skip
    t = Trainer("sin", experiment, Curve(load_samples(experiment)))
    *_, finished = t.fit()
    assert t.task.baseline("mse").loss == pytest.approx(2114, abs=1)
    assert finished.loss < t.task.baseline("mse").loss / 3


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_contrast_shows_a_curve_at_the_noise_floor_beside_a_line(seed):
    line, curve = _preset("contrast", seed)
    x = np.linspace(0, 20, 300)
    noise = curve.samples.y - (curve.samples.x + 2 * np.sin(curve.samples.x))
    assert line.evaluate(line.dataset) == pytest.approx(line.task.baseline("mse").loss, rel=0.05)
    assert curve.evaluate(curve.dataset) == pytest.approx(np.mean(noise**2), rel=0.12)
    assert math.sqrt(np.mean((curve.predict(x[:, np.newaxis])[:, 0] - (x + 2 * np.sin(x))) ** 2)) < 0.6


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_deep_line_is_twenty_layers_that_end_as_the_least_squares_line(seed):
    (deep,) = _preset("deep-line", seed)
    assert len(deep.model) == 20
    assert deep.evaluate(deep.dataset) == pytest.approx(deep.task.baseline("mse").loss, rel=0.01)


class Broken(nn.Module):
    def forward(self, prediction, y):
        raise RuntimeError("out of memory")


@pytest.fixture
def mcycle(request):
    return str(request.config.rootpath / "tests/data/fixtures/mcycle.csv")


def _preset(name: str, seed: int) -> list[Trainer]:
    trainers = prepare_trainers(
        Comparison.preset(name).changed(seed=seed, device="cpu", execution="traced").runs, RunControl()
    )
    assert {e.status for e in take_turns(trainers) if isinstance(e, RunFinished)} == {"completed"}
    return trainers
