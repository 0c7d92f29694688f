"""Which samples each step takes."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Steps:
    """Some steps of a run: indices of samples, one after the other, how many each step takes, and its learning rate.

    samples: int64, of shape (n,); sizes: int64, of shape (steps,), which add up to n; rates: float64, of
    shape (steps,).
    """

    samples: Tensor
    sizes: Tensor
    rates: Tensor

    def __len__(self) -> int:
        return len(self.sizes)

    def batches(self) -> Iterator[Any]:
        """Each step's indices, of shape (batch,): what the run's data set gives a batch for."""
        return iter(torch.split(self.samples, self.sizes.tolist()))

    def stretches(self) -> Iterator[Tensor]:
        """The same steps, those of equal size that follow each other together: of shape (steps, batch)."""
        sizes, counts = torch.unique_consecutive(self.sizes, return_counts=True)
        parts = torch.split(self.samples, (sizes * counts).tolist())
        return (part.view(-1, size) for part, size in zip(parts, sizes.tolist(), strict=True))

    def first(self, steps: int) -> "Steps":
        """The first so many of these steps."""
        sizes = self.sizes[:steps]
        return Steps(self.samples[: int(sizes.sum())], sizes, self.rates[:steps])

    @classmethod
    def joined(cls, pieces: Sequence["Steps"]) -> "Steps":
        """The steps of all pieces, in order."""
        parts = zip(*((each.samples, each.sizes, each.rates) for each in pieces), strict=True)
        return Steps(*(torch.cat(part) for part in parts))


class Sampler:
    """Hands out a run's steps, epoch after epoch, each in a new order from the run's one generator."""

    def __init__(self, samples: int, batch_size: int, shuffle: bool, seed: int) -> None:
        self.per_epoch = math.ceil(samples / batch_size)
        self.place = 0
        self.batch = min(batch_size, samples)
        self._samples, self._shuffle = samples, shuffle
        self._generator = torch.Generator().manual_seed(seed)
        self.sizes = torch.full((self.per_epoch,), self.batch)
        self.sizes[-1] = samples - self.batch * (self.per_epoch - 1)
        self._epoch = torch.empty(0, dtype=torch.int64)

    @property
    def epoch(self) -> Tensor:
        """The order of the epoch that was begun, int64 of shape (samples,); of none, where none was."""
        return self._epoch if self.place else self._epoch[:0]

    @property
    def random_state(self) -> Tensor:
        """The state of the random generator, uint8."""
        return self._generator.get_state()

    def go_to(self, place: int, epoch: Tensor, random_state: Tensor) -> None:
        """Go on at a step of an epoch, as a sampler with these `place`, `epoch` and `random_state` would."""
        self.place, self._epoch = place, epoch
        self._generator.set_state(random_state)

    @property
    def left(self) -> int:
        """The steps to the end of the epoch that was begun, of a whole one where none was."""
        return self.per_epoch - self.place

    def take(self, limit: int, rates: Callable[[int], Tensor]) -> Steps:
        """The next steps, at most `limit` of them (and at least one): whole epochs, or a part of one.

        rates: gives the learning rates of so many steps, float64 of shape (steps,).
        """
        if self.place == 0 and limit >= self.per_epoch:
            epochs = limit // self.per_epoch
            return Steps(self._shuffled(epochs), self.sizes.repeat(epochs), rates(epochs * self.per_epoch))
        if self.place == 0:
            self._epoch = self._shuffled(1)
        start, stop = self.place, min(self.place + max(limit, 1), self.per_epoch)
        self.place = stop % self.per_epoch
        return Steps(self._epoch[start * self.batch : stop * self.batch], self.sizes[start:stop], rates(stop - start))

    def _shuffled(self, epochs: int) -> Tensor:
        """The samples of so many whole epochs, of shape (epochs * samples,)."""
        orders = torch.arange(self._samples).repeat(epochs, 1)
        if self._shuffle:
            for order in orders:
                torch.randperm(self._samples, generator=self._generator, out=order)
        return orders.flatten()
