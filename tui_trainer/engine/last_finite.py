"""The last finite weights of a run that diverged."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tui_trainer.engine.parts import whole
from tui_trainer.engine.sampler import Steps
from tui_trainer.engine.step import TrainingStep
from tui_trainer.random_numbers import RandomNumbers


class LastFinite:
    """A recent finite state of a run, and the steps since.

    Losses are read in bulk, so a loss that is not finite is noticed some steps late, when the
    weights may be lost. Taking the same steps again from the state saved here, in the same mode,
    up to the one that went wrong, gives back the weights before it.
    """

    def __init__(self, step: TrainingStep, random: RandomNumbers, seconds: float) -> None:
        """seconds: of steps that may follow the moment before another one is kept."""
        self._seconds = seconds
        self._step, self._random = step, random
        self._saved: Any = None
        self._steps, self._since, self._age = 0, list[Steps](), 0.0

    def keep(self, steps: int) -> bool:
        """Save the state, `steps` into the run, and forget what came before. Not one whose weights are not finite."""
        if not self._weights_are_finite():
            if self._saved is None:  # nothing to go back to
                self._steps = steps
            return False
        step = self._step
        self._saved = copy.deepcopy((step.model.state_dict(), step.optimizer.state_dict(), step.state))
        self._random_state = self._random.state, self._random.cuda_state
        self._steps, self._since, self._age = steps, list[Steps](), 0.0
        return True

    def add(self, steps: Steps) -> None:
        """Note steps that are about to be taken."""
        self._since.append(steps)

    def keep_if_old(self, steps: int, took: float) -> None:
        """Some steps took so many seconds: save the state where the one before is some time ago."""
        self._age += took
        if self._age > self._seconds:
            self.keep(steps)

    def restore(self, run: Callable[[Steps], Tensor]) -> int:
        """Leave the model with its last finite weights.

        `run` takes steps and returns their losses. Returns how many steps of the run had a finite loss.
        """
        if not self._since or self._saved is None:
            return self._steps
        steps = self._since[0].joined(self._since)
        finite = torch.isfinite(self._again(run, steps)).tolist()
        good = finite.index(False) if False in finite else len(finite)
        # The weights before the loss that was not finite; where they were lost already, those before them.
        for taken in (good, good - 1):
            self._again(run, steps.first(taken))
            if self._weights_are_finite():
                break
        return self._steps + good

    def _again(self, run: Callable[[Steps], Tensor], steps: Steps) -> Tensor:
        """The same steps from the state that was saved."""
        model, optimizer, state = self._saved
        self._step.model.load_state_dict(model)
        self._step.optimizer.load_state_dict(copy.deepcopy(optimizer))
        self._step.restore(state)
        self._random.state, self._random.cuda_state = self._random_state
        return run(steps) if len(steps) else torch.empty(0)

    def _weights_are_finite(self) -> bool:
        return all(bool(whole(torch.isfinite(weights).all())) for weights in self._step.model.parameters())
