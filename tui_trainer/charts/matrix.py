"""A matrix of counts in, rows of text out."""

from collections.abc import Sequence
from typing import TypeAlias

from tui_trainer.charts.chart import Matrix
from tui_trainer.charts.styles import LEVELS, Paint, area_role

Row: TypeAlias = list[tuple[str, Paint]]
LEAST_COLUMN, MOST_COLUMN, LEAST_NAME = 4, 12, 3  # cells
CORNER = "true / pred."


def draw_matrix(matrix: Matrix, width: int, height: int, colours: bool) -> list[Row]:
    """A row for each class, coloured by the share of it that a column has; of very many classes the first."""
    name = min(max(map(len, [CORNER, *matrix.names])), max(LEAST_NAME, width // 3))
    shown = max(1, min(len(matrix.names), (width - name) // LEAST_COLUMN, height - 2))
    column = min(MOST_COLUMN, max(LEAST_COLUMN, (width - name) // shown))
    names = matrix.names[:shown]
    head: Row = [(_cut(CORNER, name), "quiet"), *((f"{_cut(each, column - 1):>{column}}", "strong") for each in names)]
    rows = [_filled(head, width)]
    for place, each in enumerate(names):
        row: Row = [(_cut(each, name), "strong")]
        whole = max(1, int(matrix.counts[place].sum()))
        for other in range(shown):
            count = int(matrix.counts[place, other])
            level = min(LEVELS - 1, count * LEVELS // whole)
            role = "strong" if place == other else "axis"
            words = f"{count:,}".rjust(column - 1) + " "
            row.append((words, (role, area_role(other, level)) if count and colours else role))
        rows.append(_filled(row, width))
    if shown < len(matrix.names):
        rows.append(_filled([(f"and {len(matrix.names) - shown:,} more classes", "quiet")], width))
    blank: Row = [(" " * width, "axis")]
    return [*rows, *([blank] * height)][:height]


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"


def _filled(row: Sequence[tuple[str, Paint]], width: int) -> Row:
    """Just as wide."""
    filled: Row = []
    for text, paint in row:
        filled.append((text[:width], paint))
        width -= len(filled[-1][0])
    return [*filled, (" " * width, "axis")]
