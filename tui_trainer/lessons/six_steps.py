"""The six steps of a training loop, each a function, and the bench that they work on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from tui_trainer.engine.random_numbers import RandomNumbers


class Bench:
    """A network, what trains it, and a batch of two samples."""

    batch = torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [5.0]])
    x: Tensor
    y: Tensor
    prediction: Tensor
    loss: Tensor

    def __init__(self, rate: float) -> None:
        with RandomNumbers(1).drawn():
            self.model = nn.Linear(1, 1)  # w x + b
        self.loss_fn = nn.MSELoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate)


def train_mode(bench: Bench) -> None:
    """1: training mode, which a few kinds of layers ask for."""
    bench.model.train()


def take_batch(bench: Bench) -> None:
    """2: the samples, and what the network should make of them."""
    bench.x, bench.y = bench.batch


def forget(bench: Bench) -> None:
    """3: forget the gradients of the step before."""
    bench.optimizer.zero_grad()


def forward(bench: Bench) -> None:
    """4: forward, and how wrong that was."""
    bench.prediction = bench.model(bench.x)
    bench.loss = bench.loss_fn(bench.prediction, bench.y)


def backward(bench: Bench) -> None:
    """5: backward, which gives each weight its gradient."""
    bench.loss.backward()


def move(bench: Bench) -> None:
    """6: move each weight a little against its gradient."""
    bench.optimizer.step()


STEPS: dict[str, Callable[[Bench], None]] = {
    "1": train_mode,
    "2": take_batch,
    "3": forget,
    "4": forward,
    "5": backward,
    "6": move,
}
RIGHT_ORDER = "".join(STEPS)


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
    """A step that was taken, or that failed with the error: the numbers before it and after."""

    round: int
    step: str
    before: Numbers
    after: Numbers
    outputs: tuple[float, ...] = ()
    loss: float | None = None
    error: str = ""

    @property
    def added(self) -> bool:
        """Whether backward met gradients that nobody had forgotten."""
        return self.step == "5" and bool(self.before.gradients) and not self.error

    @property
    def moved(self) -> bool:
        """Whether the optimizer had gradients to move the weights by."""
        return self.step == "6" and bool(self.before.gradients)


def go(bench: Bench, order: str, rounds: int) -> Iterator[Done]:
    """Take the steps in this order, round after round, until one fails."""
    for round in range(1, rounds + 1):
        for step in order:
            before = Numbers.of(bench)
            try:
                STEPS[step](bench)
            except (AttributeError, RuntimeError) as error:
                first_sentence = str(error).partition(". ")[0].partition("\n")[0]
                said = f"{type(error).__name__}: {first_sentence}"
                yield Done(round, step, before, Numbers.of(bench), error=said)
                return
            after = Numbers.of(bench)
            if step == "4":
                yield Done(round, step, before, after, tuple(bench.prediction.flatten().tolist()), bench.loss.item())
            else:
                yield Done(round, step, before, after)
