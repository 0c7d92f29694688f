"""Arrays and labels, made samples of: pictures, or rows of numbers."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.columns import Columns
from tui_trainer.data.sources.source import Rows
from tui_trainer.sentence import InputError

MAX_CELLS = 200_000_000
MAX_CLASSES = 1_000
MAX_SIDE = 1024  # pixels
CHANNELS = (1, 3, 4)
Shape = tuple[int, int, int]


def check_size(name: str, shape: Sequence[int]) -> None:
    """Raise InputError for an array that is too large to hold."""
    if math.prod(shape) > MAX_CELLS:
        raise InputError(
            f"{name}: {math.prod(shape):,} numbers are too many to hold in memory; give at most 200 million"
        )


def pictures_of(name: str, x: NDArray[Any]) -> tuple[NDArray[Any], Shape | None]:
    """An array as (samples, numbers of a sample), and the channels, height and width where these are pictures.

    Pictures are of shape (samples, height, width), with their channels, 1, 3 or 4, before or after these two.
    Raises InputError for another shape.
    """
    given = x.shape
    if x.ndim == 4 and x.shape[3] in CHANNELS and x.shape[1] not in CHANNELS:
        x = np.moveaxis(x, 3, 1)
    shape = (1, *x.shape[1:]) if x.ndim == 3 else x.shape[1:]
    picture = len(shape) == 3
    if x.ndim == 1 or not (len(shape) == 1 or picture) or not math.prod(x.shape):
        raise InputError(
            f"{name}: its shape is {given}; give pictures of shape (samples, height, width), with or without "
            "channels, or numbers of shape (samples, features)"
        )
    if picture and (shape[0] not in CHANNELS or max(shape[1:]) > MAX_SIDE):
        raise InputError(
            f"{name}: its shape is {given}: no pictures of 1, 3 or 4 channels and at most {MAX_SIDE} pixels a side"
        )
    return x.reshape(len(x), -1), (shape[0], shape[1], shape[2]) if picture else None


def numbers_of(name: str, values: NDArray[Any]) -> NDArray[np.float64]:
    """An array as float64. Raises InputError where something in it is no finite number."""
    if values.dtype.kind not in "biuf":
        raise InputError(f"{name}: it holds {values.dtype}, and no numbers; give an array of numbers")
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        place = ", ".join(str(int(i)) for i in np.argwhere(~np.isfinite(numbers))[0])
        raise InputError(f"{name}: not finite at [{place}]; give finite numbers")
    return numbers


def classes_of(name: str, labels: NDArray[Any]) -> tuple[NDArray[np.int64], tuple[str, ...], list[str]]:
    """The place of each label among the classes, the names of these in order, and what there is to tell.

    labels: of shape (samples,). Raises InputError for one class, or too many.
    """
    found, y = np.unique(labels, return_inverse=True)
    names = tuple(f"{label:g}" if isinstance(label, float) else str(label) for label in found.tolist())
    if len(names) < 2:
        raise InputError(f"{name}: one class: nothing is learned from that; give two or more")
    if len(names) > MAX_CLASSES:
        raise InputError(f"{name}: {len(names):,} classes, and there may be {MAX_CLASSES:,}; give others")
    single = int((np.bincount(y) == 1).sum())
    notes = [f"{single} of {len(names)} classes ha{'s' if single == 1 else 've'} a single sample"] if single else []
    return y.astype(np.int64), names, notes


def rows(x: NDArray[Any], y: NDArray[Any], classes: tuple[str, ...], shape: Shape | None, notes: Sequence[str]) -> Rows:
    """The samples; of pictures the columns have no names of their own."""
    if shape:
        size = f"pictures of {shape[2]}x{shape[1]} pixels" + (f" in {shape[0]} channels" if shape[0] > 1 else "")
        columns = Columns("pixels", "class" if classes else "y", (), (size, *notes))
    else:
        names = tuple(f"x{i}" for i in range(1, x.shape[1] + 1))
        columns = Columns(names[0] if len(names) == 1 else names, "class" if classes else "y", (), tuple(notes))
    return Rows(x, y, columns, classes, None, shape)
