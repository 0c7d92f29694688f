"""Two inputs, two targets and three classes go through every layer, as the article's curve does."""

import itertools
import json
import math
import textwrap

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import nn

from tests.marks import rest_slow
from tests.runs.conftest import ONE_STEP_A_CALL, kept, stop_after
from tests.runs.test_export_script import assert_repeats
from tests.runs.test_resume import assert_same
from tests.tasks.others import CLASSES, OTHERS, other_tasks
from tui_trainer.catalog import EXPORTS
from tui_trainer.data.samples import load_samples
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.experiment import Experiment
from tui_trainer.export.exports import content, write_export
from tui_trainer.runs.follow import stored_record

__all__ = ["other_tasks"]
pytestmark = pytest.mark.usefixtures("other_tasks")

SMALL = {"samples": 40, "epochs": 4, "batch_size": 6, "lr": 0.01, "scale": "standard", "test_fraction": 0.2}
SMALL |= {"hidden": "7x5", "noise": 0.5}
MODES = ["eager", "traced", "compiled"]
LOSS = {"mse": nn.MSELoss, "cross_entropy": nn.CrossEntropyLoss}


def losses(told) -> list[float]:
    return [loss for e in told.events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()]


def plain_script(experiment: Experiment) -> list[float]:
    """The article's loop, as a reader would write it for these samples: each epoch's loss."""
    samples = load_samples(experiment)
    scaled = (samples.x - samples.x.mean(axis=0)) / samples.x.std(axis=0)
    x, y, outputs = torch.tensor(scaled, dtype=torch.float32), torch.tensor(samples.y), len(samples.classes)
    unit = 1.0
    if not samples.classes:
        outputs, deviation = samples.y.shape[1], samples.y.std(axis=0)
        y = torch.tensor((samples.y - samples.y.mean(axis=0)) / deviation, dtype=torch.float32)
        unit = deviation.item() ** 2 if outputs == 1 else 1.0
    torch.manual_seed(experiment.seed)
    net = nn.Sequential(nn.Linear(2, 7), nn.Tanh(), nn.Linear(7, 5), nn.Tanh(), nn.Linear(5, outputs))
    optimizer, loss_fn = torch.optim.SGD(net.parameters(), experiment.lr), LOSS[experiment.loss]()
    order = torch.Generator().manual_seed(experiment.seed)
    epochs = []
    for _ in range(experiment.epochs):
        total = 0.0
        for batch in torch.randperm(len(x), generator=order).split(experiment.batch_size):
            optimizer.zero_grad()
            loss = loss_fn(net(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        epochs.append(total / len(x) * unit)
    return epochs


@pytest.mark.parametrize("execution", rest_slow(reversed(MODES)))
@pytest.mark.parametrize("name", OTHERS)
def test_13_2_every_mode_trains_as_a_plain_script_does(train, name, execution):
    told = train(**OTHERS[name] | SMALL, execution=execution)
    assert told.trainer.execution == execution
    wanted = plain_script(told.trainer.experiment)
    assert losses(told) == (
        pytest.approx(wanted, rel=1e-4) if execution == "compiled" else pytest.approx(wanted, rel=1e-9)
    )
    assert told.finished.status == "completed"
    assert told.finished.loss < wanted[0]


@pytest.mark.parametrize(
    ("name", "execution"),
    # Traced is what a plain script is, to nine digits, for each of them (above): one is enough here.
    rest_slow(
        [*itertools.product(reversed(OTHERS), ("compiled", "eager")), (min(OTHERS), "traced")], quick=0, several=True
    ),
)
@pytest.mark.parametrize("intervals", [ONE_STEP_A_CALL], ids=["one step a call"])
def test_13_2_cut_and_resumed_to_the_bit(train, resume, name, execution):
    settings = OTHERS[name] | SMALL | {"execution": execution, "optimizer": "adam"}
    whole = train(**settings, keep=False)
    train(**settings, at=stop_after(9))
    assert_same(resume(), whole)


@pytest.mark.parametrize("scale", ["standard", "none"])
@pytest.mark.parametrize("name", OTHERS)
def test_13_2_the_exported_script_prints_the_same_losses(train, name, scale):
    script = assert_repeats(train(**OTHERS[name] | SMALL | {"scale": scale, "lr": 0.001}, execution="eager"))
    assert f"def {name}(samples, noise, random):" in script


@pytest.mark.parametrize("ending", [".safetensors", ".pt"])
@pytest.mark.parametrize("name", OTHERS)
def test_13_2_the_weights_alone_predict_as_their_readme_says(train, tmp_path, name, ending):
    trainer = train(**OTHERS[name] | SMALL, execution="eager").trainer
    file = tmp_path / f"run{ending}"
    write_export(kept()[0], file)
    metadata = torch.load(file, weights_only=True).metadata if ending == ".pt" else safe_open(file, "pt").metadata()
    x = np.random.default_rng(1).normal(size=(20, 2))
    given = {"FILE": file, "x": torch.tensor(x)}
    lines = [line for line in metadata["README"].splitlines() if not line or line.startswith("    ")]
    exec(textwrap.dedent("\n".join(lines)), given)
    predicted = trainer.predict(x)
    assert given["y"] == trainer.task.words(predicted) if name == "blobs" else np.array_equal(given["y"], predicted)
    assert metadata.get("classes") == (", ".join(CLASSES) if name == "blobs" else None)


@pytest.mark.parametrize("name", OTHERS)
def test_13_2_what_is_kept_is_shown_and_exported(train, name):
    told = train(**OTHERS[name] | SMALL, execution="eager")
    (run,) = kept()
    record = stored_record(run)
    assert record.history.losses.tolist() == losses(told)
    assert record.final_loss == told.finished.loss
    assert record.task.name == told.trainer.task.name
    assert record.metrics == told.finished.metrics == run.info.metrics
    assert run.info.data == told.trainer.samples.facts
    for ending in set(EXPORTS) - {".tfevents"}:
        assert content(run, ending)
    text = content(run, ".txt").decode()
    assert "Loss (log)" in text
    assert "Fit" not in text
    assert f"{told.trainer.task.baseline(told.trainer.experiment.loss).name} " in text


def test_13_2_classes_have_an_accuracy(train):
    told = train(**OTHERS["blobs"] | SMALL | {"epochs": 40, "lr": 0.1}, execution="eager")
    samples = told.trainer.samples
    right = told.trainer.predict(samples.x) == samples.y
    assert told.finished.metrics["accuracy"] == right.mean() > 0.9
    assert told.finished.test_metrics["accuracy"] == np.mean(told.trainer.predict(samples.x_test) == samples.y_test)
    measured = [(e.metrics, e.test_metrics) for e in told.events if isinstance(e, EpochsFinished) and e.metrics]
    assert measured[-1] == (told.finished.metrics, told.finished.test_metrics)  # those of the last epoch


@pytest.mark.parametrize("name", OTHERS)
def test_13_2_train_tells_of_it(capsys, name):
    from tui_trainer.cli import main

    flags = [f"--{name.replace('_', '-')}={value}" for name, value in (OTHERS[name] | SMALL).items()]
    assert main(["train", "--json", "--activation=tanh", "--device=cpu", *flags]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["data"].get("classes") == (list(CLASSES) if name == "blobs" else None)
    assert len(events[0]["data"]["x_mean"]) == 2
    named = {"accuracy", "balanced_accuracy", "f1", "log_loss"} if name == "blobs" else {"mae", "rmse", "r2"}
    assert all(events[-1][metrics].keys() == named for metrics in ("metrics", "test_metrics"))
    epochs = [event for event in events if event["event"] == "epoch"]
    assert epochs[0]["metrics"].keys() == epochs[0]["test_metrics"].keys() == named
    assert "line" not in events[-1]
    assert math.isfinite(events[-1]["loss"])
    assert main(["train", "--activation=tanh", "--device=cpu", *flags]) == 0
    table = capsys.readouterr().out
    assert ("accuracy" in table) == (name == "blobs")
    assert "bends" not in table


def test_13_2_a_step_taken_alone_is_told_with_its_numbers(train):
    from tui_trainer.engine.events import StepFinished
    from tui_trainer.engine.requests import Resume, Step

    def at(event, trainer, control) -> None:
        if isinstance(event, StepFinished):
            control.put(Resume())
        elif event.__class__.__name__ == "RunStarted":
            control.put(Step())

    told = train(**OTHERS["blobs"] | SMALL, execution="eager", at=at)
    step = next(event for event in told.events if isinstance(event, StepFinished))
    assert (step.x.shape, step.y.shape, step.prediction.shape) == ((6, 2), (6,), (6, 3))
