"""Samples from a file with a table: two of its columns, a curve's x and y."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from tui_trainer.catalog import DATASETS
from tui_trainer.data.columns import Columns, ReadAs
from tui_trainer.data.sources.source import Array, Rows, Sizes, Source, SourceCode
from tui_trainer.data.sources.table_code import embedded_code, plain_code
from tui_trainer.data.tables.columns import Column
from tui_trainer.data.tables.dialect import Asked, asked_of
from tui_trainer.data.tables.opened import open_table
from tui_trainer.data.tables.table import Table
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import table_path
from tui_trainer.sentence import InputError
from tui_trainer.wording import listed, quoted

AXES: tuple[Literal["x", "y"], ...] = ("x", "y")
LARGE_FILE = 100_000_000  # rows that a file is taken to have had which is not there any more
ROW_BYTES = 4  # at least


class TableFile(Source):
    """The columns that the settings x and y name, or the first ones with numbers."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__(experiment)
        path = table_path(experiment.data)
        assert path
        self.path = path
        self.credit = DATASETS[experiment.data].credit if experiment.data in DATASETS else ""
        self.name = experiment.data if self.credit else str(path)

    @property
    def asked(self) -> Asked:
        """What the settings say of the file."""
        return asked_of(self.experiment)

    def read(self, quote_cells: bool = False) -> Rows:
        with self.opened(quote_cells) as table:
            return self._curve(table, *self.columns(table))

    def opened(self, quote_cells: bool = False) -> AbstractContextManager[Table]:
        """The table, open. Raises InputError for a file that holds none."""
        return open_table(self.path, self.asked, quote_cells, self.name)

    def _curve(self, table: Table, x: Column, y: Column) -> Rows:
        values = table.values([x, y])
        notes, firsts = tell_columns([x, y], values)
        values, of_missing = without_missing(table, [x, y], values, self.experiment.missing, required=1)
        read = how_read(table, [x, y], values, firsts)
        chosen = tuple(axis for axis in AXES if not getattr(self.experiment, axis))
        columns = Columns(x.name, y.name, chosen, (*table.notes, *notes, *of_missing), read)
        return Rows(values[0][:, np.newaxis], values[1][:, np.newaxis], columns)

    def columns(self, table: Table) -> tuple[Column, Column]:
        """The two columns. Raises InputError where there are no two with numbers."""
        e = self.experiment
        named = {axis: table.column(getattr(e, axis)) for axis in AXES if getattr(e, axis)}
        usable = [column for column in table.columns if column.is_usable and column.named_or_alone(table.columns)]
        spare = [column for column in usable if column not in named.values()]
        # A column that only counts the rows is taken where there is nothing else.
        content = [column for column in spare if not column.is_index]
        needed = 2 - len(named)
        taken = (content if len(content) >= needed else spare)[:needed]
        if len(taken) < needed:
            names = listed(column.name for column in table.columns)
            raise InputError(
                f"{self.name}: fewer than two columns of numbers{f'; its columns are {names}' * table.quotes}"
            )
        left_out = [c for c in spare if c.is_index and c.place < max(t.place for t in taken)] if taken else []
        if left_out and not any(c in taken for c in left_out):
            table.notes.append(f"{left_out[0].name!r} left out: it counts the rows (--x takes it)")
        rest = iter(taken)
        x, y = (named.get(axis) or next(rest) for axis in AXES)
        if x == y:
            same = f"are both column {quoted(x.name)}" if table.quotes else "are one column"
            raise InputError(f"{self.name}: x and y {same}, and nothing is learned from that; give two")
        return as_numbers(table, x), as_numbers(table, y)

    def sizes(self) -> Sizes:
        try:
            rows = self.path.stat().st_size // ROW_BYTES + 1
        except OSError:
            rows = LARGE_FILE
        return Sizes(rows, 1, 1)

    def code(self) -> SourceCode:
        with self.opened() as table:
            x, y = self.columns(table)
            rows = self._curve(table, x, y)
            notes = rows.columns.notes if rows.columns else ()
            plain = plain_code(table, self.path, x, y, notes) if table.is_whole and not self.credit else None
            return plain or embedded_code(self.came_from, rows)

    @property
    def came_from(self) -> str:
        """What a script says of where its numbers are from: the file, or who made the data set."""
        return f"{self.name}: {self.credit}" if self.credit else str(self.path.absolute())


