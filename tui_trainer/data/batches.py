"""Batches of a person's own data set or loader, in the place of samples that lie in memory."""

import contextlib
import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler, IterableDataset

Targets = Literal["numbers", "classes", ""]


@dataclass(eq=False)
class Batches:
    """What an epoch goes through, and what is held out: a data set, whose batches are ours to make, or a loader.

    held_out: None where there is none. x_shape, y_shape: of a sample, where a batch is a pair of tensors; targets: what
    y is, nothing where no task is known for it.
    first: a few samples, x and y, where these are a pair.
    training is None where a run is looked at whose code is not run, and known is then its fingerprint.
    """

    name: str
    training: Any
    held_out: Any
    x_shape: tuple[int, ...] = ()
    y_shape: tuple[int, ...] = ()
    targets: Targets = ""
    classes: tuple[str, ...] = ()
    has_held_out: bool = False
    first: tuple[Tensor, Tensor] | None = None
    known: str = ""

    @property
    def theirs(self) -> bool:
        """Whether batch size and order are the loader's own."""
        return not isinstance(self.training, Dataset)

    @property
    def stays(self) -> bool:
        """Whether its workers stay from epoch to epoch."""
        return bool(getattr(self.training, "persistent_workers", False))

    @property
    def repeats(self) -> bool:
        """Whether going through it again gives the same, as far as that follows from random numbers."""
        inner = getattr(self.training, "dataset", self.training)
        map_style = hasattr(inner, "__getitem__") and not isinstance(inner, IterableDataset)
        return map_style and not self.stays

    @property
    def notes(self) -> list[str]:
        """What a person may not expect of such data, each in words."""
        said = []
        if self.theirs:
            said.append("its loader makes the batches and their order: batch_size and shuffle have no effect")
        if not self.repeats:
            said.append("a run that is resumed amid an epoch goes on to the bit only where it gives the same once more")
        return said

    def steps(self, batch_size: int, ranks: int = 1) -> int:
        """The steps of an epoch, as far as that is known before it is gone through; else 0.

        ranks: so many processes have the batches dealt out to them, unless the loader's own sampler does that.
        """
        samples = steps_of(self.training)
        steps = samples if self.theirs else -(-samples // batch_size)
        dealt = isinstance(getattr(self.training, "sampler", None), DistributedSampler)
        return steps if dealt else -(-steps // ranks)

    def usual(self, batch_size: int) -> int:
        """The samples of a usual batch, 1 where that isn't known."""
        return (getattr(self.training, "batch_size", None) or 1) if self.theirs else batch_size

    def loader(self, batch_size: int, shuffle: bool) -> Any:
        """What gives a run's training batches."""
        return _loader(self.training, batch_size, shuffle)

    def test_loader(self, batch_size: int) -> Any:
        """What gives those held out, in their order."""
        return _loader(self.held_out, batch_size, shuffle=False)

    @property
    def fingerprint(self) -> str:
        """A hash of what is known without going through it: how much there is, and what a sample looks like."""
        if self.known:
            return self.known
        facts = [_length(self.training), _length(self.held_out), self.x_shape, self.y_shape, self.targets]
        return hashlib.sha256(repr(facts).encode()).hexdigest()


def steps_of(loader: Any) -> int:
    """How many batches a loader gives, as it says itself; 0 where it doesn't."""
    with contextlib.suppress(TypeError, NotImplementedError):
        return len(loader)
    return 0


def _loader(given: Any, batch_size: int, shuffle: bool) -> Any:
    if isinstance(given, IterableDataset):
        return DataLoader(given, batch_size=batch_size)
    if isinstance(given, Dataset):
        return DataLoader(given, batch_size=batch_size, shuffle=shuffle)
    return given


def _length(given: Any) -> int:
    inner = getattr(given, "dataset", given)
    return -1 if isinstance(inner, IterableDataset) else steps_of(inner)
