"""Looking at how weights, gradients and updates of a net are spread, without changing any of them.

A look costs about as much as a training step, and a run that trains takes one as often as that is a small share of its
time: the longer one takes, the later comes the next.
"""

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from tui_trainer.data.dataset import SampleDataset
from tui_trainer.data.span import spread
from tui_trainer.engine.step import TrainingStep
from tui_trainer.tasks.spread import Counts, ParameterSpread, Spread

SHARE = 0.005  # of the time of training
MOST_SAMPLES = 256
MOST_PARAMETERS = 200
MOST_WEIGHTS = 20_000_000  # of a net that is copied, with its optimizer, to see how far a step moves it


class Looks:
    """The looks at a run that trains."""

    def __init__(self) -> None:
        self._last: Spread | None = None
        self._due = 0.0
        self._took = 0.0  # the last one: a look may have been held up, as the first is, which loads what it takes

    def again(self) -> None:
        """Look at the next moment that is asked for, whatever that costs: it will be looked at for a while."""
        self._due = 0.0

    def at(self, step: TrainingStep, samples: SampleDataset | None, steps: int) -> Spread | None:
        """How it is spread now, after so many steps, or was a while ago; of what: see `spread_of`."""
        began = time.perf_counter()
        if began >= self._due:
            self._last = spread_of(step, samples, steps)
            now = time.perf_counter()
            self._due = now + min(self._took, now - began) / SHARE
            self._took = now - began
        return self._last


def spread_of(step: TrainingStep, samples: SampleDataset | None, steps: int | None = None) -> Spread | None:
    """How a step's net is spread now.

    samples: some of the training, for the gradient of their loss; where there are none, it is that of the last step.
    steps: how many the run has taken, where the optimizer is as it was after the last of them, too.

    None where that isn't known: whoever trains goes on all the same.
    """
    with suppress(Exception):  # out of memory, or whatever a person's own code does not take
        return _spread_of(step, samples, steps)
    return None


def _spread_of(step: TrainingStep, samples: SampleDataset | None, steps: int | None) -> Spread:
    learned = {name: p for name, p in step.model.named_parameters() if p.requires_grad}
    gradients, count = _gradients(step, samples, [*learned.values()])
    few = sum(p.numel() for p in learned.values()) <= MOST_WEIGHTS
    moved: Sequence[float | None] = [None] * len(learned)
    if steps is not None and few:
        with suppress(Exception):  # of a person's own optimizer, which may want more
            moved = [*_moved(step.model, step.optimizer, gradients)]
    found = [
        ParameterSpread(name, counts, Counts.of(gradient) if gradient is not None else None, update)
        for (name, p), gradient, update in zip([*learned.items()][:MOST_PARAMETERS], gradients, moved, strict=False)
        if (counts := Counts.of(p))
    ]
    return Spread(tuple(found), steps or 0, count, max(0, len(learned) - MOST_PARAMETERS))


def _gradients(
    step: TrainingStep, samples: SampleDataset | None, learned: Sequence[nn.Parameter]
) -> tuple[Sequence[Tensor | None], int]:
    """The gradient by each of these, and of how many samples' loss."""
    if samples is not None:
        places, training = spread(len(samples), MOST_SAMPLES), step.model.training
        step.model.eval()  # nothing is drawn, and nothing is kept
        try:
            with torch.enable_grad(), suppress(RuntimeError):
                x, y = samples[torch.from_numpy(places)]
                loss = step.loss_fn(step.model(x), y)
                return torch.autograd.grad(loss, learned, allow_unused=True), len(places)
        finally:
            step.model.train(training)
    return [p.grad for p in learned], 0


def _moved(model: nn.Module, optimizer: Optimizer, gradients: Sequence[Tensor | None]) -> Iterator[float | None]:
    """How far a step with these gradients would move each parameter, by its size."""
    twin, mover = copy.deepcopy((model, optimizer))
    learned = [p for p in twin.parameters() if p.requires_grad]
    before = [p.detach().clone() for p in learned]
    for p, gradient in zip(learned, gradients, strict=True):
        p.grad = gradient
    mover.step()
    for p, old in zip(learned, before, strict=True):
        size = float(old.float().norm()) if p.grad is not None else 0.0
        yield float((p.detach() - old).float().norm()) / size if size else None
