"""The samples of a data set in a few cells: dots of braille, without axes."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tui_trainer.charts.chart import Array
from tui_trainer.charts.styles import role
from tui_trainer.data.samples import Samples
from tui_trainer.data.span import share
from tui_trainer.data.telling import told_by_features

if TYPE_CHECKING:
    from tui_trainer.charts.styles import Row

# The bit of each dot in a cell of braille, by row and column.
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
BRAILLE, COLUMNS, ROWS = 0x2800, 2, 4


def thumbnail(samples: Samples, width: int, height: int) -> "list[Row]":
    """The training samples in `height` rows of `width` cells, each class in a colour of its own.

    Of samples with two features and a class it shows where they lie in the plane, of others y by their feature; where
    there are more features, by those that tell most.
    """
    if samples.shape:
        return _pictures(samples, width, height)
    y = samples.y.reshape(len(samples.y), -1)[:, 0].astype(np.float64)
    x, _ = samples.inputs
    plane = bool(samples.classes) and x.shape[1] > 1
    most = np.argsort(-told_by_features(samples), kind="stable") if x.shape[1] > 2 else np.arange(x.shape[1])
    across = _places(x[:, most[0]], width * COLUMNS)
    up = _places(x[:, most[1]] if plane else y, height * ROWS)
    group = y.astype(np.intp) if samples.classes else np.zeros(len(y), np.intp)
    dots = np.zeros((group.max(initial=0) + 1, height * ROWS, width * COLUMNS), bool)
    dots[group, height * ROWS - 1 - up, across] = True
    cells = dots.reshape(len(dots), height, ROWS, width, COLUMNS).swapaxes(2, 3)
    signs = BRAILLE + (cells.any(axis=0) * BITS).sum(axis=(2, 3))
    colour = cells.sum(axis=(3, 4)).argmax(axis=0)  # the class of most dots in a cell, which has one colour only
    return [
        [
            (chr(sign), role(group) if samples.classes else "data")
            for sign, group in zip(signs[row].tolist(), colour[row].tolist(), strict=True)
        ]
        for row in range(height)
    ]


def _pictures(samples: Samples, width: int, height: int) -> "list[Row]":
    """The first pictures of these, a dot for each pixel that is brighter than their mean; of large ones some."""
    _, high, wide = samples.shape or (1, 1, 1)
    step = -(-high // (height * ROWS))
    dots = np.zeros((height * ROWS, width * COLUMNS), bool)
    room = max(1, dots.shape[1] // -(-wide // step))
    pixels = samples.x[:room].reshape(-1, *(samples.shape or (1, 1, 1))).mean(axis=1)[:, ::step, ::step]
    shown = np.concatenate(list(pixels > pixels.mean()), axis=1)[:, : dots.shape[1]]
    dots[: shown.shape[0], : shown.shape[1]] = shown
    signs = BRAILLE + (dots.reshape(height, ROWS, width, COLUMNS).swapaxes(1, 2) * BITS).sum(axis=(2, 3))
    return [[("".join(map(chr, row)), "data")] for row in signs.tolist()]


def _places(values: Array, count: int) -> NDArray[Any]:
    """In which of so many equal parts of their range the values lie; in the middle one where they are all the same."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.full(len(values), count // 2)
    return np.minimum((share(values, low, high) * count).astype(np.intp), count - 1)
