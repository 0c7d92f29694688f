"""How steps are executed: one by one as the article does, or many in a call."""

from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from tui_trainer.engine.order import Steps

if TYPE_CHECKING:
    from tui_trainer.engine.trainer import Trainer


class CannotRun(Exception):
    """A mode can't be had here, for a reason in one line."""


class Mode(Protocol):
    """Takes steps: changes the trainer's parameters and its optimizer's state in place.

    Every mode goes on from where another left, since nothing is kept anywhere else. note: what a
    person should know about how it was had, in a line, or nothing.
    """

    name: str
    note: str
    many_epochs: bool  # whether one call may hold several

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""


class Eager:
    """The article's loop."""

    name = "eager"
    note = ""
    many_epochs = False

    def __init__(self, trainer: "Trainer") -> None:
        self._trainer = trainer

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""
        return torch.stack([self._trainer.step(batch)[1] for batch in steps.batches()])
