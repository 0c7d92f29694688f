"""How a text file writes its table: found by trying what there is on its first lines.

Each candidate is scored by how even its rows are and how much of them becomes numbers; what is set is not tried.
"""

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tui_trainer.data.tables.marks import Choice, choose_numerals
from tui_trainer.data.tables.numerals import PLAIN, Numerals, is_missing, looks_like_date
from tui_trainer.experiment import Experiment
from tui_trainer.setting_texts import separator_of

SEPARATORS = (",", ";", "\t", "|", " ")  # a space stands for any white space
SPOKEN = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}
COMMENTS = ("#", "%", "//")
TRIED_ROWS, LEADING_ROWS = 200, 20
TRIED_CELLS, TRIED_COLUMNS = 20_000, 200
YEARS = range(1500, 2201)

Row = tuple[int, list[str]]  # the line it ends in, and its cells


class Asked(NamedTuple):
    """What a person said of the file; empty is whatever fits."""

    separator: str = ""
    decimal: str = ""
    header: str = "auto"
    encoding: str = ""


def asked_of(e: Experiment) -> Asked:
    """What the settings say of a file."""
    return Asked(separator_of(e.separator), "" if e.decimal == "auto" else e.decimal, e.header, e.encoding)


class Dialect(NamedTuple):
    """How a file's table is written.

    names: of the columns, empty where one has none; first: the line that the rows of data begin in; comment: what
    begins a line that is none; notes: what was guessed or skipped, in words; marks: how the sample writes numbers.
    """

    encoding: str
    separator: str
    quote: str
    comment: str
    names: tuple[str, ...]
    header: bool
    first: int
    notes: tuple[str, ...]
    marks: Choice


class _Layout(NamedTuple):
    """What a candidate makes of the sample: rows before the data, the data, and how well it fits."""

    before: list[Row]
    data: list[Row]
    width: int
    score: float


def rows_of(lines: Iterable[str], separator: str, quote: str, comment: str = "", strict: bool = True) -> Iterator[Row]:
    """The rows of these lines, which are not empty, each with the line that it ends in; comments are left out.

    Raises csv.Error for quotes that don't match, where it is strict.
    """
    number = 0

    def counted() -> Iterator[str]:
        nonlocal number
        for line in lines:
            number += 1
            if comment and line.lstrip().startswith(comment):
                continue
            yield line.replace("\t", " ").rstrip() + "\n" if separator == " " else line

    reader = csv.reader(
        counted(),
        delimiter=separator,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        skipinitialspace=True,
        strict=strict,
    )
    for cells in reader:
        if cells:
            yield number, [cell.strip() for cell in cells]


def choose(lines: Sequence[str], encoding: str, asked: Asked) -> Dialect:
    """The dialect of a file that begins with these lines, of which one at least is not empty."""
    notes = []
    separators: Sequence[str] = [asked.separator] if asked.separator else SEPARATORS
    skip = next(i for i, line in enumerate(lines) if line.strip())
    if says := re.fullmatch(r'"?sep=(.)"?,*;*\s*', lines[skip], re.IGNORECASE):
        notes.append(f"row {skip + 1}, which names the separator, skipped")
        separators = [asked.separator or says[1]]
        skip += 1
    comment = next((sign for sign in COMMENTS if any(line.lstrip().startswith(sign) for line in lines[skip:])), "")
    if comment == "%" and not lines[skip].lstrip().startswith("%"):
        comment = ""
    sample = ["\n"] * skip + list(lines[skip:])
    candidates = [(s, q) for s in separators for q in _quotes(sample, s)]
    decimals = [asked.decimal] if asked.decimal else [".", ","]
    layouts = {
        (s, q): _layout(list(rows_of(sample[:TRIED_ROWS], s, q, comment, strict=False)), decimals)
        for s, q in candidates
    }
    separator, quote = max(layouts, key=lambda each: layouts[each].score)  # the first of equals
    rows = list(rows_of(sample, separator, quote, comment, strict=False))
    layout = _layout(rows, decimals)
    names, header, first, of_header = _names(layout, sample, comment, separator, quote, asked.header)
    notes += of_header
    if not asked.separator and separator != "," and not (says and separator == says[1]) and len(names) > 1:
        notes.insert(0, f"separator {SPOKEN.get(separator, separator)}")
    body = [row for row in rows if row[0] >= first]
    marks = choose_numerals(body, asked.decimal)
    if (
        comment
        and (count := sum(line.lstrip().startswith(comment) for line in sample))
        and not any("comment" in each for each in of_header)
    ):
        notes.append(f"{count} line{'s' * (count > 1)} of comments skipped")
    return Dialect(encoding, separator, quote, comment, names, header, first, tuple(notes), marks)


