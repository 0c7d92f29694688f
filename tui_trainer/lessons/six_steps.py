"""The article's six steps of training, each a function, and the bench that they work on."""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor, nn

from tui_trainer.random_numbers import RandomNumbers

SAMPLES = torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [5.0]])  # x and y


class Bench:
    """1: the model on its device, and its optimizer. Made once."""

    x: Tensor
    y: Tensor
    prediction: Tensor
    loss: Tensor

    def __init__(self, rate: float, batch_size: int = 2) -> None:
        self.device = torch.device("cpu")
        with RandomNumbers(1).drawn():
            model = nn.Linear(1, 1)  # w x + b
        self.model = model.to(self.device)
        self.loss_fn = nn.MSELoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate)
        x, y = (values.split(batch_size) for values in SAMPLES)
        self.batches = itertools.cycle(zip(x, y, strict=True))


def train_mode(bench: Bench) -> None:
    """2: training mode, for dropout, batch norm and the like. Once."""
    bench.model.train()


def take_batch(bench: Bench) -> None:
    """3: the next batch, to the device."""
    x, y = next(bench.batches)
    bench.x, bench.y = x.to(bench.device), y.to(bench.device)


def forget(bench: Bench) -> None:
    """4: forget the gradients of the step before."""
    bench.optimizer.zero_grad()


def forward(bench: Bench) -> None:
    """5: the output, and how wrong that was."""
    bench.prediction = bench.model(bench.x)
    bench.loss = bench.loss_fn(bench.prediction, bench.y)


def backward(bench: Bench) -> None:
    """6, first half: backward, which gives each weight its gradient."""
    bench.loss.backward()


def move(bench: Bench) -> None:
    """6, second half: move each weight a little against its gradient."""
    bench.optimizer.step()


# By the article's numbers; b and s are the halves of its step 6.
STEPS: dict[str, Callable[..., object]] = {
    "1": Bench,
    "2": train_mode,
    "3": take_batch,
    "4": forget,
    "5": forward,
    "b": backward,
    "s": move,
}
DIVERGED = "diverged"
RIGHT_ORDER = "3456"  # of a round: 1 and 2 come once, before the first


def spelled_out(order: str) -> str:
    """An order with step 6 as its two halves."""
    return order.replace("6", "bs")


@dataclass(frozen=True)
class Numbers:
    """What can be read off the bench: w and b, and their gradients where there are any."""

    weights: tuple[float, ...]
    gradients: tuple[float, ...]

    @classmethod
    def of(cls, bench: Bench) -> Self:
        parameters = list(bench.model.parameters())
        gradients = [p.grad.item() for p in parameters if p.grad is not None]
        return cls(tuple(p.item() for p in parameters), tuple(gradients))


@dataclass(frozen=True)
class Done:
    """A step that was taken, or that failed with the error: the numbers before it and after.

    round: 0 for what comes once, before the first; used: whether the gradients before it had moved weights already;
    batch: x and y, of step 3; error: PyTorch's or Python's own, or DIVERGED.
    """

    round: int
    step: str
    before: Numbers
    after: Numbers
    used: bool = False
    batch: tuple[tuple[float, ...], ...] = ()
    outputs: tuple[float, ...] = ()
    loss: float | None = None
    error: str = ""

    @property
    def number(self) -> int:
        """The article's."""
        return 6 if self.step in "bs" else int(self.step)

    @property
    def added(self) -> bool:
        """Whether backward added to gradients that were there."""
        return self.step == "b" and bool(self.before.gradients) and not self.error

    @property
    def stale(self) -> bool:
        """Whether backward added to gradients that had moved weights already."""
        return self.added and self.used

    @property
    def moved(self) -> bool:
        """Whether the optimizer had gradients to move the weights by."""
        return self.step == "s" and bool(self.before.gradients)


def begin(bench: Bench) -> Iterator[Done]:
    """Steps 1 and 2; the bench was made by the first."""
    start = Numbers.of(bench)
    yield Done(0, "1", start, start)
    train_mode(bench)
    yield Done(0, "2", start, start)


def go(bench: Bench, order: str, rounds: int) -> Iterator[Done]:
    """Take the steps in this order, round after round, until one fails or the loss is no finite number any more."""
    used = False
    for round in range(1, rounds + 1):
        for step in spelled_out(order):
            before, error = Numbers.of(bench), ""
            try:
                STEPS[step](bench)
            except (AttributeError, RuntimeError) as raised:
                first_sentence = str(raised).partition(". ")[0].partition("\n")[0]
                error = f"{type(raised).__name__}: {first_sentence}"
            now = Done(round, step, before, Numbers.of(bench), used, error=error)
            if not error and step in "35":
                now = _read_off(bench, now)
            yield now
            if now.error:
                return
            used = now.moved or (used and bool(now.after.gradients))


def _read_off(bench: Bench, now: Done) -> Done:
    """What else there is to tell of a step 3 or 5."""
    if now.step == "3":
        return replace(now, batch=tuple(tuple(values.flatten().tolist()) for values in (bench.x, bench.y)))
    loss = bench.loss.item()
    if not math.isfinite(loss):
        return replace(now, error=DIVERGED)
    return replace(now, outputs=tuple(bench.prediction.flatten().tolist()), loss=loss)
