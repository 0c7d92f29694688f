"""Rows of a table that a net is asked about, read just as those that it learned from."""

import math
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.columns import ReadAs
from tui_trainer.data.inputs import Array, Inputs, never_seen
from tui_trainer.data.tables.columns import Column
from tui_trainer.data.tables.table import Table
from tui_trainer.sentence import InputError
from tui_trainer.wording import count, listed, quoted

HOLDS = {"number": "numbers", "date": "dates", "switch": "yes or no", "words": "words", "nested": "lists or objects"}


class NewRows(NamedTuple):
    """The features of a table's rows, of shape (rows, features); gaps: which rows miss a value, so that nothing can be
    said of them; notes: what was done to read them, in words.
    """

    x: Array
    gaps: NDArray[np.bool_]
    notes: list[str]


def read_rows(table: Table, inputs: Inputs, missing: str) -> NewRows:
    """Read a table's rows. A missing value is refused, or a gap, or a mean, as the setting `missing` says.

    Raises InputError, naming what is wrong: a column that is missing or of another kind, a word that was never seen.
    """
    wanted = {how.column: how for how in inputs.columns}
    columns = [_column(table, how) for how in _all_there(table, wanted)]
    values = table.values(columns)
    numbers = [_known(table, *each) for each in zip(columns, wanted.values(), values, strict=True)]
    missed = [np.isnan(each) for each in numbers]
    gaps = np.logical_or.reduce(missed)
    notes = list(table.notes)
    if gaps.any() and missing == "refuse":
        column = next(c for c, gap in zip(columns, missed, strict=True) if gap.any())
        line, cell = table.first_missing(column)
        raise InputError(
            f"{table.name}: row {line}, {table.place(column)}: no value{f' ({quoted(cell)})' * bool(cell)}; --missing "
            f"drop gives such rows no prediction ({int(gaps.sum()):,} of {len(gaps):,}), --missing mean fills in"
        )
    if gaps.any() and missing == "mean":
        notes.append(f"{count(sum(int(gap.sum()) for gap in missed), 'missing value')} filled in with the mean")
        gaps = np.zeros_like(gaps)
    elif gaps.any():
        notes.append(f"no prediction for {int(gaps.sum()):,} of {len(gaps):,} rows, which miss a value")
    return NewRows(inputs.of_numbers(numbers, missing), gaps, notes)


def _all_there(table: Table, wanted: dict[str, ReadAs]) -> Sequence[ReadAs]:
    """The columns that are wanted. Raises InputError, naming those that are missing, and how one may be called now."""
    there = {column.name: column for column in table.columns}
    gone = [name for name in wanted if name not in there]
    if gone:
        what = f"columns {listed(map(quoted, gone))} are" if gone[1:] else f"column {quoted(gone[0])} is"
        spare = [name for name in there if name not in wanted]
        likely = {name: near[0] for name in gone if (near := get_close_matches(name[:80], spare, n=1))}
        likely |= {name: other for name in gone for other in spare if name.lower() == other.strip().lower()}
        meant = f"; did you mean {listed(f'{new!r} for {old!r}' for old, new in likely.items())}?" if likely else ";"
        raise InputError(f"{table.name}: {what} missing{meant} its columns are {listed(there)}")
    return list(wanted.values())


def _column(table: Table, how: ReadAs) -> Column:
    """The column as it is to be read. Raises InputError for one that holds something else than it did."""
    column = table.column(how.column)
    place = f"{table.name}: {table.place(column)}"
    if column.typed and column.kind != how.kind and (column.kind != "words" or how.kind == "date"):
        raise InputError(f"{place} holds {HOLDS[column.kind]}, and held {HOLDS[how.kind]} when the net was trained")
    read = column._replace(kind=how.kind, typed=column.typed and column.kind == how.kind)
    if how.kind == "number":
        now, then = ((each.prefix or each.suffix) for each in (column, how))
        if column.kind == "number" and now != then:
            now, then = (quoted(each) if each else "nothing" for each in (now, then))
            raise InputError(f"{place} has {now} beside its numbers, and had {then} when the net was trained")
        return read._replace(prefix=how.prefix, suffix=how.suffix)
    if how.kind == "date" and not read.typed:
        formats = (how.format,) if how.format in column.formats else column.formats[:1]
        if len(column.formats) > 1 and how.format not in column.formats:
            raise InputError(f"{place}: its dates may begin with the day or the month; write them as 2024-01-31")
        return read._replace(formats=formats or (how.format,))
    return read


def _known(table: Table, column: Column, how: ReadAs, values: Array) -> Array:
    """A column's values as the net knows them: words by their places among its own, days from the first.

    Raises InputError for a word that it never saw.
    """
    if how.kind == "date":
        return values - how.first
    if how.kind != "words":
        return values
    places = {word: place for place, word in enumerate(how.words)}
    names = table.names[column]
    if (new := next((word for word in names if word not in places), None)) is not None:
        line = table.line_of_word(column, new)
        raise InputError(f"{table.name}: row {line}, {table.place(column)}: {never_seen(new, how)}")
    own = np.array([*(places[word] for word in names), math.nan], dtype=np.float64)
    return np.asarray(own[np.where(np.isnan(values), len(names), values).astype(int)])