def _quotes(lines: Sequence[str], separator: str) -> list[str]:
    """The signs that cells may stand in: the apostrophe only where one does both begin and end a cell."""
    apostrophe = re.compile(rf"(?:^|{re.escape(separator)})\s*'[^']*'\s*(?:{re.escape(separator)}|$)", re.MULTILINE)
    return ['"', "'"] if any(apostrophe.search(line) for line in lines[:TRIED_ROWS]) else ['"']


def _layout(rows: list[Row], decimals: Sequence[str]) -> _Layout:
    """Tell the data from what stands before it, and score both."""
    filled = [row for row in rows if any(row[1])]
    if not filled:
        return _Layout([], [], 0, 0.0)
    counts = Counter(len(cells) for _, cells in filled)
    width = max(counts, key=lambda n: (counts[n], n))
    if len(filled) > (most := max(LEADING_ROWS + 10, TRIED_CELLS // width)):
        filled = filled[:most]
        counts = Counter(len(cells) for _, cells in filled)
    later = [cells for _, cells in filled[len(filled) // 2 :] if len(cells) == width] or [
        (filled[-1][1] + [""] * width)[:width]
    ]
    readers = [
        Numerals(decimal, sign) for decimal in decimals for sign in (",.".replace(decimal, "") + "\u00a0\u202f '’",)
    ]
    numeric = max(([_numeric(later, i, reader) for i in range(width)] for reader in readers), key=sum)
    share = [n for i in range(width) if (n := _share(later, i, numeric)) is not None]
    even = sum(len(cells) == width or not any(cells[width:]) for _, cells in filled) / len(filled)
    full = counts[width] / len(filled)
    score = even * (0.5 + full / 2) * (0.1 + sum(share) / max(1, len(share))) * (1.0 if width > 1 else 0.5)
    leading = _leading(filled, {i for i, part in enumerate(numeric) if part >= 0.5}, readers)
    return _Layout(filled[:leading], filled[leading:], width, score)


def _numeric(rows: list[list[str]], column: int, reader: Numerals) -> float:
    """The share of a column's cells that are numbers, or dates."""
    cells = [row[column] for row in rows if not is_missing(row[column])]
    return sum(_is_value(cell, reader) for cell in cells) / len(cells) if cells else 0.0


def _share(rows: list[list[str]], column: int, numeric: Sequence[float]) -> float | None:
    return numeric[column] if any(not is_missing(row[column]) for row in rows) else None


def _is_value(cell: str, reader: Numerals) -> bool:
    return _is_number(cell, reader) or looks_like_date(cell)


def _is_number(cell: str, reader: Numerals) -> bool:
    return reader.number(_AFFIX.sub("", cell)) is not None


_AFFIX = re.compile(r"^[$€£¥₹]\s*|(?<=[-+(])[$€£¥₹]\s*|\s*[%‰°$€£¥₹]\)?$")


def _leading(rows: list[Row], numeric: set[int], readers: Sequence[Numerals]) -> int:
    """How many rows stand before the data: those without a number where the data has numbers."""

    def kinds(cells: list[str]) -> list[bool]:
        given = [cells[i] for i in numeric if i < len(cells) and not is_missing(cells[i])]
        return [any(_is_value(cell, reader) for reader in readers) for cell in given]

    if not numeric:
        return 1
    numeric = set(sorted(numeric)[:TRIED_COLUMNS])
    head = [kinds(cells) for _, cells in rows[:LEADING_ROWS]]
    wordy = [i for i, kind in enumerate(head) if kind and not any(kind)]
    if wordy and not any(kind and all(kind) for kind in head[: wordy[-1]]):
        return wordy[-1] + 1
    begins = head[0]
    if begins and all(begins):
        return 0
    return next((i for i, kind in enumerate(head) if i and (not kind or any(kind))), len(head)) if begins else 0


def _names(
    layout: _Layout, lines: Sequence[str], comment: str, separator: str, quote: str, asked: str
) -> tuple[tuple[str, ...], bool, int, list[str]]:
    """The columns' names, whether they stand in the file, the line that the data begins in, and what was guessed."""
    notes: list[str] = []
    before, data = list(layout.before), list(layout.data)
    everything = before + data
    width = max(
        [layout.width, *(len(cells) for _, cells in data if any(cells[layout.width :]) and not before)], default=0
    )
    if asked == "off":
        before, data = [], [row for row in everything if len(row[1]) >= layout.width or row in data]
    elif asked == "on" and not before:
        before, data = everything[:1], everything[1:]
    elif not before and _are_years(data):
        before, data = data[:1], data[1:]
        notes.append(f"row {before[0][0]}, years, taken as the names (--header off takes it as data)")
    header = _header(before, layout.width, lines) if before else None
    first = data[0][0] if data else (before[-1][0] + 1 if before else 1)
    if header:
        # A quoted cell may go over several lines: the data begins after the row before it.
        first = before[-1][0] + 1
        if skipped := [number for number, _ in before if number != header[0]]:
            notes.append(f"row{'s' * (len(skipped) > 1)} {_ranges(skipped)} skipped")
        names = header[1]
        while len(names) > 1 and not names[-1]:
            names = names[:-1]
        if len(names) == layout.width - 1 and sum(bool(cells[-1]) for _, cells in data if len(cells) == layout.width):
            names = ["", *names]
            notes.append("the first column, which has no name, taken for names of rows")
        names += [""] * (layout.width - len(names))
        if any(_is_number(name, PLAIN) for name in header[1]) and not notes and asked == "auto":
            notes.append(f"row {header[0]} taken as the names (--header off takes it as data)")
        return tuple(_distinct(names, notes)), True, first, notes
    if comment and asked != "off" and (named := _commented(lines, comment, separator, quote, width)):
        notes.append("names taken from the comment above the data")
        return tuple(_distinct(named, notes)), False, first, notes
    return tuple(str(i + 1) for i in range(width)), False, 1 if first <= 1 else first, notes


def _header(before: list[Row], width: int, lines: Sequence[str]) -> Row:
    """The row of names: the first that is full and has no number, after the last empty line."""
    after = before
    for i in range(len(before) - 1, 0, -1):
        if not lines[before[i][0] - 2].strip() and before[i][0] >= 2:
            after = before[i:]
            break
    for rows in (after, before):
        full = [row for row in rows if sum(map(bool, row[1])) >= max(1, width - 1)]
        wordy = [row for row in full if not any(_is_number(cell, PLAIN) for cell in row[1])]
        if wordy or full:
            return (wordy or full)[0]
    return before[-1]


def _are_years(data: list[Row]) -> bool:
    """Whether the first row is years above numbers that are none."""
    if len(data) < 2:
        return False
    cells = [cell for cell in data[0][1] if cell]

    def year(cell: str) -> bool:
        return bool(re.fullmatch("[0-9]{4}", cell)) and int(cell) in YEARS

    below = [cell for _, row in data[1:] for cell in row]
    return len(cells) > 1 and len(set(cells)) == len(cells) and all(map(year, cells)) and not any(map(year, below))


def _commented(lines: Sequence[str], comment: str, separator: str, quote: str, width: int) -> list[str]:
    """Names in the last comment before the data, if there are as many as columns."""
    head = list(itertools.takewhile(lambda line: not line.strip() or line.lstrip().startswith(comment), lines))
    for line in reversed(head):
        if line.strip():
            named = next(
                rows_of([line.lstrip().removeprefix(comment).lstrip()], separator, quote, strict=False), (0, [])
            )[1]
            return named if len(named) == width and all(named) else []
    return []


def _distinct(names: Sequence[str], notes: list[str]) -> Iterator[str]:
    """Each name once: a second y is y.1."""
    taken = set(names)
    seen: set[str] = set()
    for name in names:
        new = name
        for number in itertools.count(1):
            if not new or new not in seen:
                break
            new = f"{name}.{number}" if f"{name}.{number}" not in taken else new
        if new != name:
            notes.append(f"a second column {name!r} is called {new!r}")
        seen.add(new)
        yield new


def _ranges(numbers: Sequence[int]) -> str:
    """`1-3, 7`."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts[:20])
