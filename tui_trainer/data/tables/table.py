"""A table in a file: its columns, and what stands in them as numbers. Every cell that is taken is checked."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.tables import sql
from tui_trainer.data.tables.columns import OFF, ON, Column
from tui_trainer.data.tables.dialect import Asked
from tui_trainer.data.tables.marks import Doubt
from tui_trainer.data.tables.numerals import PLAIN
from tui_trainer.sentence import InputError
from tui_trainer.wording import quoted, unknown

Array = NDArray[np.float64]
WRONG = {"date": "no such date", "switch": "neither of them"}


class Table:
    """An open table. `columns` are its columns, `notes` what was guessed or skipped to read it, in words."""

    columns: list[Column]

    def __init__(self, file: BinaryIO, name: str, asked: Asked, quote_cells: bool) -> None:
        self.file, self.name, self.asked, self.quotes = file, name, asked, quote_cells
        self.notes: list[str] = []
        self.stopped = False
        self.numerals, self.doubts = PLAIN, tuple[Doubt, ...]()
        self.is_whole = True  # whether what was read has no gaps
        self._thorough = False  # whether numbers are looked at that DuckDB does not read as they stand
        self.names: dict[Column, list[str]] = {}

    def stop(self) -> None:
        """Nobody wants to know any more, another thread says: what is asked now and later raises Stopped."""
        self.stopped = True
        if "rows" in vars(self):
            self.rows.stop()

    @property
    def progress(self) -> float:
        """How much of what is asked now is read, from 0 to 1, for another thread."""
        return self.rows.progress if "rows" in vars(self) else 0.0

    def close(self) -> None:
        """Let go of what was opened to read it."""
        if "rows" in vars(self):
            self.rows.close()

    @cached_property
    def rows(self) -> sql.Rows:
        """What DuckDB reads."""
        raise NotImplementedError

    def line(self, row: int) -> int:
        """Where a row of data, from 1, stands in the file."""
        return row

    def column(self, name: str) -> Column:
        """The column of a name. Raises InputError."""
        if found := next((column for column in self.columns if column.name == name), None):
            return found
        names = dict.fromkeys(column.name for column in self.columns)
        raise InputError(f"{self.name}: column {unknown(name, names) if self.quotes else f'{quoted(name)} is unknown'}")

    def values(self, columns: Sequence[Column]) -> list[Array]:
        """What stands in these columns, each of shape (rows,), NaN where there is nothing.

        Of words, their places among `names`. Rows without anything are left out. Raises InputError that names a cell.
        """
        if self.stopped:
            raise sql.Stopped
        numeric = [column for column in columns if column.kind != "words"]
        read = dict(zip(numeric, self._numbers(numeric), strict=True)) if numeric else {}
        for column in columns:
            if column.kind == "words":
                read[column], self.names[column] = self.rows.codes(column.place)
        arrays = [read[column] for column in columns]
        if not len(arrays[0]):
            raise InputError(f"{self.name}: a header but no rows; add rows of numbers")
        gaps = [np.isnan(values) for values in arrays]
        self.is_whole = not any(gap.any() for gap in gaps)
        if np.logical_and.reduce(gaps).any():
            blank = self.rows.flags(self._nothing)
            arrays = [values[~blank] for values in arrays] if blank.any() else arrays
        if not len(arrays[0]):
            raise InputError(f"{self.name}: a header but no rows; add rows of numbers")
        return arrays

    @property
    def _nothing(self) -> str:
        """The condition that a row holds nothing at all."""
        return sql.nothing(len(self.columns))

    def _numbers(self, columns: Sequence[Column]) -> list[Array]:
        for attempt in range(4):  # what is read may teach how numbers are written
            arrays = self._read([self._value(column) for column in columns])
            suspects = [c for c, values in zip(columns, arrays, strict=True) if not np.isfinite(values).all()]
            if not suspects or not self._learned_of(suspects, relearn=attempt < 3):
                break
        for column, values in zip(columns, arrays, strict=True):
            if np.isinf(values).any():
                self._refuse(column, f"coalesce(isinf({self._value(column)}), false)", "not finite")
        self._settle_doubts(columns)
        return arrays

    def first_missing(self, column: Column) -> tuple[int, str]:
        """The line of the first row that misses a value, and what stands there."""
        gone = f"{sql.missing(column.place, self._is_number(column))} AND NOT ({self._nothing})"
        row, cell = self.rows.first(gone, column.place)
        return self.line(row), cell

    def line_of_word(self, column: Column, word: str) -> int:
        """The line of the first row with a word in a column."""
        return self.line(self.rows.first(sql.is_word(column.place, word), column.place)[0])

    def line_of(self, place: int) -> int:
        """The line of a row of `values`, from 0."""
        return self.line(int(np.flatnonzero(~self.rows.flags(self._nothing))[place]) + 1)

    def cells(self) -> Iterator[Sequence[str]]:
        """The cells of the rows that `values` has, as they are written."""
        return self.rows.cells(len(self.columns), self._nothing)

    def place(self, column: Column) -> str:
        """A column, as a message names it."""
        return f"column {quoted(column.name)}" if self.quotes else f"column {column.place + 1}"

    def _is_number(self, column: Column) -> bool:
        return column.typed and column.kind == "number"

    def _value(self, column: Column) -> str:
        """The expression of a column's value."""
        if self._is_number(column):
            return sql.typed_number(column.place)
        if column.kind == "switch":
            return sql.switch(column.place, ON, OFF)
        if column.kind == "date":
            return sql.day(column.place, column.formats[0] if column.formats else "")
        if not self._thorough and self.numerals.is_plain and not column.prefix and not column.suffix:
            return sql.plain_number(column.place)
        return sql.number(column.place, self.numerals, column.prefix, column.suffix)

    def _read(self, values: list[str]) -> list[Array]:
        """Have DuckDB read these."""
        arrays: list[Array] = self.rows.arrays(values)
        return arrays

    def _learned_of(self, columns: Sequence[Column], relearn: bool) -> bool:
        """Whether what is no number in these columns teaches how numbers are written. Raises InputError."""
        thorough, self._thorough = self._thorough, True
        conditions = [
            f"(({self._value(c)}) IS NULL AND NOT {sql.missing(c.place, self._is_number(c))})" for c in columns
        ]
        for column, condition, count in zip(columns, conditions, self.rows.counts(conditions), strict=True):
            if count:
                if relearn and self._relearned(column, *self.rows.first(condition, column.place)):
                    return True
                self._refuse(column, condition, WRONG.get(column.kind, "not a number"))
        return not thorough

    def _relearned(self, column: Column, row: int, cell: str) -> bool:
        return False

    def _refuse(self, column: Column, condition: str, wrong: str) -> None:
        row, cell = self.rows.first(condition, column.place)
        place = f"{self.place(column)}: {quoted(cell)} is" if self.quotes else f"{self.place(column)}:"
        give = {"switch": "yes or no", "date": "dates"}.get(column.kind, "numbers")
        raise InputError(f"{self.name}: row {self.line(row)}, {place} {wrong}; give {give}")

    def _settle_doubts(self, columns: Sequence[Column]) -> None:
        """Ask about, or tell, numbers of these columns that could be two."""
        for doubt in self.doubts:
            column = next((c for c in columns if c.place == doubt.column), None)
            if column is None:
                continue
            point, comma = (choose_value(doubt.cell, mark) for mark in ".,")
            what = quoted(doubt.cell) if self.quotes else "this"
            if doubt.asked:
                raise InputError(
                    f"{self.name}: row {doubt.row}, {self.place(column)}: {what} may be {point} or {comma}; "
                    f"--decimal . or --decimal , says which"
                )
            note = f"{doubt.cell} in {column.name!r} read as {point if doubt.decimal == '.' else comma} (--decimal)"
            if note not in self.notes:
                self.notes.append(note)


def choose_value(cell: str, decimal: str) -> str:
    """A doubtful cell as the number that it is with this decimal mark."""
    other = "," if decimal == "." else "."
    return f"{float(cell.replace(other, '').replace(decimal, '.')):.12g}"
