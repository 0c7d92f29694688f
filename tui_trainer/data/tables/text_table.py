"""A table as text: CSV and what is like it."""

import csv
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import BinaryIO

from tui_trainer.data.tables import sql
from tui_trainer.data.tables.columns import Column, column_of
from tui_trainer.data.tables.dialect import Asked, Row, choose, rows_of
from tui_trainer.data.tables.marks import GROUPED, choose_numerals
from tui_trainer.data.tables.table import Table
from tui_trainer.data.tables.text import MAX_LINE, encoding_of, is_packed, lines_of
from tui_trainer.sentence import InputError

SAMPLE_ROWS, SAMPLE_LETTERS = 1_000, 4_000_000
UTF8 = ("utf-8", "utf-8-sig")


class TextTable(Table):
    """Rows of cells, written in a dialect that is found by a sample.

    DuckDB reads the file as it stands where it can; what it can't is copied for it, row by row, as plain CSV.
    """

    def __init__(self, file: BinaryIO, name: str, asked: Asked, quote_cells: bool) -> None:
        super().__init__(file, name, asked, quote_cells)
        encoding = asked.encoding or encoding_of(file, name)
        self._sample = self._lines_of_sample(encoding)
        if not any(line.strip() for line in self._sample):
            raise InputError(f"{name}: empty; give a header row and rows of numbers")
        try:
            self.dialect = choose(self._sample, encoding, asked)
        except csv.Error:
            raise InputError(f"{name}: no CSV; give a text file with a row a line") from None
        self._marks = self.dialect.marks
        guessed = [f"encoding {encoding}"] if encoding in ("utf-16-le", "utf-16-be") and not asked.encoding else []
        self.notes = [*guessed, *self.dialect.notes, *self._marks.notes]
        self.numerals, self.doubts = self._marks.numerals, self._marks.doubts
        self._body = [row for row in self._sampled() if row[0] >= self.dialect.first and any(row[1])]
        if not self._body and not self._is_long:
            for _ in self._rows():
                pass  # which names what is wrong, if something is
            raise InputError(f"{name}: a header but no rows; add rows of numbers")
        names, unnamed = self.dialect.names, range(len(self.dialect.names))
        cells = [[row[i] if i < len(row) else "" for _, row in self._body] for i in unnamed]
        self.columns = [column_of(i, names[i], cells[i], self.numerals) for i in unnamed]
        while len(self.columns) > 1 and self.columns[-1].kind == "empty" and not self.columns[-1].named:
            self.columns.pop()  # what a separator at the end of each row makes

    def _lines_of_sample(self, encoding: str) -> list[str]:
        lines, letters = [], 0
        for line in lines_of(self.file, self.name, encoding):
            lines.append(line)
            letters += len(line)
            if len(lines) >= SAMPLE_ROWS or letters >= SAMPLE_LETTERS:
                self._is_long = True
                return lines
        self._is_long = False
        return lines

    def _sampled(self) -> list[Row]:
        d = self.dialect
        return list(rows_of(self._sample, d.separator, d.quote, d.comment, strict=False))

    def _rows(self) -> Iterator[Row]:
        """The rows of data, each with the line that it ends in. Raises InputError, naming the row that can't be one."""
        d, width = self.dialect, len(self.dialect.names)
        number = 0
        try:
            for number, cells in rows_of(self._lines(), d.separator, d.quote, d.comment):
                if self.stopped:
                    raise sql.Stopped
                if number < d.first:
                    continue
                if any(cells[width:]):
                    of_first = "the first row has" if d.header else "others have"
                    raise InputError(f"{self.name}: row {number} has {len(cells)} cells where {of_first} {width}")
                yield number, cells[:width] + [""] * (width - len(cells))
        except csv.Error as error:
            raise InputError(f"{self.name}: row {number + 1}: no CSV: {error}") from None

    def _lines(self) -> Iterator[str]:
        return lines_of(self.file, self.name, self.dialect.encoding)

    @cached_property
    def rows(self) -> sql.Rows:
        return self._as_it_stands() if self.is_plain else self._copied()

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB reads the file as it stands."""
        d = self.dialect
        odd = d.comment or d.encoding not in UTF8 or d.separator == " " or d.quote != '"' or len(d.names) < 2
        return not odd and not any(f"{d.separator} " + d.quote in line or "\r" in line for line in self._sample)

    @cached_property
    def is_packed(self) -> bool:
        """Whether the file is packed by gzip."""
        self.file.seek(0)
        return is_packed(self.file.read(16))

    def _as_it_stands(self) -> sql.Rows:
        d, handle = self.dialect, self.file.fileno()
        return sql.text_rows(handle, self.is_packed, d.separator, d.quote, d.first, len(d.names), MAX_LINE)

    def _copied(self) -> sql.Rows:
        """The rows in a file of our own."""
        copy = tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", prefix="tui-trainer-")  # noqa: SIM115
        self._copy = copy
        writer = csv.writer(copy, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerows(cells for _, cells in self._rows() if any(cells))
        copy.flush()
        return sql.text_rows(copy.fileno(), False, ",", '"', 1, len(self.dialect.names), 0)

    def line(self, row: int) -> int:
        """Where a row of data, from 1, stands in the file."""
        rows = self._rows() if "_copy" not in vars(self) else ((n, cells) for n, cells in self._rows() if any(cells))
        return next(itertools.islice(rows, row - 1, None), (0, []))[0]

    def _read(self, values: list[str]) -> list[sql.Array]:
        try:
            return super()._read(values)
        except sql.Unreadable as error:
            for _ in self._rows():
                pass  # which names the row, unless we read more than DuckDB does
            if "_copy" in vars(self):
                raise InputError(
                    f"{self.name}: it can't be read as a table: {str(error).splitlines()[0][:200]}"
                ) from None
            self.rows.close()
            self.rows = self._copied()
            return super()._read(values)

    def close(self) -> None:
        super().close()
        if "_copy" in vars(self):
            self._copy.close()

    def _relearned(self, column: Column, row: int, cell: str) -> bool:
        """A number further down may be the first that shows the decimal mark."""
        cells = [""] * len(self.dialect.names)
        cells[column.place] = cell
        rows = [*self._body, (self.line(row), cells)]
        marks = choose_numerals(rows, self.asked.decimal)
        affix = column.prefix, column.suffix
        known = [row[column.place] for _, row in self._body if column.place < len(row)]
        known = [each for each in known if self.numerals.number(each, *affix) is not None]
        if any(marks.numerals.number(each, *affix) is None for each in [cell, *known]):
            return False  # what could be read must be read by the new ones as well
        self.notes += [words for words in marks.notes if words not in self.notes]
        self._marks, self.numerals, self.doubts = marks, marks.numerals, marks.doubts
        return True

    def _settle_doubts(self, columns: Sequence[Column]) -> None:
        if self._is_long and not self._marks.decided:
            self._doubt_further_down(columns)
        super()._settle_doubts(columns)

    def _doubt_further_down(self, columns: Sequence[Column]) -> None:
        """Look for numbers below the sample that could be two, where the sample has no decimal mark that decides."""
        rows = list(self._body)
        for column in columns:
            if column.kind != "number":
                continue
            row, cell = self.rows.first(sql.matches(column.place, GROUPED), column.place)
            if row:
                cells = [""] * len(self.dialect.names)
                cells[column.place] = cell
                rows.append((self.line(row), cells))
        if len(rows) > len(self._body):
            self.doubts = choose_numerals(rows, self.asked.decimal).doubts
