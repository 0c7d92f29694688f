"""Compiled: many steps in one call of native code, which leaves Python's lock to others meanwhile."""

import ctypes
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from tui_trainer.engine.build import build, recipe
from tui_trainer.engine.execution import CannotRun
from tui_trainer.engine.order import Steps
from tui_trainer.engine.tracing import state_of

if TYPE_CHECKING:
    from tui_trainer.engine.trainer import Trainer


class Compiled:
    """Takes steps by calling the compiled loop of this architecture, on the trainer's own tensors."""

    name = "compiled"
    many_epochs = True

    def __init__(self, trainer: "Trainer") -> None:
        if trainer.device.type != "cpu":
            raise CannotRun(f"native code is for the cpu, this run is on {trainer.device}")
        library = build(recipe(trainer.experiment, trainer.order.batch))
        try:
            self._train = ctypes.CDLL(str(library)).train
        except (OSError, AttributeError) as error:
            raise CannotRun(f"{library.name} can't be loaded: {error}") from None
        self._trainer = trainer

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""
        t = self._trainer
        state = state_of(t.model, t.optimizer)
        samples, sizes = steps.samples.contiguous(), steps.sizes.contiguous()
        losses = torch.empty(len(steps), dtype=t.dtype)
        pointers = (ctypes.c_void_p * len(state))(*(tensor.data_ptr() for tensor in state))
        self._train(
            ctypes.c_int64(len(steps)),
            *(ctypes.c_void_p(tensor.data_ptr()) for tensor in (sizes, samples, t.dataset.x, t.dataset.y)),
            pointers,
            ctypes.c_double(t.experiment.lr),
            ctypes.c_void_p(losses.data_ptr()),
        )
        return losses
