"""Callbacks for libraries that have the loop, tried on the real ones; where one is not installed, it is left out."""

import contextlib
import io
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from tests.watch.conftest import config, folders, info, logged
from tui_trainer.engine.requests import ScaleRate, Stop
from tui_trainer.engine.status import Status
from tui_trainer.runs.requests import send

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

X = torch.randn(64, 3, generator=torch.manual_seed(0))
Y = X.sum(1, keepdim=True)


def ask(step: int) -> None:
    """Half the rate at one step, and stop at another."""
    if step == 5:
        send(folders()[-1], ScaleRate(0.5))
    if step == 9:
        send(folders()[-1], Stop())


def assert_slowed_and_stopped(rate: float) -> None:
    (mark,) = logged().changes
    assert (mark.mark, float(mark.old), float(mark.new)) == ("lr ÷2", rate, rate / 2)
    assert info().status is Status.STOPPED
    assert 9 <= info().steps <= 11


def test_lightning(at_every_step, tmp_path):
    lightning: Any = pytest.importorskip("pytorch_lightning")
    from tui_trainer.script.lightning import WatchCallback

    class Module(lightning.LightningModule):
        def __init__(self, width: int = 3) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.net = torch.nn.Linear(width, 1)

        def training_step(self, batch, number):
            ask(self.global_step)
            loss = torch.nn.functional.mse_loss(self.net(batch[0]), batch[1])
            self.log("loss", loss)
            return loss

        def validation_step(self, batch, number):
            self.log("val_loss", torch.nn.functional.mse_loss(self.net(batch[0]), batch[1]))

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), 16)
    trainer = lightning.Trainer(
        max_epochs=50,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
        callbacks=[WatchCallback(name="lightning")],
    )
    trainer.fit(Module(), data, data)
    assert_slowed_and_stopped(0.1)
    assert (info().name, info().epochs, config(folders()[-1])) == ("lightning", 50, {"width": 3})
    assert {"loss", "val_loss"} <= {*logged().logged.series}


def test_transformers(at_every_step, tmp_path):
    transformers = pytest.importorskip("transformers")
    from tui_trainer.script.transformers import WatchCallback

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.steps = torch.nn.Linear(3, 1), 0

        def forward(self, x, labels=None):
            ask(self.steps)
            self.steps += 1
            out = self.net(x)
            return {"loss": torch.nn.functional.mse_loss(out, labels), "logits": out}

    rows = [{"x": x, "labels": y} for x, y in zip(X, Y, strict=True)]
    given = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        num_train_epochs=50,
        per_device_train_batch_size=16,
        learning_rate=0.1,
        lr_scheduler_type="constant",
        logging_steps=2,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = transformers.Trainer(Model(), given, train_dataset=rows, callbacks=[WatchCallback(name="transformers")])
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.train()
    assert_slowed_and_stopped(0.1)
    assert (info().name, info().epochs, config(folders()[-1])["logging_steps"]) == ("transformers", 50, 2)
    assert {"loss", "grad_norm"} <= {*logged().logged.series}


def test_skorch(at_every_step):
    skorch = pytest.importorskip("skorch")
    from tui_trainer.script.skorch import WatchCallback

    class Net(torch.nn.Linear):
        steps = 0

        def forward(self, x):
            if self.training:
                ask(Net.steps)
                Net.steps += 1
            return super().forward(x)

    net = skorch.NeuralNetRegressor(
        Net,
        module__in_features=3,
        module__out_features=1,
        lr=0.1,
        batch_size=16,
        max_epochs=50,
        verbose=0,
        callbacks=[WatchCallback(name="skorch")],
    )
    net.fit(X.numpy(), Y.numpy())
    assert_slowed_and_stopped(0.1)
    assert (info().name, info().epochs, config(folders()[-1])["batch_size"]) == ("skorch", 50, 16)
    assert {"loss", "valid_loss"} <= {*logged().logged.series}


def test_keras_on_torch(at_every_step, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with warnings.catch_warnings():
        keras: Any = pytest.importorskip("keras")
    from tui_trainer.script.keras import WatchCallback

    class Ask(keras.callbacks.Callback):
        steps = 0

        def on_train_batch_begin(self, batch, logs=None):
            self.steps += 1
            if self.steps == 9:
                send(folders()[-1], Stop())

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    given = np.asarray(X), np.asarray(Y)
    model.fit(*given, batch_size=16, epochs=50, verbose=0, validation_data=given, callbacks=[WatchCallback("k"), Ask()])
    assert (info().name, info().epochs, info().status) == ("k", 50, Status.STOPPED)
    assert 9 <= info().steps <= 11
    assert {"loss", "val_loss"} <= {*logged().logged.series}
