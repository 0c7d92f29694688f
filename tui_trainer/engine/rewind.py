"""Rewind: back to the last finite weights of a run that diverged."""

import copy
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

KEEP_SECONDS = 0.25


class Rewind:
    """A recent good moment of a run, and the batches since.

    Losses are read in bulk, so a loss that is not finite is noticed some steps late, when the
    weights may be lost. Taking the same few steps again from the moment kept here, and looking
    after each, finds the step where it happened.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer) -> None:
        self._model, self._optimizer = model, optimizer
        self.keep(0)

    def keep(self, steps: int) -> None:
        """Keep this moment, `steps` into the run, if it is a good one; what came before is forgotten."""
        if not self._weights_are_finite():
            return
        self._saved = copy.deepcopy((self._model.state_dict(), self._optimizer.state_dict()))
        self._steps, self._batches = steps, list[list[int]]()
        self._kept_at = time.perf_counter()

    def add(self, batch: list[int]) -> None:
        """Note the batch of a step that is about to be taken."""
        self._batches.append(batch)

    def keep_if_old(self, steps: int) -> None:
        """Keep this moment where the one before is some time ago."""
        if time.perf_counter() - self._kept_at > KEEP_SECONDS:
            self.keep(steps)

    def to_last_finite(self, step: Callable[[list[int]], tuple[Tensor, Tensor]]) -> int:
        """Leave the model with its last finite weights.

        Returns how many steps were taken when the loss stopped being finite.
        """
        model, optimizer = self._saved
        self._model.load_state_dict(model)
        self._optimizer.load_state_dict(optimizer)
        finite, steps = model, self._steps
        for batch in self._batches:
            if self._weights_are_finite():
                finite = copy.deepcopy(self._model.state_dict())
            _, loss = step(batch)
            if not torch.isfinite(loss):
                break
            steps += 1
        else:
            # Every loss was finite, so what is not is the weights after the last step, or what they give.
            if self._weights_are_finite():
                return steps
        self._model.load_state_dict(finite)
        return steps

    def _weights_are_finite(self) -> bool:
        return all(bool(torch.isfinite(weights).all()) for weights in self._model.parameters())
