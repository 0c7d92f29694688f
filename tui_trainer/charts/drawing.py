"""Series in, rows of text out: the only place that knows plotext.

plotext 6 has sharp edges: a NaN in a line ends the process, a point far outside the limits costs
seconds and gigabytes, and its own tick labels collide on low charts. So what reaches it here is
finite, within the limits, and about two points per column; ticks are our own.

Colours are not chosen here. plotext is told a palette number for each role, and the numbers are
read back from its output as roles, which the app maps to its theme and the command to Rich.
"""

import ctypes
import itertools
import operator
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotext

from tui_trainer.charts.chart import Array, Chart, Series
from tui_trainer.charts.looks import ROLES, RUN_MARKERS
from tui_trainer.charts.thinning import stretches, to_axis, visible_dots
from tui_trainer.charts.ticks import log_ticks, nice_ticks, tick_labels

Cell = tuple[str, str]
Row = list[tuple[str, str]]

DOT_LAYERS = 4
BEHIND = ("axis", "data", "ghost")  # these dots lie behind the lines, all others before them
BLANK = " \u2800"
_FIRST_COLOUR = 32
ASCII = str.maketrans("│┤├└┴┬─┼┈┊•○●▲■◆▼★✚✖÷→←–−·…²", "||+++--+.::@o^#%v*+x/><--.~2")

plotext.terminal.limit(False, False)


def _keep_the_lock() -> None:
    """Call plotext's kernel without letting go of Python's lock for each call.

    A chart is thousands of calls of a microsecond. Beside a thread that trains, each would then
    wait to get the lock back, which makes a chart five times slower. plotext is pinned, since this
    reaches into it; where it has changed, charts are slower and no worse.
    """
    try:
        from plotext._kernel.tools import clink, kernel_file_path

        kernel = ctypes.PyDLL(kernel_file_path)
        for name, function in list(vars(clink).items()):
            if isinstance(function, ctypes._CFuncPtr):  # type: ignore[attr-defined]
                held = getattr(kernel, name)
                held.argtypes, held.restype = function.argtypes, function.restype
                setattr(clink, name, held)
    except (ImportError, AttributeError, OSError):
        return


_keep_the_lock()


def draw(chart: Chart, width: int, height: int, ascii: bool = False) -> list[Row]:
    """Draw a chart into `height` rows of `width` cells; each row is a list of (text, role).

    With ascii, only characters that any encoding has.
    """
    if width < 8 or height < 3:
        return [[(" " * max(width, 0), "axis")] for _ in range(height)]
    rows = _draw_lines(chart, width, height, "." if ascii else "braille")
    behind = [dots for dots in chart.dots if len(dots.x) and dots.role in BEHIND]
    for layer in (behind, [dots for dots in chart.dots if len(dots.x) and dots.role not in BEHIND]):
        if layer:
            drawn = _draw_dots(layer, chart, width, height)
            rows = [_lay_over(row, dots) for row, dots in zip(rows, drawn, strict=True)]
    return [[(_as_ascii(text), role) for text, role in row] for row in rows] if ascii else rows


