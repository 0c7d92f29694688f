"""The lines and dots of a chart, as cells."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tui_trainer.charts import braille
from tui_trainer.charts.braille import Dotted, Size
from tui_trainer.charts.chart import Chart, Line
from tui_trainer.charts.decimation import signs, stretches, visible
from tui_trainer.charts.styles import Paint, phase

Placed = tuple[int, int, str, Paint]  # row, column, sign and role
BRAILLE, SPARSE = 0x2800, 3


@dataclass(frozen=True)
class Strokes:
    """Draws lines and dots of a chart into so many cells.

    ascii: with a sign that any encoding has. colours: whether they will be seen; without them what is still is dotted,
    so that it can be distinguished from what lies above it.
    """

    chart: Chart
    size: Size
    ascii: bool
    colours: bool

    def still(self) -> Iterator[Placed]:
        """Lines that lie behind the others: of one role together, of several in turns."""
        by_role: dict[str, Dotted] = {}
        for line in (line for line in self.chart.lines if line.still):
            drawn = self._line(line)
            by_role[line.role] = by_role[line.role] | drawn if line.role in by_role else drawn
        if by_role:
            for role, cells in zip(by_role, braille.in_turns(np.stack([*by_role.values()])), strict=True):
                yield from self._placed(cells, role, ascii=",")

    def live(self) -> Iterator[Placed]:
        """The other lines, and the dots: none hides another, and above all are the lines' signs."""
        lines = [line for line in self.chart.lines if not line.still]
        drawn = np.stack([np.zeros(self.size, dtype=np.uint8), *map(self._line, lines)])
        for line, cells in zip(lines, braille.in_turns(drawn)[1:], strict=True):
            yield from self._placed(cells, line.role)
        for dots in self.chart.dots:
            x, y = visible(dots, self.chart)
            left = braille.spared(braille.dots(x, y, self.size), drawn)
            if dots.marker == "braille":
                yield from self._placed(left, dots.role)
            else:
                for row, column in dict.fromkeys(braille.cells(x, y, self.size)):
                    if left[row, column]:
                        yield row, column, dots.marker, dots.role
        for line in lines:
            if line.marker:
                x, y = signs(line, self.chart, self.size.columns, phase(line.marker))
                for row, column in braille.cells(x, y, self.size):
                    yield row, column, line.marker, line.role

    def _line(self, line: Line) -> Dotted:
        drawn = np.zeros(self.size, dtype=np.uint8)
        for x, y in stretches(line, self.chart, 2 * self.size.columns):
            sparse = line.still and not self.colours
            drawn |= braille.dots(x, y, self.size, SPARSE) if sparse else braille.joined(x, y, self.size)
        return drawn

    def _placed(self, cells: Dotted, role: str, ascii: str = ".") -> Iterator[Placed]:
        rows, columns = np.nonzero(cells)
        for row, column, dots in zip(rows.tolist(), columns.tolist(), cells[rows, columns].tolist(), strict=True):
            yield row, column, ascii if self.ascii else chr(BRAILLE + dots), role
