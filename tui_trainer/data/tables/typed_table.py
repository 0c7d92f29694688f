"""Files that know types: Parquet, and JSON lines."""

import re
from functools import cached_property
from typing import BinaryIO

from tui_trainer.data.tables import sql
from tui_trainer.data.tables.columns import column_of
from tui_trainer.data.tables.dialect import Asked
from tui_trainer.data.tables.numerals import PLAIN
from tui_trainer.data.tables.table import Table
from tui_trainer.sentence import InputError

SAMPLE_ROWS = 2_000


class TypedTable(Table):
    """A file of which DuckDB knows what its columns hold."""

    def __init__(self, file: BinaryIO, name: str, asked: Asked, quote_cells: bool, reader: str) -> None:
        super().__init__(file, name, asked, quote_cells)
        self._reader = reader
        typed = self.rows.typed
        cells = self._head(len(typed))
        self.columns = [
            column_of(i, column.name, [row[i] for row in cells], PLAIN, column.kind) for i, column in enumerate(typed)
        ]

    @cached_property
    def rows(self) -> sql.Rows:
        try:
            return sql.typed_rows(self.file.fileno(), self._reader)
        except sql.Unreadable as error:
            raise self._unreadable(error) from None

    def _head(self, width: int) -> list[list[str]]:
        try:
            return self.rows.head(width, SAMPLE_ROWS)
        except sql.Unreadable as error:
            raise self._unreadable(error) from None

    def _read(self, values: list[str]) -> list[sql.Array]:
        try:
            return super()._read(values)
        except sql.Unreadable as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> InputError:
        kind = {"json": "JSON, an object a line", "parquet": "Parquet"}[self._reader]
        where = re.search(r"(?:record/value|line|row) (\d+)", str(error))
        return InputError(
            f"{self.name}: {f'row {where[1]}' if where else 'it'} is no {kind}, or broken; give a whole file"
        )
