"""The spiral, with each loss of classes, goes through every layer: modes, a resume, a script, weights."""

import textwrap

import numpy as np
import pytest
import torch
from torch import nn

from tests.marks import rest_slow
from tests.runs.conftest import ONE_STEP_A_CALL, kept, stop_after
from tests.runs.test_export_script import assert_repeats
from tests.runs.test_resume import assert_same
from tui_trainer.data.samples import load_samples
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.experiment import Experiment
from tui_trainer.export.exports import write_export

SMALL = {"data": "spiral", "samples": 50, "hidden": "8x8", "activation": "tanh", "epochs": 5, "batch_size": 7}
SMALL |= {"test_fraction": 0.2, "lr": 0.05, "optimizer": "sgd", "scale": "none"}
# As a reader would write them.
LOSSES = {
    "cross_entropy": (2, nn.CrossEntropyLoss()),
    "bce": (1, lambda scores, y: nn.BCEWithLogitsLoss()(scores, y[:, None].float())),
    "hinge": (2, nn.MultiMarginLoss()),
}


def plain_script(experiment: Experiment) -> list[float]:
    """The article's loop: each epoch's loss."""
    samples, (outputs, loss_fn) = load_samples(experiment), LOSSES[experiment.loss]
    x, y = torch.tensor(samples.x, dtype=torch.float32), torch.tensor(samples.y)
    torch.manual_seed(experiment.seed)
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, outputs))
    optimizer = torch.optim.SGD(net.parameters(), experiment.lr)
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
        epochs.append(total / len(x))
    return epochs


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("execution", rest_slow(["eager", "compiled", "traced"]))
def test_every_mode_trains_as_a_plain_script_does(train, loss, execution):
    told = train(**SMALL, loss=loss, execution=execution)
    assert told.trainer.execution == execution
    losses = [loss for e in told.events if isinstance(e, EpochsFinished) for loss in e.losses.tolist()]
    assert losses == pytest.approx(plain_script(told.trainer.experiment), rel=1e-4 if execution == "compiled" else 1e-6)
    assert told.finished.metrics["accuracy"] == np.mean(
        told.trainer.predict(told.trainer.samples.x) == told.trainer.samples.y
    )


@pytest.mark.parametrize("loss", rest_slow(["bce", "cross_entropy", "hinge"]))
@pytest.mark.parametrize("intervals", [ONE_STEP_A_CALL], ids=["one step a call"])
def test_cut_and_resumed_to_the_bit(train, resume, loss):
    settings = SMALL | {"optimizer": "adam", "loss": loss, "execution": "eager"}
    whole = train(**settings, keep=False)
    train(**settings, at=stop_after(9))
    assert_same(resume(), whole)


@pytest.mark.parametrize("settings", [{"loss": "bce"}, {"loss": "hinge", "data": "x1**2 + x2**2 > 9"}], ids=str)
def test_the_exported_script_prints_the_same_losses_and_the_weights_predict_by_themselves(train, tmp_path, settings):
    told = train(**SMALL | settings, execution="eager")
    script = assert_repeats(told)
    assert "def stratified(order" in script
    file = tmp_path / "run.pt"
    write_export(kept()[0], file)
    x = np.random.default_rng(1).normal(size=(20, 2)) * 3
    given = {"FILE": file, "x": torch.tensor(x)}
    readme = torch.load(file, weights_only=True).metadata["README"]
    exec(textwrap.dedent("\n".join(line for line in readme.splitlines() if not line or line[:4] == "    ")), given)
    assert given["y"] == told.trainer.task.words(told.trainer.predict(x))


@pytest.mark.parametrize(
    "settings", [{"data": "x1 - sin(x2)"}, {"data": "peaks", "features": "x2,x1^2,x1*x2,sin(x1)"}], ids=str
)
def test_the_script_of_a_number_in_the_plane(train, settings):
    assert_repeats(train(**SMALL | {"lr": 0.001} | settings, execution="eager"))
