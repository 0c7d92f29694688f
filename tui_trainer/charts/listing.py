"""Rows of a table, or pictures with words under them: as many as there is room for."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from tui_trainer.charts.chart import Chart, Gallery, Rows
from tui_trainer.charts.styles import WRONG, Paint, Row

Cell: TypeAlias = tuple[str, Paint]
Cells: TypeAlias = list[list[Cell]]

WIDEST = 20  # of a column, in cells
LEAST_PICTURE, MOST_PICTURE = 12, 32  # columns


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


def draw_gallery(gallery: Gallery, width: int, height: int, fill: Callable[[Chart, int, int], Cells]) -> Cells:
    """Pictures in rows. fill: draws what is within a chart's axes, of so many columns and rows."""
    cells: Cells = [[(" ", "axis")] * width for _ in range(height)]
    if not gallery.frames:
        return cells
    first = gallery.frames[0].picture
    columns = max(1, min(max(LEAST_PICTURE, first.shades.shape[1]), MOST_PICTURE, width))
    rows = max(1, min(-(-columns * first.shades.shape[0] // (2 * first.shades.shape[1])), height - 1))
    across = max(1, (width + 1) // (columns + 1))
    for place, framed in enumerate(gallery.frames[: across * (height // (rows + 1))]):
        top, left = place // across * (rows + 1), place % across * (columns + 1)
        picture = framed.picture
        for y, row in enumerate(fill(Chart([picture], picture.x, picture.y), columns, rows), top):
            cells[y][left : left + columns] = row
        caption = _cut(framed.caption, columns)
        cells[top + rows][left : left + columns] = [(sign, framed.role) for sign in caption]
    return cells
