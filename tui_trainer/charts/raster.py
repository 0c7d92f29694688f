"""A chart in, rows of text out: plotext's lines and dots, our own bars and pictures, in layers over each other."""

import itertools
import operator
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tui_trainer.charts.chart import Array, Bars, Beside, Chart, Dots, Line, Picture, Series
from tui_trainer.charts.plotext_backend import Row, draw_axes, draw_layer
from tui_trainer.charts.styles import BLANK_SHADE, Paint
from tui_trainer.data.span import evenly

Cell = tuple[str, Paint]
Layer = list[dict[int, Cell]]  # by row and column

LAYERS = 8
LEAST_PANEL = 26  # cells
BLANK = " \u2800"
CURSOR = "┃"
EIGHTHS = "▁▂▃▄▅▆▇█"
ASCII = str.maketrans(
    "│┃┤├└┴┬─━┼┈┊•○●▲■◆▼★✚✖◐◧◇÷→←–−·…²▁▂▃▄▅▆▇█░▒▓△□▽☆×", "|||+++--=+.::@o^#%v*+x&$!/><--.~2____####.+%AHVwx"
)

_drawing = threading.Lock()  # plotext has one figure, which the app's screen, an export's thread and a lesson share


def draw(chart: Chart, width: int, height: int, ascii: bool = False, colours: bool = True) -> list[Row]:
    """Draw a chart into `height` rows of `width` cells; each row is a list of (text, role). From any thread.

    ascii: only characters that any encoding has. colours: whether what tells no more than a colour, as in a picture,
    will be seen; else there are signs instead. Then, and with ascii, no piece has a role behind it.
    """
    if isinstance(chart, Beside):
        return _draw_beside(chart, width, height, ascii, colours)
    if width < 8 or height < 3:
        return [[(" " * max(width, 0), "axis")] for _ in range(height)]
    pen, size = "." if ascii else "braille", (width, height)
    groups = [(kind, list(group)) for kind, group in itertools.groupby(chart.series, _layer_of)]
    first = next((i for i, (kind, _) in enumerate(groups) if kind == "lines"), len(groups))
    with _drawing:
        live = [line for line in chart.lines if not line.still]
        rows = [_cells(row) for row in draw_axes(chart, live, pen, *size)]
        canvas = _Canvas.within(rows)
        for i in [*reversed(range(first)), *range(first, len(groups))]:
            kind, series = groups[i]
            if kind == "bars":
                _lay(rows, _stand(series, chart, canvas), under=i < first)
            elif kind in ("dots", "still"):
                _lay(rows, _draw_layer(kind, series, chart, pen, size), under=i < first)
    _label_marks(rows, chart, canvas)
    if chart.cursor is not None:
        _lay(rows, _upright(chart.cursor, chart, canvas), under=True)
    for picture in reversed(chart.of_kind(Picture)):
        if colours and not ascii:
            _paint(rows, picture, chart, canvas)
        else:
            _lay(rows, _signs_of(picture, chart, canvas), under=True)
    drawn = [_row(cells) for cells in rows]
    return [[(_as_ascii(text), role) for text, role in row] for row in drawn] if ascii else drawn


def _draw_beside(chart: Beside, width: int, height: int, ascii: bool, colours: bool) -> list[Row]:
    """The panels that there is room for, each under its caption; where some are left out, it says which is seen."""
    panels = chart.shown(max(1, width // LEAST_PANEL))
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
        """The column that is so far across, from 0 to 1."""
        return self.x + round(place * (self.width - 1))


def _layer_of(series: Series) -> str:
    """What is drawn together, where it follows each other; without a name is what lies elsewhere."""
    match series:
        case Line(still=True):
            return "still"
        case Line():
            return "lines"
        case Dots():
            return "dots"
        case Bars():
            return "bars"
        case _:
            return ""


_kept: dict[Any, tuple[Chart, Layer]] = {}


def _draw_layer(kind: str, series: Sequence[Any], chart: Chart, pen: str, size: tuple[int, int]) -> Layer:
    """Dots or still lines alone.

    They rarely change while lines do all the time, so the layers that were used last are kept.
    """
    axes = (chart.x_limits, chart.whole_x, chart.y_limits, chart.log_y, chart.zero_at_foot)
    key = (kind, size, pen, axes, *((id(s.x), id(s.y), s.role, s.marker) for s in series))
    if key in _kept:
        _kept[key] = _kept.pop(key)
        return _kept[key][1]
    layer: Layer = [
        {x: cell for x, cell in enumerate(_cells(row)) if cell[1] != "axis" and cell[0] not in BLANK}
        for row in draw_layer(chart, series, pen, *size)
    ]
    while len(_kept) >= LAYERS:
        del _kept[next(iter(_kept))]
    # The chart is kept with its layer: the key holds the ids of its arrays.
    _kept[key] = chart, layer
    return layer


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
    place = float(np.clip(chart.across(np.array(x)), 0, 1))
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


def _lay(rows: list[list[Cell]], layer: Layer, under: bool) -> None:
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


def _cells(row: Row) -> list[Cell]:
    return [(sign, role) for text, role in row for sign in text]


def _as_ascii(text: str) -> str:
    return "".join(c if c.isascii() else ":" for c in text.translate(ASCII))
