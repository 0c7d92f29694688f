"""A CSV file's two columns: which ones, and every cell checked."""

import csv
import itertools
import math
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_trainer.experiment import InputError
from tui_trainer.files import open_regular
from tui_trainer.settings import listed, quoted, unknown

MAX_LINE = 1_000_000
DELIMITERS = ",;\t"


class Layout(NamedTuple):
    """Where in a file the numbers stand: what is between cells, whether there is a header, and two columns from 0."""

    delimiter: str
    header: bool
    x: int
    y: int


class Table(NamedTuple):
    """Two columns of a file, as float64 arrays of shape (rows,), their names, and where they stand."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_label: str
    y_label: str
    layout: Layout


def read_table(path: Path, x: str = "", y: str = "", quote_cells: bool = False) -> Table:
    """Read the columns named x and y, by default the first two with a name whose first cell is a number.

    A header row is expected unless its cells are all numbers; then columns are named 1, 2, ...
    A BOM, CRLF, and `;` or tab between cells are fine.
    Raises InputError that names the file, the row (its line in the file) and the column; only with
    `quote_cells` does it say what stands there.
    """
    with open_regular(path) as file:
        lines = _lines(file, path)
        first = next(lines, "")
        if not first.strip():
            raise InputError(f"{path}: empty; give a header row and rows of numbers")
        delimiter = max(DELIMITERS, key=first.count)
        rows = csv.reader(itertools.chain([first], lines), delimiter=delimiter, strict=True)
        try:
            return _columns(rows, path, x, y, delimiter, quote_cells)
        except csv.Error as error:
            raise InputError(f"{path}: row {rows.line_num}: no CSV: {error}") from None


def _lines(file: BinaryIO, path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise InputError(f"{path}: row {number} has {MAX_LINE:,} bytes or more; give a CSV text file")
        if b"\0" in line:
            raise InputError(f"{path}: row {number} holds a NUL byte, so this is no text; give a CSV text file")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise InputError(f"{path}: row {number} is not UTF-8; save the file as UTF-8 text") from None


def _columns(rows: Iterator[list[str]], path: Path, x: str, y: str, delimiter: str, quote_cells: bool) -> Table:
    names = [name.strip() for name in next(rows)]
    header = not all(_number(name) is not None for name in names)
    if not header:
        first, names = names, [str(i) for i in range(1, len(names) + 1)]
    else:
        first = next((row for row in rows if row), [])
    if not first:
        raise InputError(f"{path}: a header but no rows; add rows of numbers")
    # A column without a name is the row number that R and pandas write.
    numeric = [name for name, cell in zip(names, first, strict=False) if name and _number(cell) is not None]
    taken = {column for column in (x, y) if column}
    spare = (name for name in numeric if name not in taken)
    x, y = x or next(spare, ""), y or next(spare, "")
    for column in (x, y):
        if not column:
            there_are = f"; its columns are {listed(names)}" if quote_cells else ""
            raise InputError(f"{path}: fewer than two columns of numbers{there_are}")
        if column not in names:
            known = unknown(column, dict.fromkeys(names)) if quote_cells else f"{quoted(column)} is unknown"
            raise InputError(f"{path}: column {known}")
    if x == y:
        same = f"are both column {quoted(x)}" if quote_cells else "are one column"
        raise InputError(f"{path}: x and y {same}, and nothing is learned from that; give two")
    wanted = [(array("d"), names.index(column), column) for column in (x, y)]
    for row in itertools.chain([first], rows):
        if not row:
            continue
        line = rows.line_num  # type: ignore[attr-defined]
        if len(row) != len(names):
            raise InputError(f"{path}: row {line} has {len(row)} cells where the first row has {len(names)}")
        for values, index, column in wanted:
            value = _number(row[index])
            if value is None or not math.isfinite(value):
                wrong = "not a number" if value is None else "not finite"
                place = f"column {quoted(column)}: {quoted(row[index])} is" if quote_cells else f"column {index + 1}:"
                raise InputError(f"{path}: row {line}, {place} {wrong}; give numbers")
            values.append(value)
    columns = [np.frombuffer(values) for values, _, _ in wanted]  # which shares their memory
    return Table(columns[0], columns[1], x, y, Layout(delimiter, header, names.index(x), names.index(y)))


def _number(cell: str) -> float | None:
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return None
