"""A matrix of counts in, rows of text out."""

from collections.abc import Sequence
from typing import TypeAlias

from tui_trainer.charts.chart import Matrix
from tui_trainer.charts.styles import LEVELS, Paint, area_role

Row: TypeAlias = list[tuple[str, Paint]]
LEAST_COLUMN, MOST_COLUMN, LEAST_NAME = 4, 20, 3  # cells
MOST_TALL = 5  # rows of a class
CORNER = "true / pred."


def draw_matrix(matrix: Matrix, width: int, height: int, colours: bool) -> list[Row]:
    """A row for each class, coloured by the share of it that a column has; of very many classes the first.

    Where there is room for taller rows, that share stands under the count.
    """
    name = min(max(map(len, [CORNER, *matrix.names])), max(LEAST_NAME, width // 3))
    shown = max(1, min(len(matrix.names), (width - name) // LEAST_COLUMN, height - 2))
    column = min(MOST_COLUMN, max(LEAST_COLUMN, (width - name) // shown))
    tall = max(1, min(MOST_TALL, (height - 2) // shown, column // 3))
    names = matrix.names[:shown]
    head: Row = [(_cut(CORNER, name), "quiet")]
    head += [(_cut(each, column - 1).strip().center(column), "strong") for each in names]
    rows = [_filled(head, width)]
    for place, each in enumerate(names):
        whole = max(1, int(matrix.counts[place].sum()))
        for line in range(tall):
            row: Row = [(_cut(each if line == (tall - 1) // 2 else "", name), "strong")]
            for other in range(shown):
                count = int(matrix.counts[place, other])
                words = _line_of(count, count / whole, line, tall).center(column)
                role = "strong" if place == other and line == (tall - 1) // 2 else "axis"
                shade = area_role(other, min(LEVELS - 1, count * LEVELS // whole))
                row.append((words, (role, shade) if count and colours else role))
            rows.append(_filled(row, width))
    if shown < len(matrix.names):
        rows.append(_filled([(f"and {len(matrix.names) - shown:,} more classes", "quiet")], width))
    blank: Row = [(" " * width, "axis")]
    return [*rows, *([blank] * height)][:height]


def _line_of(count: int, share: float, line: int, tall: int) -> str:
    """What one of the lines of a cell says: the count in its middle, and the share of the class under it."""
    middle = (tall - 1) // 2
    if line == middle:
        return f"{count:,}"
    return f"{share:.0%}" if count and line == middle + 1 else ""


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"


def _filled(row: Sequence[tuple[str, Paint]], width: int) -> Row:
    """Just as wide."""
    filled: Row = []
    for text, paint in row:
        filled.append((text[:width], paint))
        width -= len(filled[-1][0])
    return [*filled, (" " * width, "axis")]
