"""Scripts that are watched, in this process: their loops look at every step for what is asked."""

import json
from pathlib import Path

import msgspec
import pytest
import torch

from tui_trainer.runs import metrics
from tui_trainer.runs.folder import Info
from tui_trainer.runs.metrics import Metrics
from tui_trainer.runs.places import runs_folder
from tui_trainer.script import loop

torch.set_num_threads(1)


class Training:
    """A small model, its optimizer and a step: the same each time."""

    def __init__(self, optimizer=torch.optim.SGD, **settings) -> None:
        torch.manual_seed(1)
        self.model = torch.nn.Linear(3, 1)
        self.optimizer = optimizer(self.model.parameters(), **({"lr": 0.1} | settings))
        self.x = torch.randn(8, 3)
        self.y = self.x.sum(1, keepdim=True)

    def loss(self, factor: float = 1.0) -> torch.Tensor:
        self.optimizer.zero_grad()
        return torch.nn.functional.mse_loss(self.model(self.x), self.y) * factor

    def closure(self) -> torch.Tensor:
        loss = self.loss()
        loss.backward()
        return loss.detach()

    def step(self) -> torch.Tensor:
        loss = self.closure()
        self.optimizer.step()
        return loss


@pytest.fixture
def training():
    return Training()


@pytest.fixture
def at_every_step(monkeypatch):
    """Look, and write, at every step; else it is a matter of time."""
    monkeypatch.setattr(loop, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(loop, "LINES", float("inf"))


def folders() -> list[Path]:
    """Those of the runs there are, the oldest first."""
    there = runs_folder().glob("[!.]*") if runs_folder().exists() else ()
    return sorted(there, key=lambda folder: info(folder).started)


def info(folder: Path | None = None) -> Info:
    """How a run stands; that of the newest."""
    return msgspec.json.decode(((folder or folders()[-1]) / "run.json").read_bytes(), type=Info)


def logged(folder: Path | None = None) -> Metrics:
    """What was logged in a run; in the newest."""
    read = metrics.read(folder or folders()[-1])
    assert not read.damaged
    return read


def config(folder: Path) -> dict:
    return json.loads((folder / "config.json").read_text())
