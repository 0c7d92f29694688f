"""How cells spell numbers, dates, and nothing at all: in Python for a sample, and as patterns for DuckDB."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

# In small letters, without the spaces around.
MISSING = frozenset(
    [
        "",
        "na",
        "n/a",
        "#n/a",
        "n.a.",
        "nan",
        "-nan",
        "null",
        "none",
        "nil",
        "missing",
        "?",
        "-",
        "--",
        ".",
        "<na>",
        "\\n",
    ]
)
NOT_FINITE = r"[+-]?(?:inf|infinity)"
SPACES = "\u00a0\u202f\u2009 "
QUOTES = "'’"
SIGNS = ("$", "€", "£", "¥", "₹", "R$", "US$", "CHF", "USD", "EUR", "GBP", "JPY", "BRL", "Fr.", "kr")
UNITS = ("%", "‰", "°C", "°F", "°", *SIGNS)
_AFFIXED = re.compile(
    rf"[+-]?\(?(?P<prefix>(?:{'|'.join(map(re.escape, sorted(SIGNS, key=len, reverse=True)))})\s*)?"
    rf"[+-]?[0-9.,][^%‰°$€£¥₹a-zA-Z]*(?:[eE][+-]?[0-9]+)?"
    rf"(?P<suffix>\s*(?:{'|'.join(map(re.escape, sorted(UNITS, key=len, reverse=True)))}))?\)?"
)


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.strip().lower() in MISSING


class Numerals(NamedTuple):
    """How numbers are written: the decimal mark, and what may stand between thousands (one sign of these, or none)."""

    decimal: str = "."
    thousands: str = ""

    def pattern(self, prefix: str = "", suffix: str = "") -> str:
        """A regular expression, for Python and RE2 alike, that a whole trimmed cell matches if it is such a number.

        prefix, suffix: what stands before and after it in this column, such as $ or %.
        """
        mark = re.escape(self.decimal)
        whole = "[0-9]+"
        if self.thousands:
            groups = "|".join(f"(?:{re.escape(sign)}[0-9]{{3}})+" for sign in self.thousands)
            whole = f"(?:[1-9][0-9]{{0,2}}(?:{groups})|[0-9]+)"
        number = f"(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eEdD][+-]?[0-9]+)?"
        before = rf"(?:{re.escape(prefix)})?\s*" if prefix else ""
        after = rf"\s*(?:{re.escape(suffix)})?" if suffix else ""
        sign = "[+−-]?" if prefix else ""  # before a prefix, or after it
        return rf"[+−-]?{before}{sign}{number}{after}|\({before}{number}{after}\)"

    def number(self, cell: str, prefix: str = "", suffix: str = "") -> float | None:
        """The number that a cell holds; None for another."""
        matches, replaced = _reader(self, prefix, suffix)
        cell = cell.strip()
        if not matches(cell):
            return None
        for old, new in replaced:
            cell = cell.replace(old, new)
        return float(cell)

    def replaced(self, prefix: str = "", suffix: str = "") -> Iterator[tuple[str, str]]:
        """What to put for what, one after the other, to have a number as Python and DuckDB read it."""
        yield from ((sign, "") for sign in (prefix, suffix) if sign)
        yield from ((sign, "") for sign in (*self.thousands, *" \t"))
        yield self.decimal, "."
        yield from [("(", "-"), (")", ""), ("−", "-"), ("d", "e"), ("D", "e")]

    @property
    def is_plain(self) -> bool:
        """Whether Python and DuckDB read such numbers as they stand."""
        return self == PLAIN


PLAIN = Numerals()
# Each way to write them; those that come first are preferred among those that read the same values.
ALL = [Numerals(d, t) for d, t in itertools.product(".,", ("", *",.", SPACES, QUOTES)) if d != t]


@lru_cache(maxsize=200)
def _reader(numerals: Numerals, prefix: str, suffix: str) -> tuple[Callable[[str], object], list[tuple[str, str]]]:
    """What tells such a number, and what to replace in it."""
    return re.compile(numerals.pattern(prefix, suffix)).fullmatch, list(numerals.replaced(prefix, suffix))


def affixes(cells: Iterable[str]) -> tuple[str, str] | None:
    """What stands before and after the number in every one of these cells; None where they aren't alike."""
    found = set()
    for cell in cells:
        match = _AFFIXED.fullmatch(cell.strip())
        if not match:
            return None
        found.add(((match["prefix"] or "").strip(), (match["suffix"] or "").strip()))
        if len(found) > 1:
            return None
    return found.pop() if found else ("", "")


DAYS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y"]
WORDED = ["%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"]
TIMES = [
    "",
    " %H:%M",
    " %H:%M:%S",
    "T%H:%M",
    "T%H:%M:%S",
    "T%H:%M:%SZ",
    "T%H:%M:%S.%f",
    "T%H:%M:%S.%fZ",
    " %H:%M:%S.%f",
]
DATES = [*(day + time for day in [*DAYS, *WORDED] for time in TIMES), "%Y-%m"]
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{1,2}|[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}([T ].*)?"
    r"|[0-9]{1,2}[- ][A-Za-z]{3,9}[- ][0-9]{2,4}( .*)?|[A-Z][a-z]{2,8} [0-9]{1,2}, [0-9]{4}( .*)?"
)


def looks_like_date(cell: str) -> bool:
    return bool(_DATE.fullmatch(cell))


def date_formats(cells: list[str]) -> Iterator[str]:
    """The formats by which every one of these cells is a date, as `strptime` takes them."""
    if cells and all(map(looks_like_date, cells)):
        yield from (f for f in DATES if all(is_date(cell, f) for cell in cells))


def is_date(cell: str, format: str) -> bool:
    try:
        datetime.strptime(cell, format)
    except ValueError:
        return False
    return True
