"""Which sign is the decimal mark of a table: found by what all its numbers have in common."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tui_trainer.data.tables.numerals import ALL, SIGNS, UNITS, Numerals

MAX_CELLS = 2_000
_MARKED = re.compile(r"[^a-zA-Z]{0,5}[0-9]*[.,'’\s][0-9][^a-df-zA-DF-Z]*")
GROUPED = r"[+-]?[1-9][0-9]{0,2}([.,][0-9]{3})+"  # what may have a decimal mark, or signs between thousands
_AFFIX = re.compile("|".join(re.escape(sign) for sign in sorted({*SIGNS, *UNITS}, key=len, reverse=True)) + r"|^\(|\)$")


class Doubt(NamedTuple):
    """A cell that may be two numbers: where it stands, and what was taken for granted (or None: it is to be asked)."""

    column: int
    row: int
    cell: str
    decimal: str
    asked: bool


class Choice(NamedTuple):
    """How numbers are written; decided: whether the cells show which the decimal mark is; notes: what was guessed."""

    numerals: Numerals
    decided: bool
    doubts: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()


def choose_numerals(rows: Sequence[tuple[int, list[str]]], decimal: str) -> Choice:
    """How numbers in these rows are written; `decimal`: the mark, where a person said which."""
    among = [numerals for numerals in ALL if not decimal or numerals.decimal == decimal]
    cells = [(n, i, core) for n, row in rows for i, cell in enumerate(row) if (core := _core(cell))][:MAX_CELLS]
    if not cells:
        return Choice(among[0], bool(decimal))
    readings = {numerals: [numerals.number(core) for _, _, core in cells] for numerals in among}
    most = max(sum(value is not None for value in values) for values in readings.values())
    best = {n: v for n, v in readings.items() if sum(value is not None for value in v) == most}
    chosen, values = next(iter(best.items()))
    doubts: list[Doubt] = []
    if other := next((v for v in best.values() if v != values), None):
        for (number, column, core), a, b in zip(cells, values, other, strict=True):
            if a != b and not any(doubt.column == column for doubt in doubts):
                doubts.append(Doubt(column, number, core, chosen.decimal, _must_ask(rows, column, core)))
    notes = []
    if chosen.decimal != "." and not decimal and not doubts:
        notes.append("decimal comma")
    if chosen.thousands:
        notes.append(f"thousands parted by {'a space' if ' ' in chosen.thousands else repr(chosen.thousands[0])}")
    decided = len({numerals.decimal for numerals in best}) == 1
    return Choice(chosen, decided, tuple(doubts), tuple(notes))


def _core(cell: str) -> str:
    """What is a number in a cell that has a mark in it; empty for another."""
    core = _AFFIX.sub("", cell).strip() if cell else ""
    return core if core and _MARKED.fullmatch(core) else ""


def _must_ask(rows: Sequence[tuple[int, list[str]]], column: int, core: str) -> bool:
    """Whether both readings are likely: there are numbers below a thousand without a mark, or the mark is a comma."""
    below = [row[column] for _, row in rows if column < len(row) and re.fullmatch("[+-]?[0-9]{1,3}", row[column])]
    more = [row[column] for _, row in rows if column < len(row) and re.fullmatch("[+-]?[0-9]{4,}", row[column])]
    return "," in core or (bool(below) and not more)
