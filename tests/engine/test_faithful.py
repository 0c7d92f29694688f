"""The engine against the article's own loop, bit for bit."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished

ACTIVATIONS = {
    "identity": None,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "elu": nn.ELU,
}
OPTIMIZERS = {
    "sgd": lambda p, lr, decay: torch.optim.SGD(p, lr=lr, weight_decay=decay),
    "momentum": lambda p, lr, decay: torch.optim.SGD(p, lr=lr, weight_decay=decay, momentum=0.9),
    "adam": lambda p, lr, decay: torch.optim.Adam(p, lr=lr, weight_decay=decay),
    "adamw": lambda p, lr, decay: torch.optim.AdamW(p, lr=lr, weight_decay=decay),
    "rmsprop": lambda p, lr, decay: torch.optim.RMSprop(p, lr=lr, weight_decay=decay),
}
LOSSES = {"mse": nn.MSELoss, "l1": nn.L1Loss, "huber": nn.HuberLoss}


class ArticleDataset(Dataset):
    def __init__(self, x, y, dtype=torch.float32):
        self.x, self.y = torch.tensor(x, dtype=dtype), torch.tensor(y, dtype=dtype)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i].reshape(1), self.y[i].reshape(1)


def article(samples=40, epochs=3, seed=0, widths=(10,), activation="tanh", loss="mse", optimizer="sgd", lr=0.001,
            weight_decay=0.0, batch_size=1, shuffle=True, dtype=torch.float32, halve_lr_after=None):  # fmt: skip
    """What a reader of the article would type. Returns the net and each epoch's loss."""
    x = np.linspace(0, 20, samples)
    y = x + 2 * np.sin(x) + np.random.default_rng(seed).normal(size=samples)
    dataset = ArticleDataset(x, y, dtype)
    torch.manual_seed(seed)
    layers, before = [], 1
    for width in widths:
        layers += [nn.Linear(before, width)] + ([ACTIVATIONS[activation]()] if ACTIVATIONS[activation] else [])
        before = width
    net = nn.Sequential(*layers, nn.Linear(before, 1)).to(dtype)
    loss_fn = LOSSES[loss]()
    opt = OPTIMIZERS[optimizer](net.parameters(), lr, weight_decay)
    g = torch.Generator().manual_seed(seed)
    losses = []
    for epoch in range(epochs):
        if epoch == halve_lr_after:
            opt.param_groups[0]["lr"] = lr / 2
        order = torch.randperm(samples, generator=g).tolist() if shuffle else list(range(samples))
        total = 0.0
        for bx, by in DataLoader(dataset, batch_size=batch_size, sampler=order):
            opt.zero_grad()
            step_loss = loss_fn(net(bx), by)
            step_loss.backward()
            opt.step()
            total += step_loss.item() * len(bx)
        losses.append(total / samples)
    return net, losses


def same(net: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation, fitted):
    net, losses = article(activation=activation)
    trainer, ours, _ = fitted(activation=activation)
    assert ours == losses
    assert same(trainer.model, net)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(optimizer, fitted):
    net, losses = article(optimizer=optimizer, lr=0.0005, weight_decay=0.01, batch_size=7)
    trainer, ours, _ = fitted(optimizer=optimizer, lr=0.0005, weight_decay=0.01, batch_size=7)
    assert ours == losses
    assert same(trainer.model, net)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss, fitted):
    net, losses = article(loss=loss)
    trainer, ours, _ = fitted(loss=loss)
    assert ours == losses
    assert same(trainer.model, net)


@pytest.mark.parametrize("batch_size", [1, 7, 32, 40, 1000])
def test_every_batch_size_the_last_batch_being_what_is_left(batch_size, fitted):
    net, losses = article(batch_size=batch_size, epochs=5)
    trainer, ours, finished = fitted(batch_size=batch_size, epochs=5)
    assert ours == losses
    assert same(trainer.model, net)
    assert finished.steps == 5 * math.ceil(40 / batch_size)


@pytest.mark.parametrize(
    ("settings", "plain"),
    [
        ({"dtype": "float64"}, {"dtype": torch.float64}),
        ({"dtype": "bfloat16"}, {"dtype": torch.bfloat16}),
        ({"shuffle": False}, {"shuffle": False}),
        ({"seed": 12345}, {"seed": 12345}),
        ({"hidden": "none"}, {"widths": ()}),
        ({"hidden": "16x8x4"}, {"widths": (16, 8, 4)}),
        ({"samples": 1}, {"samples": 1}),
    ],
    ids=str,
)
def test_every_other_setting(settings, plain, fitted):
    net, losses = article(**plain)
    trainer, ours, _ = fitted(**settings)
    assert ours == losses
    assert same(trainer.model, net)


def test_reading_losses_often_or_seldom_changes_nothing(fitted, monkeypatch):
    _, losses = article(batch_size=7)
    for seconds in (-1, 1e9):
        monkeypatch.setattr("tui_trainer.engine.pace.CALL_SECONDS", seconds)
        monkeypatch.setattr("tui_trainer.engine.rewind.KEEP_SECONDS", seconds)
        assert fitted(batch_size=7)[1] == losses


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_a_rate_changed_on_the_way_keeps_the_optimizers_state(optimizer, trainer):
    net, losses = article(optimizer=optimizer, epochs=4, halve_lr_after=2, batch_size=7)
    control, ours = RunControl(), []
    t = trainer(control, optimizer=optimizer, epochs=4, batch_size=7)
    for event in t.fit():
        if isinstance(event, EpochsFinished):
            ours.append(event.loss)
            if event.epoch == 2:
                control.change("lr", lambda lr: lr / 2)
                control.change("device", lambda _: "cpu")
    assert ours == losses
    assert same(t.model, net)


def test_the_whole_article_at_its_own_size(fitted):
    net, losses = article(samples=200, epochs=5)
    trainer, ours, _ = fitted(samples=200, epochs=5)
    assert ours == losses
    assert same(trainer.model, net)


def test_the_dataset_gives_pairs_of_shape_1(trainer):
    dataset = trainer().dataset
    assert isinstance(dataset, Dataset)
    assert len(dataset) == 40
    x, y = dataset[3]
    assert (x.shape, y.shape, x.dtype) == ((1,), (1,), torch.float32)
    assert x.item() == np.float32(np.linspace(0, 20, 40)[3])
