"""Eager: the article's loop, a step at a time."""

import torch
from torch import Tensor

from tui_trainer.engine.execution.mode import Work
from tui_trainer.engine.sampler import Steps


class Eager:
    """Calls the training step on one batch after the other."""

    name = "eager"
    note = ""
    many_epochs = False

    def __init__(self, work: Work) -> None:
        self._work = work

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""
        step, given = self._work.step, self._work.given
        batches = zip(steps.batches(), steps.rates.tolist(), strict=True)
        return torch.stack([step(*given(batch), rate)[1] for batch, rate in batches])
