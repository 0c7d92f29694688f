"""Rows of a table: as many as there is room for."""

from collections.abc import Sequence

from tui_trainer.charts.chart import Rows
from tui_trainer.charts.styles import WRONG, Row

WIDEST = 20  # of a column, in cells


def draw_rows(table: Rows, width: int, height: int) -> list[Row]:
    """A line for each row; columns that have no room are left out, and it says how many."""
    rows = table.cells[: max(0, height - 1)]
    widths = [min(WIDEST, max(map(len, column))) for column in zip(table.head, *rows, strict=True)]
    fit = next((n for n in range(len(widths), 0, -1) if _width(widths[:n]) <= _room(width, n < len(widths))), 1)
    left_out = f"+{len(widths) - fit}" if fit < len(widths) else ""
    lines: list[Row] = [_line(table.head, widths[:fit], left_out, "quiet", width)]
    lines += [_line(row, widths[:fit], "", "mark" if row[0] == WRONG else "axis", width) for row in rows]
    blank: Row = [(" " * width, "axis")]
    return [*lines, *([blank] * height)][:height]


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _room(width: int, some_left_out: bool) -> int:
    return width - 5 * some_left_out


def _line(cells: Sequence[str], widths: Sequence[int], end: str, role: str, width: int) -> Row:
    words = "  ".join(_cut(cell, room) for cell, room in zip(cells, widths, strict=False))
    return [((f"{words}  {end}" if end else words).ljust(width)[:width], role)]


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"
