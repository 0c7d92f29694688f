"""Samples from a file with a table: one of its columns, from several others."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.columns import Columns
from tui_trainer.data.sources.source import Array, Rows, Sizes, SourceCode
from tui_trainer.data.sources.table_code import embedded_code
from tui_trainer.data.sources.table_file import (
    TableFile,
    as_numbers,
    how_read,
    places_of,
    tell_columns,
    without_missing,
)
from tui_trainer.data.tables.columns import Column
from tui_trainer.data.tables.table import Table
from tui_trainer.experiment import target_of
from tui_trainer.sentence import InputError
from tui_trainer.wording import listed, split_list

MAX_CLASSES = 1_000
MAX_FEATURES = 10_000  # words count one for each
MAX_CELLS = 200_000_000
FEW = 20  # different whole numbers that may be meant as classes
FEW_WORDS = 20  # words that a column of features may have, however few rows there are


class Roles(NamedTuple):
    """What becomes of a table's columns: what is learned, from what, and why others are left out."""

    target: Column
    features: list[Column]
    left_out: dict[str, str]


class ColumnsFile(TableFile):
    """The column that the setting target names, from those that features names, or from all that can be used."""

    def read(self, quote_cells: bool = False) -> Rows:
        with self.opened(quote_cells) as table:
            return self.rows(table, self.roles(table))

    def roles(self, table: Table) -> Roles:
        """The columns' roles, as far as a sample of rows shows them. Raises InputError."""
        target = self._target(table)
        wanted = split_list(self.experiment.features)
        if wanted not in ([""], ["all"]):
            named = [table.column(name) for name in dict.fromkeys(wanted)]
            if target.name in wanted:
                raise InputError(f"{table.name}: features: {table.place(target)} is the target; leave it out")
            return Roles(target, [self._feature(table, column) for column in named], {})
        left_out = {column.name: why for column in table.columns if (why := _unusable(column, table.columns))}
        features = [c for c in table.columns if c.name not in left_out and c.name != target.name]
        if not features:
            names = listed(column.name for column in table.columns)
            raise InputError(
                f"{table.name}: no column can be a feature{f'; its columns are {names}' * table.quotes}; "
                "name those to take with features"
            )
        left_out.pop(target.name, None)
        return Roles(target, features, left_out)

    def _target(self, table: Table) -> Column:
        target = table.column(target_of(self.experiment))
        as_classes = self.experiment.task == "classification" or (
            self.experiment.task == "auto" and target.kind in ("words", "switch")
        )
        return target._replace(kind="words") if as_classes else as_numbers(table, target)

    def _feature(self, table: Table, column: Column) -> Column:
        return as_numbers(table, column) if column.kind != "words" else column

    def rows(self, table: Table, roles: Roles) -> Rows:
        """The samples. Raises InputError, naming what is wrong with a column."""
        target, features = roles.target, list(roles.features)
        values = table.values([*features, target])
        notes, firsts = tell_columns([*features, target], values)
        features, values, left_out = self._without_useless(table, features, values, roles.left_out)
        values, of_missing = without_missing(table, [*features, target], values, self.experiment.missing, required=1)
        names, x = _numbers_of(table, features, values[:-1])
        y, classes, of_target = self._learned(table, target, values[-1])
        notes = [*table.notes, *notes, *_left_out(left_out), *of_missing, *of_target, *self._of_choice(features)]
        of_numbers = len(features) + (not classes)  # classes are known by their names
        read = how_read(table, [*features, target][:of_numbers], values[:of_numbers], firsts)
        columns = Columns(names[0] if len(names) == 1 else tuple(names), target.name, (), tuple(notes), read)
        return Rows(x, y, columns, classes)

    def _without_useless(
        self, table: Table, features: Sequence[Column], values: Sequence[Array], before: dict[str, str]
    ) -> tuple[list[Column], list[Array], dict[str, str]]:
        """Features and values without columns of one value and without words that only tell rows apart.

        Raises InputError for one of those that was asked for by name.
        """
        left_out, kept = dict(before), []
        for column, numbers in zip(features, values, strict=False):
            why = useless(column, numbers, len(table.names.get(column, ())))
            if why and self.experiment.features not in ("", "all"):
                raise InputError(f"{table.name}: {table.place(column)} has {why}: leave it out of features")
            if why:
                left_out[column.name] = why
            else:
                kept.append((column, numbers))
        if not kept:
            raise InputError(
                f"{table.name}: no column can be a feature: each has one value, or words that are all different"
            )
        return [column for column, _ in kept], [*(numbers for _, numbers in kept), values[-1]], left_out

    def _learned(self, table: Table, target: Column, values: Array) -> tuple[NDArray[Any], tuple[str, ...], list[str]]:
        """y, the names of its classes where it has some, and what was guessed, in words."""
        place = f"{table.name}: {table.place(target)}, the target,"
        if target.kind != "words":
            if (values == values[0]).all():
                raise InputError(
                    f"{place} has one value in every row: nothing is learned from that; take another column"
                )
            distinct = np.unique(values)
            few = len(distinct) <= FEW and (distinct == np.round(distinct)).all() and len(distinct) < len(values) / 2
            notes = [f"{target.name!r} taken for a number (--task classification: for {len(distinct)} classes)"]
            return values[:, np.newaxis], (), notes if few and self.experiment.task == "auto" else []
        taken, y = np.unique(values.astype(np.int64), return_inverse=True)
        names = tuple(table.names[target][place] for place in taken)
        if _are_numbers(names):  # 2 before 10
            order = sorted(range(len(names)), key=lambda i: float(names[i]))
            y, names = np.argsort(order)[y], tuple(names[i] for i in order)
        if len(names) < 2:
            raise InputError(f"{place} has one class: nothing is learned from that; take another column")
        if len(names) > MAX_CLASSES:
            raise InputError(
                f"{place} has {len(names):,} classes, and there may be {MAX_CLASSES:,}; take another column, or "
                "--task regression for numbers"
            )
        single = int((np.bincount(y) == 1).sum())
        notes = [f"{single} of {len(names)} classes ha{'s' if single == 1 else 've'} a single row"] if single else []
        return y.astype(np.int64), names, notes

    def _of_choice(self, features: Sequence[Column]) -> list[str]:
        words = [column for column in features if column.kind == "words"]
        notes = [f"words of {', '.join(repr(c.name) for c in words[:3])} are a feature each"] if words else []
        return notes + (["standardized (--scale none: as they are)"] if self.experiment.scale == "standard" else [])

    def sizes(self) -> Sizes:
        return super().sizes()._replace(features=MAX_FEATURES, outputs=MAX_CLASSES)

    def code(self) -> SourceCode:
        return embedded_code(self.came_from, self.read())