def as_numbers(table: Table, column: Column) -> Column:
    """A column to be read as numbers, whatever it seems to hold. Raises InputError for a date that may be two."""
    if column.kind == "date" and len(column.formats) > 1:
        raise InputError(
            f"{table.name}: {table.place(column)}: its dates may begin with the day or with the month; "
            "write them as 2024-01-31, or take another column"
        )
    if column.kind == "nested":
        raise InputError(f"{table.name}: {table.place(column)} holds lists or objects; take a column of numbers")
    return column._replace(kind="number") if column.kind in ("words", "empty") else column


def tell_columns(columns: Sequence[Column], values: Sequence[Array]) -> tuple[list[str], dict[str, float]]:
    """What was done to these columns to have numbers, in words; and the first days of dates, by the columns' names.

    Days are counted from the first, in place.
    """
    notes, firsts = [], {}
    for column, numbers in zip(columns, values, strict=True):
        if column.prefix or column.suffix:
            notes.append(f"{column.prefix or column.suffix} of {column.name!r} left away")
        if column.kind == "date" and not np.isnan(numbers).all():
            firsts[column.name] = first = float(np.nanmin(numbers))
            numbers -= first
            day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=first)
            notes.append(f"{column.name!r} in days since {day:%Y-%m-%d}{f' {day:%H:%M}' if first % 1 else ''}")
        if column.kind == "switch":
            notes.append(f"{column.name!r}: yes is 1, no is 0")
    return notes, firsts


def how_read(
    table: Table, columns: Sequence[Column], values: Sequence[Array], firsts: Mapping[str, float]
) -> tuple[ReadAs, ...]:
    """How those of these columns are read that hold no plain numbers; firsts: the first days of dates.

    Of words, those that are left in the values.
    """
    found = []
    for column, numbers in zip(columns, values, strict=True):
        how = ReadAs(column.name, prefix=column.prefix, suffix=column.suffix)
        match column.kind:
            case "words":
                how = ReadAs(column.name, "words", words=tuple(table.names[column][i] for i in places_of(numbers)))
            case "switch":
                how = ReadAs(column.name, "switch")
            case "date":
                format = "" if column.typed or not column.formats else column.formats[0]
                how = ReadAs(column.name, "date", first=firsts.get(column.name, 0.0), format=format)
        if how != ReadAs(column.name):
            found.append(how)
    return tuple(found)


def places_of(numbers: Array) -> list[int]:
    """The places of those words that there are, of a column of words."""
    return [int(place) for place in np.unique(numbers[~np.isnan(numbers)])]


def without_missing(
    table: Table, columns: Sequence[Column], values: Sequence[Array], missing: str, required: int
) -> tuple[list[Array], list[str]]:
    """The values without rows that miss some, as the setting says, and what was left out, in words.

    required: how many of the columns, the last ones, need a value even where means are filled in. Raises InputError.
    """
    gaps = [np.isnan(numbers) for numbers in values]
    if not any(gap.any() for gap in gaps):
        return list(values), []
    rows = len(values[0])
    dropped = np.logical_or.reduce(gaps if missing != "mean" else gaps[len(gaps) - required :])
    if missing == "refuse":
        column = next(c for c, gap in zip(columns, gaps, strict=True) if gap.any())
        line, cell = table.first_missing(column)
        what = f" ({quoted(cell)})" if cell and table.quotes else ""
        count = int(dropped.sum())
        raise InputError(
            f"{table.name}: row {line}, {table.place(column)}: no value{what}; --missing drop leaves out such rows "
            f"({count:,} of {rows:,}), --missing mean fills features in"
        )
    notes = []
    if dropped.any():
        notes.append(f"{int(dropped.sum()):,} of {rows:,} rows left out, which miss a value")
    if missing == "mean" and (filled := sum(int((gap & ~dropped).sum()) for gap in gaps)):
        notes.append(f"{filled:,} missing value{'s' * (filled > 1)} filled in with the mean")
    kept = [numbers[~dropped] for numbers in values]
    if not len(kept[0]):
        raise InputError(f"{table.name}: every row misses a value in these columns; choose other columns")
    return kept, notes
