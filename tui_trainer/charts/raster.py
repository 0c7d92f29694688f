"""A chart in, rows of text out: axes by plotext, and within them pictures, bars, lines and dots, over each other."""

import itertools
import operator
import threading
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from tui_trainer.charts import braille
from tui_trainer.charts.braille import Size
from tui_trainer.charts.chart import (
    Array,
    Bars,
    Beside,
    Chart,
    Dots,
    Gallery,
    Level,
    Line,
    Matrix,
    Network,
    Picture,
    Rows,
)
from tui_trainer.charts.gallery import draw_gallery
from tui_trainer.charts.listing import draw_rows
from tui_trainer.charts.matrix import draw_matrix
from tui_trainer.charts.network import draw_network
from tui_trainer.charts.plotext_backend import draw_axes
from tui_trainer.charts.strokes import Placed, Strokes
from tui_trainer.charts.styles import BLANK_SHADE, RUN_ROLES, Paint, Row
from tui_trainer.data.span import evenly

Cell = tuple[str, Paint]
Layer = list[dict[int, Cell]]  # by row and column

KEPT = 8
BLANK = " \u2800"
CURSOR = "┃"
EIGHTHS = "▁▂▃▄▅▆▇█"
ASCII = str.maketrans(
    "│┃┤├└┴┬─━┼┈┊•○●▲■◆▼★✚✖◐◧◇÷→←–−·…²▁▂▃▄▅▆▇█░▒▓△□▽☆×▏▎▍▌▋▊▉▸◂",
    "|||+++--=+-::@o^#%v*+x&$!/><--.~2____####.+%AHVwx'''####><",
)

_drawing = threading.Lock()  # plotext has one figure, which the app's screen, an export's thread and a lesson share


def draw(chart: Chart, width: int, height: int, ascii: bool = False, colours: bool = True) -> list[Row]:
    """Draw a chart into `height` rows of `width` cells; each row is a list of (text, role). From any thread.

    ascii: only characters that any encoding has. colours: whether what tells no more than a colour, as in a picture,
    will be seen; else there are signs instead, and still lines are dotted. Then, and with ascii, no piece has a role
    behind it.
    """
    if isinstance(chart, Beside):
        return _draw_beside(chart, width, height, ascii, colours)
    if isinstance(chart, Gallery):
        return draw_gallery(chart, width, height, colours and not ascii)
    if isinstance(chart, Matrix):
        return draw_matrix(chart, width, height, colours and not ascii)
    if isinstance(chart, Rows):
        return draw_rows(chart, width, height)
    if isinstance(chart, Network):
        fill, whole = (partial(each, ascii=ascii, colours=colours) for each in (_within, draw))
        return _finished(draw_network(chart, width, height, fill, whole, colours and not ascii), ascii)
    if width < 8 or height < 3:
        return [[(" " * max(width, 0), "axis")] for _ in range(height)]
    rows: list[list[Cell]] = [[(sign, "axis") for sign in row] for row in _axes(chart, width, height)]
    canvas = _Canvas.within(rows)
    if canvas.width:
        _fill(rows, chart, canvas, ascii, colours)
    return _finished(rows, ascii)


def _finished(rows: list[list[Cell]], ascii: bool) -> list[Row]:
    """Cells as pieces of text."""
    drawn = [_row(cells) for cells in rows]
    return [[(_as_ascii(text), role) for text, role in row] for row in drawn] if ascii else drawn


def _within(chart: Chart, width: int, height: int, ascii: bool, colours: bool) -> list[list[Cell]]:
    """What is within a chart's axes, without these."""
    rows: list[list[Cell]] = [[(" ", "axis")] * width for _ in range(height)]
    _fill(rows, chart, _Canvas(0, width, height), ascii, colours)
    return rows


def _fill(rows: list[list[Cell]], chart: Chart, canvas: "_Canvas", ascii: bool, colours: bool) -> None:
    """Draw what is within the axes."""
    strokes = Strokes(chart, Size(canvas.height, canvas.width), ascii, colours)
    under, over = _bars(chart)
    _lay(rows, _stand(under, chart, canvas))
    _put(rows, strokes.still(), canvas)
    _draw_marks(rows, chart, canvas)
    _put(rows, strokes.live(), canvas)
    _lay(rows, _stand(over, chart, canvas))
    _draw_levels(rows, chart, canvas)
    _label_marks(rows, chart, canvas)
    if chart.cursor is not None:
        _lay(rows, _upright(chart.cursor, chart, canvas), under=True)
    for picture in reversed(chart.of_kind(Picture)):
        if colours and not ascii:
            _paint(rows, picture, chart, canvas)
        else:
            _lay(rows, _signs_of(picture, chart, canvas), under=True)


