"""All that is asked of DuckDB: the one file that knows its SQL. Checked with DuckDB 1.4 and 2.0.

It opens what we have opened, by its number: no name is a pattern then, and what was checked is what is read.
Nothing is fetched: extensions that are not built in stay away.
"""

import contextlib
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.tables.numerals import MISSING, NOT_FINITE, Numerals

NUMERIC = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|REAL|DECIMAL.*|UINTEGER)")
THREADS = 4
CHUNK = 10_000  # rows that are in memory as text
TOGETHER = 250  # expressions in a query: its plan takes time by their square
Array = NDArray[np.float64]


class Typed(NamedTuple):
    """A column of a file that knows types: its name, and what it holds: number, switch, date, words, or nested."""

    name: str
    kind: str


class Rows:
    """Rows that DuckDB reads, of columns c0, c1, ...; close it at the end."""

    def __init__(self, source: str, typed: Sequence[Typed] = ()) -> None:
        self._connection = _connect()
        # Progress is counted, and not printed: neither can be set while connecting.
        self._connection.execute("SET enable_progress_bar=true; SET enable_progress_bar_print=false")
        self._stopped = False
        self.source, self.typed = source, typed

    def close(self) -> None:
        self._connection.close()

    def stop(self) -> None:
        """Nobody wants to know any more, another thread says: what is asked now and later raises Stopped."""
        self._stopped = True
        with contextlib.suppress(duckdb.Error):  # it was closed just now
            self._connection.interrupt()

    @property
    def progress(self) -> float:
        """How much of what is asked now is read, from 0 to 1, for another thread; 0 where that isn't known."""
        try:
            return max(0.0, float(self._connection.query_progress())) / 100
        except duckdb.Error:  # it was closed just now
            return 1.0

    def arrays(self, values: Sequence[str]) -> list[Array]:
        """The values of these expressions, NaN where there is none, each of shape (rows,)."""
        if len(values) > TOGETHER:
            parts = (self.arrays(values[i : i + TOGETHER]) for i in range(0, len(values), TOGETHER))
            return list(itertools.chain.from_iterable(parts))
        names = [f"v{i}" for i in range(len(values))]
        wanted = ", ".join(f"coalesce({v}, 'nan'::DOUBLE) AS {n}" for n, v in zip(names, values, strict=True))
        table = self._run(f"SELECT {wanted} FROM {self.source}", "fetchnumpy")
        return [np.ascontiguousarray(np.ma.getdata(table[name]), dtype=np.float64) for name in names]

    def codes(self, place: int) -> tuple[Array, list[str]]:
        """A column of words: for each row the place of its word among those that there are, NaN for none, and these."""
        word = f"trim(c{place}, {_text(_BLANKS)})"
        query = f"SELECT CASE WHEN {missing(place)} THEN NULL ELSE {word} END AS v FROM {self.source}"
        values = self._run(query, "fetchnumpy")["v"]
        gone = (
            np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else np.zeros(len(values), dtype=bool)
        )
        data = np.asarray(np.ma.getdata(values), dtype=object)
        gone = gone | np.array([value is None for value in data], dtype=bool)
        names = sorted({str(value) for value in data[~gone]})
        index = {name: i for i, name in enumerate(names)}
        places = [math.nan if g else index[str(v)] for v, g in zip(data, gone, strict=True)]
        return np.array(places, dtype=np.float64), names

    def counts(self, conditions: Sequence[str]) -> list[int]:
        """How many rows meet each."""
        if len(conditions) > TOGETHER:
            return self.counts(conditions[:TOGETHER]) + self.counts(conditions[TOGETHER:])
        wanted = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions)
        row = self._run(f"SELECT {wanted} FROM {self.source}", "fetchone")
        return [int(n) for n in row or ()]

    def first(self, condition: str, place: int) -> tuple[int, str]:
        """The first row that meets a condition, from 1, and its cell of a column."""
        row = self._run(
            f"SELECT n, c FROM (SELECT row_number() OVER () AS n, CAST(c{place} AS VARCHAR) AS c, {condition} AS met "
            f"FROM {self.source}) WHERE met ORDER BY n LIMIT 1",
            "fetchone",
        )
        return (int(row[0]), str(row[1] or "")) if row else (0, "")

    def flags(self, condition: str) -> NDArray[np.bool_]:
        """Whether each row meets a condition."""
        return np.asarray(self._run(f"SELECT ({condition}) AS v FROM {self.source}", "fetchnumpy")["v"], dtype=bool)

    def head(self, width: int, count: int) -> list[list[str]]:
        """The cells of the first rows, as text."""
        wanted = ", ".join(f"CAST(c{i} AS VARCHAR)" for i in range(width))
        return [
            ["" if c is None else str(c) for c in row]
            for row in self._run(f"SELECT {wanted} FROM {self.source} LIMIT {count}", "fetchall")
        ]

    def cells(self, width: int, but: str) -> Iterator[tuple[str, ...]]:
        """The cells of the rows that don't meet a condition, as text. Nothing else can be asked meanwhile."""
        wanted = ", ".join(f"coalesce(CAST(c{i} AS VARCHAR), '')" for i in range(width))
        found = self._run(f"SELECT {wanted} FROM {self.source} WHERE NOT ({but})")
        while rows := found.fetchmany(CHUNK):
            yield from rows

    def _run(self, query: str, fetch: str = "") -> Any:
        """The answer to a query, had by a method of it where one is named. Raises Unreadable; Stopped."""
        if self._stopped:
            raise Stopped
        try:
            found = self._connection.execute(query)
            return getattr(found, fetch)() if fetch else found
        except duckdb.InterruptException:
            raise Stopped from None
        except (duckdb.Error, ValueError) as error:
            raise Unreadable(str(error)) from None


