"""What a person's own function, data set or loader gives, made samples or batches of."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, TensorDataset

from tui_trainer.data.batches import Batches
from tui_trainer.data.first_batch import look
from tui_trainer.data.sources.arrays import CHANNELS, MAX_SIDE, check_size, classes_of, numbers_of, pictures_of, rows
from tui_trainer.data.sources.source import Rows
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import CodeReference
from tui_trainer.own_module import RAISED, error_line, load
from tui_trainer.random_numbers import Drawn
from tui_trainer.sentence import InputError

WANTED = "give (x, y), (train, test), a Dataset or a DataLoader"


class Given:
    """What the code gives when it has run: arrays, a data set, a loader."""

    def __init__(self, experiment: Experiment, reference: CodeReference) -> None:
        self._experiment, self._reference, self.name = experiment, reference, f"data: {reference}"

    def rows(self) -> Rows:
        """Samples, or batches in their place. Raises InputError for anything else."""
        given = self._given()
        train, test = given, None
        if isinstance(given, tuple | list):
            in_parts = isinstance(given, tuple) or any(map(is_loadable, given))  # and no list of batches
            if in_parts and len(given) != 2:  # a third one would be learned from as well
                raise InputError(f"{self.name}: it gives a {type(given).__name__} of {len(given)}; {WANTED}")
            if len(given) == 2 and not all(map(is_array, given)):
                train, test = given
        if train is None:
            raise InputError(f"{self.name}: it gives nothing; {WANTED}")
        parts = [self._arrays(each) for each in ((train,) if test is None else (train, test))]
        if all(part is not None and fits(part) for part in parts):
            return self._rows([part for part in parts if part])
        return Rows(np.empty((0, 1)), np.empty((0, 1)), batches=self._batches(train, test))

    def _given(self) -> Any:
        thing = load(self._reference)
        if isinstance(thing, type) or (callable(thing) and not isinstance(thing, Dataset | DataLoader)):
            try:
                with Drawn(self._experiment.seed)():  # the same seed, the same data: what it holds out, too
                    return thing(**self._experiment.arguments("data"))
            except RAISED as error:
                raise InputError(f"{self.name}: {error_line(error)}") from error
        return thing

    def _arrays(self, given: Any) -> "Pair | None":
        """x and y where they are there as arrays, all of them."""
        if isinstance(given, TensorDataset) and len(given.tensors) == 2:
            given = given.tensors
        if isinstance(given, tuple | list) and len(given) == 2 and all(map(is_array, given)):
            x, y = (each if isinstance(each, Tensor) else np.asarray(each) for each in given)
            for name, each in (("x", x), ("y", y)):
                if isinstance(each, Tensor) and (each.is_meta or each.layout is not torch.strided):
                    what = "on the device meta, without numbers" if each.is_meta else "sparse; give its to_dense()"
                    raise InputError(f"{self.name}: {name} is {what}")
            if len(x) != len(y):
                raise InputError(f"{self.name}: x has {len(x):,} samples, and y {len(y):,}")
            if not len(x):
                raise InputError(f"{self.name}: no samples")
            return Pair(x, y)
        return None

    def _rows(self, parts: "list[Pair]") -> Rows:
        """Samples in memory, those held out at the end."""
        for of_training, of_test, name in zip(parts[0], parts[-1], ("x", "y"), strict=True):
            if of_training.shape[1:] != of_test.shape[1:]:
                shapes = f"{tuple(of_training.shape)} for training and {tuple(of_test.shape)} to test"
                raise InputError(f"{self.name}: {name} is of shape {shapes}; give samples of one shape")
        together = Pair(*(np.concatenate([_numpy(each) for each in both]) for both in zip(*parts, strict=True)))
        x, y = together
        check_size(self.name, x.shape)
        x, shape = pictures_of(f"{self.name}: x", x.reshape(-1, 1) if x.ndim == 1 else x)
        x = numbers_of(f"{self.name}: x", x)
        classes: tuple[str, ...] = ()
        said: list[str] = []
        if y.dtype.kind in "biuUS":
            if y.size != len(y):
                wanted = f"of shape ({len(y)},), or floats, which are predicted as numbers"
                raise InputError(f"{self.name}: y is of {y.dtype} and shape {y.shape}; give classes {wanted}")
            y, classes, said = classes_of(f"{self.name}: y", y.reshape(-1))
        else:
            y = numbers_of(f"{self.name}: y", y.reshape(len(y), -1))
        made = rows(x, y, classes, shape, said)
        return made._replace(held_out=len(parts[1].x) if len(parts) > 1 else 0)

    def _batches(self, train: Any, test: Any) -> Batches:
        """What is gone through batch by batch, known by a look at its first one."""
        train, test = (None if each is None else self._loadable(each) for each in (train, test))
        found = Batches(self.name, train, test, has_held_out=test is not None)
        return look(found, self._experiment.seed)

    def _loadable(self, given: Any) -> Any:
        """A data set or a loader. Raises InputError for anything else."""
        if arrays := self._arrays(given):
            return TensorDataset(*map(torch.as_tensor, arrays))
        if isinstance(given, Dataset | DataLoader):
            return given
        if isinstance(given, Iterator):
            raise InputError(f"{self.name}: a generator ends after one epoch; give a DataLoader or an IterableDataset")
        if hasattr(given, "__iter__") and not isinstance(given, str | bytes | dict | np.ndarray | Tensor):
            return given
        raise InputError(f"{self.name}: it gives {type(given).__name__}; {WANTED}")


class Pair(NamedTuple):
    """All samples as arrays or tensors."""

    x: Any
    y: Any


def is_array(given: Any) -> bool:
    """Whether it is an array, or a list of numbers; a tensor, and a table of pandas, make arrays of themselves."""
    if hasattr(given, "__array__"):
        return bool(given.ndim)
    return isinstance(given, list) and bool(given) and isinstance(given[0], int | float | str | list)


def is_loadable(given: Any) -> bool:
    """Whether it is a data set or a loader of PyTorch's."""
    return isinstance(given, Dataset | DataLoader)


def fits(pair: Pair) -> bool:
    """Whether they are samples of a task: rows or pictures, and a number, a row of numbers or a class for each.

    Tensors of whole numbers stay those, as words of a text are; and all else that is no row is gone through in batches.
    """
    x, y = pair
    if isinstance(x, Tensor) and x.dtype in (torch.int32, torch.int64):
        return False
    picture = x.ndim in (3, 4) and max(x.shape[1:]) <= MAX_SIDE
    picture = picture and (x.ndim == 3 or x.shape[1] in CHANNELS or x.shape[3] in CHANNELS)
    return (x.ndim <= 2 or picture) and y.ndim <= 2


def _numpy(values: Any) -> NDArray[Any]:
    if isinstance(values, Tensor):
        values = values.detach().cpu()
        values = (values.float() if values.dtype is torch.bfloat16 else values).numpy()
    return np.asarray(values)
