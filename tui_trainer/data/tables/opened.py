"""A file with a table, opened: as text, or as a kind that knows types."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tui_trainer.data.tables.dialect import Asked
from tui_trainer.data.tables.pipes import open_table_file
from tui_trainer.data.tables.table import Table
from tui_trainer.data.tables.text_table import TextTable
from tui_trainer.data.tables.typed_table import TypedTable
from tui_trainer.sentence import InputError

ANYHOW = Asked()
JSON = (".jsonl", ".ndjson", ".json")


@contextlib.contextmanager
def open_table(path: Path, asked: Asked = ANYHOW, quote_cells: bool = False, name: str = "") -> Iterator[Table]:
    """Open a file with a table, whatever its kind. Raises InputError for one that holds none, naming the place.

    quote_cells: whether messages may say what is in the file; else they only say where it is wrong. name: what it is
    called in messages, if not by its path.
    """
    with open_table_file(path) as file:
        before = os.fstat(file.fileno())
        head = file.read(4096)
        begins = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        file.seek(0)
        name = name or str(path)
        table: Table
        if head.startswith(b"PAR1"):
            table = TypedTable(file, name, asked, quote_cells, "parquet")
        elif begins.startswith(b"{") or (begins.startswith(b"[") and path.suffix in JSON):
            table = TypedTable(file, name, asked, quote_cells, "json")
        else:
            table = TextTable(file, name, asked, quote_cells)
        try:
            yield table
        finally:
            table.close()
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise InputError(f"{path}: it changed while it was read; run this again once it is whole")