def _draw_beside(chart: Beside, width: int, height: int, ascii: bool, colours: bool) -> list[Row]:
    """The panels that there is room for, each under its caption; where some are left out, it says which is seen."""
    panels = chart.shown(max(1, width // chart.least))
    left_out = f"  {chart.first + 1} of {len(chart.panels)}: v" if len(panels) < len(chart.panels) else ""
    rows: list[Row] = [[] for _ in range(max(0, height))]
    ends = [width * i // len(panels) for i in range(len(panels) + 1)]
    for panel, start, stop in zip(panels, ends, ends[1:], strict=False):
        drawn = [_cut([*panel.caption[:2], (left_out, "axis"), *panel.caption[2:]], stop - start)]
        drawn += draw(panel.chart, stop - start, height - 1, ascii, colours)
        left_out = ""
        for row, piece in zip(rows, drawn, strict=False):
            row.extend(piece)
    return [[(_as_ascii(text), role) for text, role in row] for row in rows] if ascii else rows


def _cut(row: Sequence[tuple[str, Paint]], width: int) -> Row:
    """A row in just so many cells: pieces that there is no room for are left out, but for the first, which is cut."""
    (text, paint), *rest = row
    cut: Row = [(text[:width], paint)]
    width -= len(cut[0][0])
    for text, paint in rest:
        if len(text) < width:  # with a cell to the next panel
            cut.append((text, paint))
            width -= len(text)
    return [*cut, (" " * width, "axis")]


def plain(rows: Sequence[Row]) -> str:
    """The rows as text without colour."""
    return "\n".join("".join(text for text, _ in row).rstrip() for row in rows)


class _Canvas(NamedTuple):
    """What is within the axes, in cells; x: its first column."""

    x: int
    width: int
    height: int

    @classmethod
    def within(cls, rows: list[list[Cell]]) -> "_Canvas":
        x = next((x for x, (sign, _) in enumerate(rows[-2]) if sign == "└"), len(rows[0])) + 1
        return cls(x, max(0, len(rows[0]) - x), len(rows) - 2)

    def column(self, place: float) -> int:
        """Where a place is, from the left edge (0) to the right one (1)."""
        return self.x + round(place * (self.width - 1))


_kept: dict[object, list[str]] = {}


def _axes(chart: Chart, width: int, height: int) -> list[str]:
    """The axes. They change less often than what is within them, so those that were used last are kept."""
    limits = (chart.x_limits, chart.whole_x, chart.log_x, chart.y_limits, chart.log_y, chart.zero_at_foot)
    key = (width, height, *limits)
    with _drawing:
        _kept[key] = _kept.pop(key) if key in _kept else draw_axes(chart, width, height)
        while len(_kept) > KEPT:
            del _kept[next(iter(_kept))]
        return _kept[key]


def _bars(chart: Chart) -> tuple[list[Bars], list[Bars]]:
    """The bars that come before all lines and dots, and those after."""
    bars: tuple[list[Bars], list[Bars]] = [], []
    over = False
    for series in chart.series:
        over = over or isinstance(series, Line | Dots)
        if isinstance(series, Bars):
            bars[over].append(series)
    return bars


def _put(rows: list[list[Cell]], placed: Iterable[Placed], canvas: "_Canvas") -> None:
    for row, column, sign, role in placed:
        rows[row][canvas.x + column] = sign, role


def _draw_marks(rows: list[list[Cell]], chart: Chart, canvas: "_Canvas") -> None:
    """A dotted line down at each mark."""
    for place in chart.across(np.array([mark.x for mark in chart.marks])).tolist():
        if 0 <= place <= 1:
            for cells in rows[: canvas.height]:
                cells[canvas.column(place)] = "┊", "mark"


def _draw_levels(rows: list[list[Cell]], chart: Chart, canvas: "_Canvas") -> None:
    """A dotted line across at each level: over what is faint, and in turns with the lines, so that none is hidden."""
    for level in chart.of_kind(Level):
        place = chart.up(np.array([level.y]))
        if not 0 <= place[0] <= 1:
            continue
        ((row, _),) = braille.cells(place, place, Size(canvas.height, canvas.width))
        cells = rows[row]
        for x in range(canvas.x, len(cells)):
            sign, role = cells[x]
            if sign in BLANK or (_is_stroke(sign) and (role not in RUN_ROLES or x % 2)):
                cells[x] = "┈", level.role


def _stand(several: Sequence[Bars], chart: Chart, canvas: _Canvas) -> Layer:
    """Bars, in eighths of a cell: a column shows the bar in its middle, or the highest of those that are thinner."""
    layer: Layer = [{} for _ in range(canvas.height)]
    for bars in several:
        ends, tops = chart.across(bars.edges), np.clip(np.nan_to_num(chart.up(bars.height)), 0, 1)
        owner = np.searchsorted(ends, _middles(canvas.width), side="right")
        columns = np.pad(tops, 1)[owner]
        middles = np.floor((ends[:-1] + ends[1:]) / 2 * canvas.width).astype(int)
        seen = (middles >= 0) & (middles < canvas.width)
        np.maximum.at(columns, middles[seen], tops[seen])
        eighths = np.round(columns * canvas.height * len(EIGHTHS)).astype(int)
        for row, cells in enumerate(reversed(layer)):
            filled = np.clip(eighths - row * len(EIGHTHS), 0, len(EIGHTHS)).tolist()
            cells |= {canvas.x + x: (EIGHTHS[part - 1], bars.role) for x, part in enumerate(filled) if part}
    return layer


def _upright(x: float, chart: Chart, canvas: _Canvas) -> Layer:
    """A line from top to foot at an x; what lies beyond the limits is shown at the edge."""
    place = float(np.clip(np.nan_to_num(chart.across(np.array(x))), 0, 1))  # 0 has no place on a logarithmic axis
    return [{canvas.column(place): (CURSOR, "strong")} for _ in range(canvas.height)]


def place_at(foot: str, column: int) -> float | None:
    """How far across a drawn chart a column is, from 0 to 1, or beyond; None where there are no axes.

    foot: its last row but one, which has the axes' corner.
    """
    first = foot.find("└") + 1
    width = len(foot) - first
    return (column - first) / (width - 1) if first and width > 1 else None


def _sampled(picture: Picture, chart: Chart, columns: int, rows: int) -> list[list[int]]:
    """The picture's shade in the middle of each of so many columns and rows of the canvas, the highest row first."""
    height, width = picture.shades.shape
    across = np.searchsorted(chart.across(evenly(*picture.x, width + 1)), _middles(columns), side="right")
    up = np.searchsorted(chart.up(evenly(*picture.y, height + 1)), _middles(rows), side="right")
    shades: list[list[int]] = np.pad(picture.shades, 1, constant_values=BLANK_SHADE)[np.ix_(up[::-1], across)].tolist()
    return shades


def _middles(count: int) -> Array:
    """The middles of so many cells, as parts of the way."""
    return (np.arange(count) + 0.5) / count


def _paint(rows: list[list[Cell]], picture: Picture, chart: Chart, canvas: _Canvas) -> None:
    """Two shades to a cell where it is blank, one behind a sign."""
    halves, palette = _sampled(picture, chart, canvas.width, 2 * canvas.height), picture.palette
    for cells, uppers, lowers in zip(rows, halves[::2], halves[1::2], strict=False):
        for x, (upper, lower) in enumerate(zip(uppers, lowers, strict=True), canvas.x):
            sign, paint = cells[x]
            if upper == lower == BLANK_SHADE:
                continue
            if sign not in BLANK:
                if isinstance(paint, str):
                    cells[x] = sign, (paint, palette[upper if lower == BLANK_SHADE else lower])
            elif lower == BLANK_SHADE:
                cells[x] = "▀", palette[upper]
            elif upper == BLANK_SHADE:
                cells[x] = "▄", palette[lower]
            else:
                cells[x] = ("█", palette[upper]) if upper == lower else ("▀", (palette[upper], palette[lower]))


def _signs_of(picture: Picture, chart: Chart, canvas: _Canvas) -> Layer:
    """A sign for the shade in the middle of each cell."""
    signs, palette = picture.signs, picture.palette
    return [
        {
            x: (signs[shade * len(signs) // len(palette)], palette[shade])
            for x, shade in enumerate(shades, canvas.x)
            if shade != BLANK_SHADE
        }
        for shades in _sampled(picture, chart, canvas.width, canvas.height)
    ]


def _lay(rows: list[list[Cell]], layer: Layer, under: bool = False) -> None:
    """Put a layer over the rows, or under them, which is where they are blank."""
    for cells, above in zip(rows, layer, strict=False):
        for x, cell in above.items():
            if not under or cells[x][0] in BLANK:
                cells[x] = cell


def _label_marks(rows: list[list[Cell]], chart: Chart, canvas: _Canvas) -> None:
    """Write the words of each mark beside its line: as high as they hide nothing, else where they hide least."""
    taken: set[tuple[int, int]] = set()
    for place, text in zip(
        chart.across(np.array([mark.x for mark in chart.marks])).tolist(),
        (mark.text for mark in chart.marks),
        strict=True,
    ):
        if not 0 <= place <= 1:
            continue
        column = canvas.column(place)
        best: tuple[int, int, int] | None = None
        for y, cells in enumerate(rows[: canvas.height]):
            for start in (column + 1, column - len(text)):
                stop = start + len(text)
                if start < canvas.x or stop > len(cells) or any((y, x) in taken for x in range(start - 1, stop + 1)):
                    continue
                hidden = sum(sign not in BLANK for sign, _ in cells[start:stop])
                if best is None or hidden < best[0]:
                    best = hidden, y, start
        if best:
            _, y, start = best
            rows[y][start : start + len(text)] = [(sign, "mark") for sign in text]
            taken |= {(y, start + i) for i in range(len(text))}


def _row(cells: list[Cell]) -> Row:
    return [
        ("".join(sign for sign, _ in group), role) for role, group in itertools.groupby(cells, operator.itemgetter(1))
    ]


def _is_stroke(sign: str) -> bool:
    """Whether it is of a line or of dots, in braille or in ASCII."""
    return sign in ".," or "\u2800" < sign <= "\u28ff"


def _as_ascii(text: str) -> str:
    return "".join(c if c.isascii() else ":" for c in text.translate(ASCII))