class Stopped(Exception):
    """Nobody wants to know any more."""


class Unreadable(Exception):
    """What DuckDB says of a file that it can't read."""


def text_rows(handle: int, packed: bool, separator: str, quote: str, first: int, width: int, longest: int) -> Rows:
    """The rows of an open CSV file in UTF-8, from a line on."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    options = {
        "auto_detect": "false",
        "header": "false",
        "skip": str(first - 1),
        "delim": _text(separator),
        "quote": _text(quote),
        "escape": _text(quote),
        "columns": f"{{{columns}}}",
        "null_padding": "true",
        "strict_mode": "true",
        "compression": "'gzip'" if packed else "'none'",
        "parallel": "false" if packed else "true",
        **({"max_line_size": str(longest)} if longest else {}),
    }
    return Rows(f"read_csv('/dev/fd/{handle}', {', '.join(f'{name}={value}' for name, value in options.items())})")


def typed_rows(handle: int, reader: str) -> Rows:
    """The rows of an open file of a kind that knows types: `parquet`, or `json`."""
    options = ", maximum_object_size=16777216" if reader == "json" else ""
    source = f"read_{reader}('/dev/fd/{handle}'{options})"
    with_names = Rows(source)
    described = with_names._run(f"DESCRIBE SELECT * FROM {source}", "fetchall")
    with_names.close()
    columns = [(str(name), str(kind)) for name, kind, *_ in described]
    typed = [Typed(name, _kind(kind)) for name, kind in columns]
    wanted = ", ".join(
        f"{_name(name)} AS c{i}" if _kind(kind) == "number" else f"CAST({_name(name)} AS VARCHAR) AS c{i}"
        for i, (name, kind) in enumerate(columns)
    )
    return Rows(f"(SELECT {wanted} FROM {source})", typed)


def plain_number(place: int) -> str:
    """The expression of a number as most files write it, which is quick; NULL where there is none, or another."""
    return f"(CASE WHEN contains(c{place}, '_') THEN NULL ELSE TRY_CAST(c{place} AS DOUBLE) END)"  # it would take 1_000


def number(place: int, numerals: Numerals, prefix: str = "", suffix: str = "") -> str:
    """The expression of a number in a cell of text, however it is written; NULL where there is none."""
    cell = f"trim(c{place}, {_text(_BLANKS)})"
    pattern = numerals.pattern(prefix, suffix)
    return (
        f"(CASE WHEN regexp_full_match({cell}, {_text(pattern)}) THEN {_replaced(cell, numerals, prefix, suffix)} "
        f"WHEN regexp_full_match({cell}, {_text('(?i)' + NOT_FINITE)}) THEN 'inf'::DOUBLE END)"
    )


def _replaced(cell: str, numerals: Numerals, prefix: str, suffix: str) -> str:
    for old, new in numerals.replaced(prefix, suffix):
        cell = f"replace({cell}, {_text(old)}, {_text(new)})"
    return f"TRY_CAST({cell} AS DOUBLE)"


def typed_number(place: int) -> str:
    """The expression of a number in a column of numbers."""
    return f"CAST(c{place} AS DOUBLE)"


def day(place: int, format: str) -> str:
    """The expression of a date: days since 1970."""
    text = f"trim(c{place}, {_text(_BLANKS)})"
    moment = f"TRY_CAST({text} AS TIMESTAMP)" if not format else f"try_strptime({text}, {_text(format)})"
    return f"(epoch({moment}) / 86400.0)"


def switch(place: int, on: Sequence[str], off: Sequence[str]) -> str:
    """The expression of 1 for words that mean yes, 0 for those that mean no."""
    cell = f"lower(trim(c{place}, {_text(_BLANKS)}))"
    return f"(CASE WHEN {cell} IN {_texts(on)} THEN 1.0 WHEN {cell} IN {_texts(off)} THEN 0.0 END)"


def missing(place: int, typed: bool = False) -> str:
    """The condition that a cell holds nothing."""
    if typed:
        return f"(c{place} IS NULL OR isnan(CAST(c{place} AS DOUBLE)))"
    return f"(c{place} IS NULL OR lower(trim(c{place}, {_text(_BLANKS)})) IN {_texts(sorted(MISSING))})"


def nothing(columns: int) -> str:
    """The condition that a row of so many columns has nothing in it."""
    return f"(trim(concat({', '.join(f'c{i}' for i in range(columns))}), {_text(_BLANKS)}) = '')"


def is_word(place: int, word: str) -> str:
    """The condition that a cell holds a word."""
    return f"coalesce(trim(c{place}, {_text(_BLANKS)}) = {_text(word)}, false)"


def matches(place: int, pattern: str) -> str:
    """The condition that a whole cell matches a regular expression."""
    return f"coalesce(regexp_full_match(trim(c{place}, {_text(_BLANKS)}), {_text(pattern)}), false)"


def _connect() -> Any:
    return duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": str(THREADS),
            "preserve_insertion_order": "true",
        },
    )


def _kind(kind: str) -> str:
    if NUMERIC.fullmatch(kind):
        return "number"
    if kind.startswith(("DATE", "TIMESTAMP")):
        return "date"
    if kind == "BOOLEAN":
        return "switch"
    return "words" if kind in ("VARCHAR", "UUID", "TIME") or kind.startswith("ENUM") else "nested"


_BLANKS = " \t\r\n\u00a0\ufeff"


def _text(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _texts(texts: Sequence[str]) -> str:
    return f"({', '.join(map(_text, texts))})"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
