"""A table as the lines of a script that knows nothing of tui-trainer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tui_trainer.data.sources.source import Rows, SourceCode
from tui_trainer.data.tables.columns import Column
from tui_trainer.data.tables.numerals import PLAIN
from tui_trainer.data.tables.table import Table
from tui_trainer.data.tables.text_table import TextTable
from tui_trainer.escape import printable
from tui_trainer.sentence import InputError

MISSING = "np.nan"  # of a feature, whose mean is to be filled in
MAX_NUMBERS = 200_000  # that stand in a script: some 4 MB

LINES = """\
with open(FILE, encoding="utf-8-sig", newline="") as file:
    rows = [row for row in csv.reader(file, delimiter=DELIMITER) if row][FIRST_ROW:]
x = np.array([[float(row[X_COLUMN])] for row in rows])
y = np.array([[float(row[Y_COLUMN])] for row in rows])
"""


def plain_code(table: Table, path: Path, x: Column, y: Column, notes: Sequence[str]) -> SourceCode | None:
    """The lines that read two columns of a plain CSV file with Python's csv module; None where that takes more."""
    if not isinstance(table, TextTable) or not table.is_plain or table.is_packed:
        return None
    d = table.dialect
    plain = all(c.kind == "number" and not c.prefix and not c.suffix for c in (x, y)) and table.numerals == PLAIN
    if not plain or d.first != 1 + d.header:
        return None
    settings = [
        *_comment(notes),
        f"FILE = {str(path.absolute())!r}",
        f"DELIMITER = {d.separator!r}",
        f"FIRST_ROW, X_COLUMN, Y_COLUMN = {int(d.header)}, {x.place}, {y.place}  # {x.name!r} and {y.name!r}, from 0",
    ]
    return SourceCode(settings, LINES)


def embedded_code(came_from: str, rows: Rows) -> SourceCode:
    """The samples themselves, as they were read from there. Raises InputError for too many of them."""
    if rows.x.size + rows.y.size > MAX_NUMBERS:
        raise InputError(
            f"{came_from}: {rows.x.size + rows.y.size:,} numbers are too many for a script, which can't read this by "
            "itself; save these columns as plain CSV, and train on that"
        )
    notes = rows.columns.notes if rows.columns else ()
    settings = [*_comment(notes), f"DATA = {came_from!r}  # what follows was read from it"]
    return SourceCode(settings, _array("x", rows.x) + _array("y", rows.y))


def _comment(notes: Sequence[str]) -> list[str]:
    """What was guessed to read the file; printable, so that a name in it can't end the line."""
    return [f"# {printable('; '.join(notes))}"] if notes else []


def _array(name: str, values: NDArray[Any]) -> str:
    lines = "".join(f"    {row!r},\n" for row in values.tolist()).replace("nan", MISSING)
    return f"{name} = np.array([\n{lines}])\n"
