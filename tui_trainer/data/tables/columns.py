"""What each column of a table holds, judged by a sample of its cells."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from tui_trainer.data.tables.numerals import Numerals, affixes, date_formats, is_missing

Kind = Literal["number", "date", "switch", "words", "empty", "nested"]
ON, OFF = ("true", "yes", "t", "y", "on"), ("false", "no", "f", "n", "off")
PAIRS = [set(pair) for pair in zip(ON, OFF, strict=True)]
_NAMES = "id ids index idx row rows rownames row_names row.names rowid row_id nr nr. no. # obs record level_0 case"
INDEX_NAMES = {"unnamed: 0", "lfd. nr.", *_NAMES.split()}


class Column(NamedTuple):
    """A column: its place from 0, its name (its number from 1 where it has none), and what it holds.

    prefix, suffix: what its numbers have before and after them; formats: by which its cells are dates, all that fit;
    is_index: whether it only counts or names the rows; typed: whether the file itself says what it holds.
    """

    place: int
    name: str
    named: bool
    kind: Kind
    prefix: str = ""
    suffix: str = ""
    formats: tuple[str, ...] = ()
    is_index: bool = False
    typed: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether there is one way to make numbers of it."""
        return self.kind in ("number", "switch") or (self.kind == "date" and (self.typed or len(self.formats) == 1))

    def named_or_alone(self, columns: Sequence["Column"]) -> bool:
        """Whether it has a name, or none of them has."""
        return self.named or not any(column.named for column in columns)


def column_of(place: int, name: str, cells: Sequence[str], numerals: Numerals, typed: str = "") -> Column:
    """Judge a column by a sample of its cells; `typed`: what the file says of it."""
    given = [cell for cell in cells if not is_missing(cell)]
    named, name = bool(name), name or str(place + 1)
    if typed in ("number", "date", "switch", "nested"):
        kind: Kind = typed  # type: ignore[assignment]
        index = kind == "number" and _is_index(name, place, given, PLAIN_NUMBERS)
        return Column(place, name, named, kind, is_index=index, typed=True)
    if not given:
        return Column(place, name, named, "empty")
    numbers = sum(numerals.number(cell) is not None for cell in given)
    if numbers * 2 < len(given) and (affix := affixes(given)):
        whole = [numerals.number(cell, *affix) for cell in given]
        if None not in whole:
            return Column(place, name, named, "number", *affix)
    if numbers * 2 >= len(given):
        counts = _is_index(name, place, given, numerals) or not named
        return Column(place, name, named, "number", is_index=counts)
    if formats := tuple(date_formats(given)):
        return Column(place, name, named, "date", formats=_distinct(formats, given))
    words = {cell.lower() for cell in given}
    if any(words <= pair for pair in PAIRS):
        return Column(place, name, named, "switch")
    return Column(place, name, named, "words", is_index=not named and place == 0)


PLAIN_NUMBERS = Numerals()


def _is_index(name: str, place: int, cells: Sequence[str], numerals: Numerals) -> bool:
    """Whether a column's name and its whole numbers, each there once, say that it only tells rows apart."""
    low = name.strip().lower()
    values = [value for cell in cells if (value := numerals.number(cell)) is not None]
    if len(set(values)) < len(values) or any(value != int(value) for value in values if math.isfinite(value)):
        return False
    if name == "X" and place == 0:  # as R calls a column without a name
        return values[:2] == [1.0, 2.0]
    return low in INDEX_NAMES or low.endswith(("_id", " id", "-id", ".id"))


def _distinct(formats: tuple[str, ...], cells: Sequence[str]) -> tuple[str, ...]:
    """Of formats that give the same days, the first."""
    from datetime import datetime

    seen: dict[tuple[datetime, ...], str] = {}
    for format in formats:
        days = tuple(datetime.strptime(cell, format) for cell in cells)
        seen.setdefault(days, format)
    return tuple(seen.values())
