"""A look at the first batch of a person's own loader, which tells what there is to learn."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from tui_trainer.data.batches import Batches, Targets
from tui_trainer.data.dataset import FEW
from tui_trainer.own_module import RAISED, error_line
from tui_trainer.random_numbers import Drawn
from tui_trainer.sentence import InputError

MAX_CLASSES = 1_000


def look(found: Batches, seed: int) -> Batches:
    """The same batches with what the first one shows. Raises InputError where there is none, or it can't be had."""
    parts = {"training": found.training, **({"test": found.held_out} if found.has_held_out else {})}
    first, *_ = [_first(given, found.name, part, seed) for part, given in parts.items()]
    if isinstance(first, list | tuple) and len(first) == 2 and all(map(is_batch, first)):
        x, y = map(torch.as_tensor, first)
        found.first = x[:FEW].clone(), y[:FEW].clone()
        found.x_shape, found.y_shape, found.targets = tuple(x.shape[1:]), tuple(y.shape[1:]), _targets(y)
    if found.targets == "classes":
        named = getattr(getattr(found.training, "dataset", found.training), "classes", None)
        if isinstance(named, list | tuple) and 2 <= len(named) <= MAX_CLASSES:
            found.classes = tuple(map(str, named))
    return found


def is_batch(given: Any) -> bool:
    """Whether it is a tensor, or an array, of several samples."""
    return isinstance(given, Tensor | np.ndarray) and given.ndim > 0


def _targets(y: Tensor) -> Targets:
    if y.is_floating_point():
        return "numbers" if y.ndim <= 2 else ""
    return "classes" if y.ndim == 1 else ""


def _first(given: Any, name: str, part: str, seed: int) -> Any:
    try:
        with Drawn(seed)():
            return next(iter(_without_workers(given)))
    except StopIteration:
        raise InputError(f"{name}: its {part} part is empty: it gives no batch") from None
    except RAISED as error:
        raise InputError(f"{name}: {error_line(error)}; it is the first batch of its {part} part") from error


def _without_workers(given: Any) -> Any:
    """The same in this process: its workers take longer to start than one batch takes."""
    if isinstance(given, Dataset):
        return DataLoader(given, batch_size=FEW)
    if not isinstance(given, DataLoader) or isinstance(given.dataset, IterableDataset) or not given.num_workers:
        return given
    if given.batch_sampler is None:
        return DataLoader(given.dataset, batch_size=None, sampler=given.sampler, collate_fn=given.collate_fn)
    return DataLoader(given.dataset, batch_sampler=given.batch_sampler, collate_fn=given.collate_fn)