def _set_up(chart: Chart, width: int, height: int) -> Any:
    """The figure with its axes and nothing in it."""
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.canvas("default")
    figure.axes(False, axis=0, side=1)
    figure.axes(False, axis=1, side=1)
    figure.axes(True, pixel=_pixel("axis"), axis=[0, 1], side=0)
    figure.ruler("both", "both").pixel(_pixel("axis"))
    low, high = to_axis(np.array(chart.y_limits), chart.log_y).tolist()
    figure.ruler(0, 0).lim(*chart.x_limits)
    figure.ruler(1, 0).lim(low, high)
    x_ticks = nice_ticks(*chart.x_limits, max(2, width // 14), whole=chart.whole_x)
    figure.ruler(0, 0).ticks(x_ticks, tick_labels(x_ticks))
    y_ticks = log_ticks(low, high, (height - 1) // 2) if chart.log_y else []
    if len(y_ticks) < 2:
        y_ticks = nice_ticks(*chart.y_limits, max(2, (height - 1) // 3))
    figure.ruler(1, 0).ticks(to_axis(np.array(y_ticks), chart.log_y).tolist(), tick_labels(y_ticks))
    return figure


def _draw_lines(chart: Chart, width: int, height: int, marker: str) -> list[Row]:
    figure = _set_up(chart, width, height)
    left, right = chart.x_limits
    bottom, top = chart.y_limits
    room_from = left
    for mark in chart.marks:
        if left <= mark.x <= right:
            figure.line(mark.x, 1, relative=True, pixel=_pixel("mark"), style="dotted")
            if mark.x >= room_from:
                edge = float(to_axis(np.array([top]), chart.log_y)[0])
                figure.draw(figure.text(mark.x, edge, plotext.colorize(mark.text).fill(_pixel("mark"))))
                room_from = mark.x + (len(mark.text) + 1) / width * (right - left)
    if chart.floor is not None and bottom <= chart.floor <= top:
        level = float(to_axis(np.array([chart.floor]), chart.log_y)[0])
        figure.line(level, 0, relative=True, pixel=_pixel("floor"), style="dotted")
    for line in chart.lines:
        for x, y in stretches(line, chart, width):
            _draw_points(figure, x, y, marker, line.role, joined=True)
    for line in chart.lines:  # after all lines, so that none hides another's sign
        if line.marker:
            _draw_signs(figure, line, chart, width)
    return _rows(figure, height)


_dots_drawn: dict[Any, tuple[Chart, list[dict[int, Cell]]]] = {}


def _draw_dots(layer: Sequence[Series], chart: Chart, width: int, height: int) -> list[dict[int, Cell]]:
    """Some of the dots alone, by row and column: a layer of their own, since braille dots would merge into the lines.

    Points rarely change while lines do all the time, so a layer is drawn once and kept.
    """
    key = (width, height, chart.x_limits, chart.y_limits, *((id(d.x), id(d.y), d.role) for d in layer))
    if key not in _dots_drawn:
        figure = _set_up(chart, width, height)
        for dots in layer:
            x, y = visible_dots(dots, chart, width, height)
            if len(x):
                _draw_points(figure, x, y, dots.marker, dots.role)
        while len(_dots_drawn) >= DOT_LAYERS:
            del _dots_drawn[next(iter(_dots_drawn))]
        cells = [dict(enumerate(_cells(row))) for row in _rows(figure, height)]
        dots_only = [
            {x: cell for x, cell in row.items() if cell[1] != "axis" and cell[0] not in BLANK} for row in cells
        ]
        # The chart is kept with its dots: the key holds the ids of its arrays.
        _dots_drawn[key] = chart, dots_only
    return _dots_drawn[key][1]


def _lay_over(row: Row, dots: dict[int, Cell]) -> Row:
    """A row of lines with dots where it is blank; those with a sign of their own lie on top."""
    if not dots:
        return row
    cells = _cells(row)
    for x, dot in dots.items():
        if dot[1] not in BEHIND or cells[x][0] in BLANK:
            cells[x] = dot
    return [
        ("".join(sign for sign, _ in group), role) for role, group in itertools.groupby(cells, operator.itemgetter(1))
    ]


def _cells(row: Row) -> list[Cell]:
    return [(sign, role) for text, role in row for sign in text]


def plain(rows: Sequence[Row]) -> str:
    """The rows as text without colour."""
    return "\n".join("".join(text for text, _ in row).rstrip() for row in rows)


def _draw_signs(figure: Any, series: Series, chart: Chart, width: int) -> None:
    """Put a run's own sign on its line every so often, so that it is known without its colour."""
    y = to_axis(series.y, chart.log_y)
    low, high = to_axis(np.array(chart.y_limits), chart.log_y)
    good = (y >= low) & (y <= high)
    if not good.any():
        return
    x, y = series.x[good], y[good]
    offset = RUN_MARKERS.find(series.marker) % 4
    wanted = np.linspace(*chart.x_limits, max(2, width // 16) * 4 + 1)[1 + offset :: 4]
    places = np.searchsorted(x, wanted[(wanted >= x[0]) & (wanted <= x[-1])])
    if len(places):
        _draw_points(figure, x[places], y[places], series.marker, series.role)


def _draw_points(figure: Any, x: Array, y: Array, marker: str, role: str, joined: bool = False) -> None:
    signal = figure.signal(x.tolist(), y.tolist(), marker=plotext.marker(marker, _pixel(role)))
    if joined:
        signal.lines(True)
    # plotext would look through the points for colours, to give the next signal another: half of a chart's time.
    signal._get_unique_pixels = list
    figure.draw(signal)


def _as_ascii(text: str) -> str:
    return "".join(c if c.isascii() else ":" for c in text.translate(ASCII))


def _pixel(role: str) -> Any:
    return plotext.pixel(_FIRST_COLOUR + ROLES.index(role))


_SGR = re.compile(r"\x1b\[([\d;]*)m")


def _rows(figure: Any, height: int) -> list[Row]:
    return [_roles(line) for line in figure.build().string().split("\n")[:height]]


def _roles(line: str) -> Row:
    """Split a line of plotext's output at its colour codes, and name the colours' roles."""
    pieces = _SGR.split(line)
    row: Row = []
    role = "axis"
    if pieces[0]:
        row.append((pieces[0], role))
    for code, text in zip(pieces[1::2], pieces[2::2], strict=True):
        if code in ("", "0"):
            role = "axis"
        elif code.startswith("38;5;"):
            role = ROLES[int(code[5:]) - _FIRST_COLOUR]
        if text:
            row.append((text, role))
    return row
