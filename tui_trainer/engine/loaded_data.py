"""The batches of a person's own loader, made what a step takes, and their losses, with what is measured on the way."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tui_trainer.catalog import MODELS
from tui_trainer.data.batches import Batches
from tui_trainer.engine.loader_sampler import LoaderSampler
from tui_trainer.engine.own_step import Whole
from tui_trainer.engine.tally import Tallied
from tui_trainer.experiment import Experiment, update_size
from tui_trainer.sentence import InputError


def loaded_data(
    batches: Batches, experiment: Experiment, dtype: torch.dtype, device: torch.device
) -> "tuple[LoadedData, LoadedData]":
    """What a run is trained on, and what is held out. Raises InputError for settings that such batches can't have."""
    if experiment.execution not in ("auto", "eager", "inductor"):
        raise InputError(
            f"execution: {experiment.execution} takes samples in memory, and {batches.name} loads them; "
            "take eager or inductor"
        )
    if experiment.accumulate > 1 and batches.theirs:
        raise InputError(f"accumulate: batches of {batches.name} are its loader's own; leave it out")
    size = update_size(experiment)
    loaders = batches.loader(size, experiment.shuffle), batches.test_loader(experiment.batch_size)
    options = {"whole": bool(experiment.step), "flat": experiment.model in MODELS}
    training, held_out = (LoadedData(loader, batches, dtype, device, **options) for loader in loaders)
    return training, held_out


class LoadedData:
    """The batches of a loader, made what the run's step takes."""

    def __init__(
        self, loader: Any, batches: Batches, dtype: torch.dtype, device: torch.device, whole: bool, flat: bool
    ) -> None:
        """whole: whether a batch may be anything, as for a person's own step; flat: whether a sample of x is a row."""
        self.loader, self.name, self._few = loader, batches.name, batches.first
        self._dtype, self._device, self._whole, self._flat = dtype, device, whole, flat
        self.x = self.y = torch.empty(0, dtype=dtype, device=device)

    def __len__(self) -> int:
        """Whether there are any: how many samples isn't known before they are loaded."""
        return self.loader is not None

    def __getitem__(self, batch: Any) -> tuple[Tensor, Tensor]:
        """A batch of the loader, on the device of the run: x, and y of shape (batch, targets), or (batch,) of classes.

        Floats have the run's dtype. Raises InputError for one that is no pair of tensors, unless any will do.
        """
        moved: Any = self._moved(batch)
        pair = isinstance(moved, list | tuple) and len(moved) == 2 and all(isinstance(each, Tensor) for each in moved)
        if self._whole:
            whole: tuple[Any, Any] = Whole(moved, self._device), Whole((), self._device)
            return (moved[0], moved[1]) if pair else whole
        if not pair:
            raise InputError(
                f"{self.name}: a batch is {shape_of(batch)}, and loss(model(x), y) takes a pair of tensors, x and y; "
                "give these, or a step of your own with --step"
            )
        x, y = moved
        if not len(x):
            raise InputError(f"{self.name}: a batch has no samples; leave it out")
        if len(x) != len(y):
            raise InputError(f"{self.name}: a batch has {len(x):,} samples of x and {len(y):,} of y")
        return (x.flatten(1) if self._flat else x), as_targets(y)

    def _moved(self, batch: Any) -> Any:
        match batch:
            case Tensor(is_meta=True):
                raise InputError(f"{self.name}: a batch has a tensor on the device meta, without numbers")
            case Tensor():
                dtype = self._dtype if batch.is_floating_point() else None
                return batch.to(self._device, dtype, non_blocking=True)
            case Mapping():
                return {name: self._moved(each) for name, each in batch.items()}
            case tuple() if hasattr(batch, "_fields"):
                return type(batch)(*map(self._moved, batch))
            case list() | tuple():
                return type(batch)(map(self._moved, batch))
            case np.ndarray() if batch.dtype.kind in "biuf":
                return self._moved(torch.from_numpy(batch))
            case _:
                return batch.to(self._device) if hasattr(batch, "to") else batch

    @property
    def few(self) -> tuple[Tensor, Tensor] | None:
        """A few samples, with which a net is tried, where a batch is a pair of tensors."""
        return self[self._few] if self._few else None

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All of an epoch, as large as the loader makes them, drawn alike each time."""
        sampler = LoaderSampler(self.loader, self.name, seed=0)
        while True:
            yield self[next(sampler.take(1, torch.zeros).batches())]
            if not sampler.place:
                return

    def to(self, device: torch.device) -> None:
        """Give batches on another device from here on."""
        self._device = device
        self.x, self.y = self.x.to(device), self.y.to(device)


class NotedLoss(Tallied):
    """A loss of batches, which notes what the net gave: the samples themselves are gone when an epoch is measured."""

    def __init__(self, loss_fn: Callable[[Tensor, Tensor], Tensor], name: str) -> None:
        super().__init__()
        self._loss_fn, self._name, self._fits = loss_fn, name, False

    def __call__(self, prediction: Tensor, y: Tensor) -> Tensor:
        """The loss of a batch, of shape (). Raises InputError where the net's outputs don't fit y."""
        if not self._fits:
            self.check(prediction, y)
        self.tally.keep(prediction, y)
        try:
            return self._loss_fn(prediction, y)
        except IndexError:  # which the CPU tells
            classes, largest = prediction.shape[1], int(y.max())
            if largest < classes:
                raise InputError(f"data: y has a class {int(y.min())}; number them from 0") from None
            what = (
                f"y has a class {largest}, and the model gives {classes:,} scores, of the classes 0 to {classes - 1:,}"
            )
            raise InputError(f"data: {what}; let its last layer give {largest + 1:,}") from None

    def check(self, prediction: Tensor, y: Tensor) -> None:
        """Raise InputError where these outputs don't fit y, or are none."""
        if not isinstance(prediction, Tensor):
            what = f"model: it gives {shape_of(prediction)}, and a loss takes a tensor"
            raise InputError(f"{what}; return one, or give a step of your own with --step")
        given, wanted = tuple(prediction.shape), tuple(y.shape)
        if y.is_floating_point() and given != wanted:
            raise InputError(f"model: it gives shape {given} for y of shape {wanted}; give {wanted[1:]} for a sample")
        if (
            not y.is_floating_point()
            and self._name != "bce"
            and (prediction.ndim < 2 or given[:1] + given[2:] != wanted)
        ):
            raise InputError(
                f"model: it gives shape {given} for classes of shape {wanted}; give (classes,) for a sample"
            )
        self._fits = True


def as_targets(y: Tensor) -> Tensor:
    """Targets as losses take them: a number for each sample is a column, and whole ones are classes."""
    if y.is_floating_point():
        return y.unsqueeze(1) if y.ndim == 1 else y
    return y.long()


def shape_of(batch: Any) -> str:
    """What a batch is, in words: `a tuple of 3`, `float32 of shape (32, 10)`."""
    if isinstance(batch, Tensor):
        return f"{str(batch.dtype).removeprefix('torch.')} of shape {tuple(batch.shape)}"
    if isinstance(batch, Mapping):
        return f"a dict with {', '.join(map(repr, batch))}"
    if isinstance(batch, list | tuple):
        return f"a {type(batch).__name__} of {len(batch)}"
    return f"of type {type(batch).__name__}"
