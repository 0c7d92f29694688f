"""Compiled: many steps in one call of native code, which leaves Python's lock to others meanwhile."""

import ctypes
from itertools import zip_longest

import torch
from torch import Tensor, nn

from tui_trainer.engine.execution.compiler import build
from tui_trainer.engine.execution.mode import CannotRun, Work
from tui_trainer.engine.execution.trace import layout, state_of
from tui_trainer.engine.sampler import Steps


class Compiled:
    """Takes steps by calling the compiled loop of a step, on the run's own tensors."""

    name = "compiled"
    many_epochs = True

    def __init__(self, work: Work) -> None:
        if work.x.device.type != "cpu":
            raise CannotRun(f"native code is for the cpu, this run is on {work.x.device}")
        if any(isinstance(layer, nn.Conv2d) for layer in work.step.model.modules()):
            raise CannotRun("native code has linear layers, and this net has convolutions")
        self._library, self._work = build(work), work
        self.note = self._library.note
        self._checked: tuple[int, ...] = ()
        self._check(state_of(work.step.model, work.step.optimizer))

    def _check(self, state: list[Tensor]) -> None:
        """See that these are the tensors that the code was made for: it takes their addresses, and nothing else.

        Raises CannotRun.
        """
        x, y, batch = self._work.x, self._work.y, self._work.batch
        made_for, given = self._library.code.layout.split("; "), layout(batch, state, x, y).split("; ")
        for one, other in zip_longest(made_for, given, fillvalue="nothing"):
            if one != other:
                raise CannotRun(f"the native code is for {one}, and was about to be given {other}")
        if not all(tensor.is_contiguous() and tensor.device.type == "cpu" for tensor in (x, y, *state)):
            raise CannotRun("native code is for tensors in the machine's own memory, whose numbers lie in a row")

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""
        state = state_of(self._work.step.model, self._work.step.optimizer)
        addresses = tuple(tensor.data_ptr() for tensor in (self._work.x, self._work.y, *state))
        if addresses != self._checked:
            self._check(state)
            self._checked = addresses
        x, y, *rest = addresses
        samples, sizes, rates = (part.contiguous() for part in (steps.samples, steps.sizes, steps.rates))
        losses = torch.empty(len(steps), dtype=state[0].dtype)
        self._library.train(
            ctypes.c_int64(len(steps)),
            *(ctypes.c_void_p(address) for address in (sizes.data_ptr(), samples.data_ptr(), x, y)),
            (ctypes.c_void_p * len(rest))(*rest),
            ctypes.c_void_p(rates.data_ptr()),
            ctypes.c_void_p(losses.data_ptr()),
        )
        return losses