def useless(column: Column, numbers: Array, words: int) -> str:
    """Why nothing is learned from these values, of so many words; empty where something may be."""
    given = numbers[~np.isnan(numbers)]
    if not len(given):
        return "no value"
    if (given == given[0]).all():
        return "one value in every row"
    if column.kind == "words" and words > max(FEW_WORDS, len(given) / 2):
        return f"{words:,} different words in {len(given):,} rows, which only tell rows apart"
    return ""


def _unusable(column: Column, columns: Sequence[Column]) -> str:
    """Why a column is no feature by itself; empty where it is one."""
    if column.kind == "empty":
        return "no value"
    if column.kind == "nested":
        return "lists or objects"
    if column.is_index or not column.named_or_alone(columns):
        return "it only tells rows apart"
    if column.kind == "date" and not column.is_usable:
        return "dates that may begin with the day or the month"
    return ""


def _left_out(left_out: dict[str, str]) -> list[str]:
    names = [f"{name!r} ({why})" for name, why in list(left_out.items())[:5]]
    more = [f"{len(left_out) - 5} more"] if len(left_out) > 5 else []
    return [f"left out: {', '.join([*names, *more])}"] if names else []


def _numbers_of(table: Table, features: Sequence[Column], values: Sequence[Array]) -> tuple[list[str], Array]:
    """The names of numbers and the numbers, of shape (rows, features): of words, one for each word."""
    names: list[str] = []
    parts: list[Array] = []
    for column, numbers in zip(features, values, strict=True):
        if column.kind != "words":
            names.append(column.name)
            parts.append(numbers)
            continue
        gone = np.isnan(numbers)
        for place in places_of(numbers):
            names.append(f"{column.name}={table.names[column][place]}")
            parts.append(np.where(gone, np.nan, (numbers == place).astype(np.float64)))
    if len(names) > MAX_FEATURES:
        raise InputError(
            f"{table.name}: {len(names):,} features, as each word is one, and there may be {MAX_FEATURES:,}; name "
            "fewer columns with features"
        )
    if len(names) * len(values[0]) > MAX_CELLS:
        raise InputError(
            f"{table.name}: {len(names):,} features of {len(values[0]):,} rows are too many to hold in memory; name "
            "fewer columns with features"
        )
    return names, np.column_stack(parts)


def _are_numbers(names: Sequence[str]) -> bool:
    try:
        return all(np.isfinite(float(name)) for name in names)
    except ValueError:
        return False
