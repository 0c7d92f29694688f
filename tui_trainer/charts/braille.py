"""Lines and dots as braille: two places across and four up in each cell.

plotext draws them too, but where lines share a cell it gives the dots of all to the last, which makes that one thicker
and hides the others. Here each has its own dots, and they take turns.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tui_trainer.charts.chart import Array

Dotted: TypeAlias = NDArray[np.uint8]  # for each cell, of shape (rows, columns), the dots in it; 0: none
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)
DASH = 2  # cells of one line, where lines lie on each other; then the next has its turn
SPARED = 3  # of so many cells in a row that have both dots and a line, the first is the dots'


class Size(NamedTuple):
    """In cells."""

    rows: int
    columns: int


def joined(x: Array, y: Array, size: Size) -> Dotted:
    """The line through these points, both of shape (n,), from 0 to 1."""
    across, down = _places(x, y, size)
    to_x, to_y = np.diff(across), np.diff(down)
    lengths = np.maximum(np.abs(to_x), np.abs(to_y)).astype(np.intp)
    done = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    part = done / np.repeat(lengths, lengths)
    along = np.repeat(across[:-1], lengths) + np.repeat(to_x, lengths) * part
    below = np.repeat(down[:-1], lengths) + np.repeat(to_y, lengths) * part
    return _folded(np.append(along, across[-1:]), np.append(below, down[-1:]), size)


def dots(x: Array, y: Array, size: Size, every: int = 1) -> Dotted:
    """These points, each a dot; every: only those in every second, third, … place across."""
    across, down = _places(x, y, size)
    seen = across % every == 0
    return _folded(across[seen], down[seen], size)


def cells(x: Array, y: Array, size: Size) -> list[tuple[int, int]]:
    """The row and column of the cell that each of these points is in."""
    across, down = _places(x, y, size)
    return list(zip((down // 4).astype(int).tolist(), (across // 2).astype(int).tolist(), strict=True))


def in_turns(lines: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lines, of shape (lines, rows, columns), each cell being left to one: they take turns along what they share."""
    there = lines > 0
    turn = np.arange(lines.shape[2]) // DASH % np.maximum(there.sum(axis=0), 1)
    return np.where(np.cumsum(there, axis=0) - 1 == turn, lines, 0)


def spared(dots: Dotted, lines: NDArray[np.uint8]) -> Dotted:
    """The dots that are left where lines, of shape (lines, rows, columns), are: in one of three columns they share.

    So both are seen: a line through many dots does not fall apart, and of a few dots each is there.
    """
    meet = np.logical_and(dots, lines.any(axis=0))
    columns = np.arange(meet.shape[1])
    before = np.maximum.accumulate(np.where(meet.any(axis=0), -1, columns))
    return np.where(np.logical_and(meet, (columns - before) % SPARED != 1), 0, dots)


def _places(x: Array, y: Array, size: Size) -> tuple[Array, Array]:
    return np.round(x * (2 * size.columns - 1)), np.round((1 - y) * (4 * size.rows - 1))


def _folded(across: Array, down: Array, size: Size) -> Dotted:
    """Dots as cells of them."""
    seen = np.zeros((4 * size.rows, 2 * size.columns), dtype=np.uint8)
    seen[np.round(down).astype(np.intp), np.round(across).astype(np.intp)] = 1
    folded: Dotted = np.einsum("ricj,ij->rc", seen.reshape(size.rows, 4, size.columns, 2), BITS)
    return folded
