"""Compiled: many steps in one call of native code, which leaves Python's lock to others meanwhile."""

import ctypes
from itertools import zip_longest
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from tui_trainer.engine.build import build, recipe
from tui_trainer.engine.execution import CannotRun
from tui_trainer.engine.order import Steps
from tui_trainer.engine.tracing import layout, state_of

if TYPE_CHECKING:
    from tui_trainer.engine.trainer import Trainer


class Compiled:
    """Takes steps by calling the compiled loop of this architecture, on the trainer's own tensors."""

    name = "compiled"
    many_epochs = True

    def __init__(self, trainer: "Trainer") -> None:
        if trainer.device.type != "cpu":
            raise CannotRun(f"native code is for the cpu, this run is on {trainer.device}")
        self._library = build(recipe(trainer.experiment, trainer.order.batch))
        self.note = self._library.note
        self._trainer = trainer
        self._checked: tuple[int, ...] = ()
        self._check(state_of(trainer.model, trainer.optimizer))

    def _check(self, state: list[Tensor]) -> None:
        """See that these are the tensors that the code was made for: it takes their addresses, and nothing else.

        Raises CannotRun.
        """
        t = self._trainer
        x, y = t.dataset.x, t.dataset.y
        made_for, given = self._library.code.layout.split("; "), layout(t.order.batch, state, x, y).split("; ")
        for one, other in zip_longest(made_for, given, fillvalue="nothing"):
            if one != other:
                raise CannotRun(f"the native code is for {one}, and was about to be given {other}")
        if not all(tensor.is_contiguous() and tensor.device.type == "cpu" for tensor in (x, y, *state)):
            raise CannotRun("native code is for tensors in the machine's own memory, whose numbers lie in a row")

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""
        t = self._trainer
        state = state_of(t.model, t.optimizer)
        addresses = tuple(tensor.data_ptr() for tensor in (t.dataset.x, t.dataset.y, *state))
        if addresses != self._checked:
            self._check(state)
            self._checked = addresses
        x, y, *rest = addresses
        samples, sizes = steps.samples.contiguous(), steps.sizes.contiguous()
        losses = torch.empty(len(steps), dtype=t.dtype)
        self._library.train(
            ctypes.c_int64(len(steps)),
            *(ctypes.c_void_p(address) for address in (sizes.data_ptr(), samples.data_ptr(), x, y)),
            (ctypes.c_void_p * len(rest))(*rest),
            ctypes.c_double(t.experiment.lr),
            ctypes.c_void_p(losses.data_ptr()),
        )
        return losses
