"""One weight and a few samples: the gradient of a batch of them, and one that is drawn for a learner to work out."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Array = NDArray[np.float64]

# (x, y), about y = 1.5 x: float64 holds whole numbers, and so all that is shown, exactly.
SAMPLES = ((1.0, 3.0), (2.0, 1.0), (-1.0, -3.0), (3.0, 5.0), (-2.0, -4.0), (1.0, 0.0), (2.0, 5.0), (-3.0, -3.0))
ALL = len(SAMPLES)
SIZES = (1, 2, 4, ALL)
X, Y = torch.tensor(SAMPLES, dtype=torch.float64).T

WEIGHTS, XS, YS = (-3, -2, -1, 1, 2, 3), (-3, -2, -1, 1, 2, 3), range(-5, 6)
DRAWN_SIZES = (1, 2, 4)


def loss_of(w: Tensor, batch: Sequence[int], x: Tensor = X, y: Tensor = Y) -> Tensor:
    """The mean squared error of the model y = w x on some samples, by their places."""
    return nn.functional.mse_loss(w * x[[*batch]], y[[*batch]])


def gradient(w: float, batch: Sequence[int], x: Tensor = X, y: Tensor = Y) -> float:
    """The slope of that loss at w, asked of autograd."""
    weight = nn.Parameter(torch.tensor(w, dtype=torch.float64))
    loss_of(weight, batch, x, y).backward()
    assert weight.grad is not None
    slope: float = weight.grad.item()
    return slope


def whole_loss(w: Array) -> Array:
    """The loss of all samples at each w."""
    losses: Array = ((w[:, None] * X.numpy() - Y.numpy()) ** 2).mean(axis=1)
    return losses


def best_weight() -> float:
    """Where the loss of all samples is least."""
    return float(X @ Y / (X @ X))


def epoch_of(size: int, generator: torch.Generator) -> Iterator[list[int]]:
    """All samples once, in a new order, in batches: the places of each."""
    return (batch.tolist() for batch in torch.randperm(ALL, generator=generator).split(size))


@dataclass(frozen=True)
class Spread:
    """The gradients of many batches of a size, around those of all samples: how many there are, and their deviation."""

    batches: int
    mean: float
    deviation: float

    @classmethod
    def of(cls, w: float, batches: Iterable[Sequence[int]]) -> Self:
        """Of these batches; each has the mean of its samples' gradients, as a mean's gradient is."""
        single = np.array([gradient(w, [sample]) for sample in range(ALL)])
        gradients = single[np.array([*batches])].mean(axis=1)
        return cls(len(gradients), float(gradients.mean()), float(gradients.std()))


def with_replacement(size: int) -> Iterable[Sequence[int]]:
    """Every batch whose samples are drawn one by one, each from all of them."""
    return itertools.product(range(ALL), repeat=size)


def without_replacement(size: int) -> Iterable[Sequence[int]]:
    """Every batch of different samples: what an epoch, shuffled, can begin with."""
    return itertools.combinations(range(ALL), size)


@dataclass(frozen=True)
class DrawnBatch:
    """A weight, and a batch of samples (x, y), all of small whole numbers."""

    w: int
    samples: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, draw: int) -> Self:
        """That of a draw: its gradient is never 0, which one would say without working it out."""
        random = np.random.default_rng(draw)
        while True:
            w, size = int(random.choice(WEIGHTS)), int(random.choice(DRAWN_SIZES))
            samples = tuple((int(random.choice(XS)), int(random.choice(YS))) for _ in range(size))
            drawn = cls(w, samples)
            if len(set(samples)) == size and drawn.gradient:
                return drawn

    @cached_property
    def gradient(self) -> float:
        """What is asked for."""
        x, y = torch.tensor(self.samples, dtype=torch.float64).T
        return gradient(self.w, range(len(self.samples)), x, y)

    @property
    def question(self) -> str:
        """What is asked, in whatever order."""
        return f"w={self.w} " + " ".join(f"{x},{y}" for x, y in sorted(self.samples))

    @property
    def worked_out(self) -> str:
        """How the gradient comes about: `2/2 · (1·(-1) + (-1)·(-4))`."""
        written = lambda number: f"({number})" if number < 0 else f"{number}"  # noqa: E731
        terms = " + ".join(f"{written(x)}·{written(self.w * x - y)}" for x, y in self.samples)
        return f"2/{len(self.samples)} · ({terms})"


def pairs(samples: Iterable[tuple[float, float]]) -> str:
    """Samples as they are written: `(1, 3), (2, -1)`."""
    return ", ".join(f"({x:g}, {y:g})" for x, y in samples)
