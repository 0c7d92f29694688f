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
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import plotext

from tui_trainer.charts.chart import Array, Chart, Series
from tui_trainer.charts.looks import ROLES, RUN_MARKERS
from tui_trainer.charts.thinning import signs, stretches, visible_dots
from tui_trainer.charts.ticks import log_ticks, nice_ticks, tick_labels

Cell = tuple[str, str]
Row = list[tuple[str, str]]

LAYERS = 8
BEHIND = ("data", "ghost")  # these dots lie behind the lines, all others before them
BLANK = " \u2800"
_FIRST_COLOUR = 32
ASCII = str.maketrans("│┤├└┴┬─━┼┈┊•○●▲■◆▼★✚✖◐◧◇÷→←–−·…²", "||+++--=+.::@o^#%v*+x&$!/><--.~2")

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


# plotext has one figure for the whole process. Whoever draws has it to themselves: the app's screen, a thread that
# writes a file, a lesson.
_drawing = threading.Lock()


def draw(chart: Chart, width: int, height: int, ascii: bool = False) -> list[Row]:
    """Draw a chart into `height` rows of `width` cells; each row is a list of (text, role). From any thread.

    With ascii, only characters that any encoding has.
    """
    if width < 8 or height < 3:
        return [[(" " * max(width, 0), "axis")] for _ in range(height)]
    line = "." if ascii else "braille"
    ghosts = [replace(each, marker=line) for each in chart.lines if each.role == "ghost"]
    behind, before = (
        [dots for dots in chart.dots if len(dots.x) and (dots.role in BEHIND) == back] for back in (True, False)
    )
    with _drawing:
        rows = [_cells(row) for row in _draw_live(chart, width, height, line)]
        for layer, joined in ((ghosts, True), (behind, False), (before, False)):
            if layer:
                _lay_over(rows, _draw_layer(layer, chart, width, height, joined))
    _label_marks(rows, chart)
    drawn = [_row(cells) for cells in rows]
    return [[(_as_ascii(text), role) for text, role in row] for row in drawn] if ascii else drawn


def _set_up(chart: Chart, width: int, height: int) -> Any:
    """The figure with its axes, both from 0 to 1, and nothing in it."""
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.canvas("default")
    figure.axes(False, axis=0, side=1)
    figure.axes(False, axis=1, side=1)
    figure.axes(True, pixel=_pixel("axis"), axis=[0, 1], side=0)
    figure.ruler("both", "both").pixel(_pixel("axis"))
    figure.ruler("both", 0).lim(0, 1)
    x_ticks = nice_ticks(*chart.x_limits, max(2, width // 14), whole=chart.whole_x)
    labels = tick_labels(x_ticks)
    while len(labels) > 2 and sum(map(len, labels)) + 2 * len(labels) > width:
        x_ticks, labels = x_ticks[::2], labels[::2]
    figure.ruler(0, 0).ticks(chart.across(np.array(x_ticks)).tolist(), labels)
    y_ticks = log_ticks(*chart.y_limits, (height - 1) // 2) if chart.log_y else []
    if len(y_ticks) < 2:
        y_ticks = nice_ticks(*chart.y_limits, max(2, (height - 1) // 3))
    places, labels = chart.up(np.array(y_ticks)).tolist(), tick_labels(y_ticks)
    if chart.zero_at_foot:
        above = [(place, label) for place, label in zip(places, labels, strict=True) if place * height > 2]
        places, labels = [0.0, *(place for place, _ in above)], ["0", *(label for _, label in above)]
    figure.ruler(1, 0).ticks(places, labels)
    return figure


def _draw_live(chart: Chart, width: int, height: int, marker: str) -> list[Row]:
    """The axes, the marks' lines, the floor, and all lines but ghosts."""
    figure = _set_up(chart, width, height)
    for place, _ in _marks(chart):
        figure.line(place, 1, relative=True, pixel=_pixel("mark"), style="dotted")
    level = np.nan if chart.floor is None else float(chart.up(np.array(chart.floor)))
    if 0 <= level <= 1:
        figure.line(level, 0, relative=True, pixel=_pixel("floor"), style="dotted")
    live = [line for line in chart.lines if line.role != "ghost"]
    for line in live:
        for x, y in stretches(line, chart, width):
            _draw_points(figure, x, y, marker, line.role, joined=True)
    for line in live:  # after all lines, so that none hides another's sign
        if line.marker:
            x, y = signs(line, chart, width, RUN_MARKERS.find(line.marker) % 4)
            if len(x):
                _draw_points(figure, x, y, line.marker, line.role)
    return _rows(figure, height)


Layer = list[dict[int, Cell]]
_layers: dict[Any, tuple[Chart, Layer]] = {}


def _draw_layer(layer: Sequence[Series], chart: Chart, width: int, height: int, joined: bool) -> Layer:
    """Some dots or lines alone, by row and column: a layer of their own, as braille dots would merge into the lines.

    Points rarely change while lines do all the time, so the layers that were used last are kept.
    """
    axes = (chart.x_limits, chart.whole_x, chart.y_limits, chart.log_y, chart.zero_at_foot)
    key = (width, height, axes, *((id(s.x), id(s.y), s.role, s.marker) for s in layer))
    if key in _layers:
        _layers[key] = _layers.pop(key)
        return _layers[key][1]
    figure = _set_up(chart, width, height)
    for series in layer:
        seen = stretches(series, chart, width) if joined else [visible_dots(series, chart, width, height)]
        for x, y in seen:
            if len(x):
                _draw_points(figure, x, y, series.marker, series.role, joined)
    alone = [
        {x: cell for x, cell in enumerate(_cells(row)) if cell[1] != "axis" and cell[0] not in BLANK}
        for row in _rows(figure, height)
    ]
    while len(_layers) >= LAYERS:
        del _layers[next(iter(_layers))]
    # The chart is kept with its layer: the key holds the ids of its arrays.
    _layers[key] = chart, alone
    return alone


def _lay_over(rows: list[list[Cell]], layer: Layer) -> None:
    """Put a layer where the rows are blank; what has a sign of its own lies on top."""
    for cells, above in zip(rows, layer, strict=True):
        for x, cell in above.items():
            if cell[1] not in BEHIND or cells[x][0] in BLANK:
                cells[x] = cell


def _marks(chart: Chart) -> Iterator[tuple[float, str]]:
    """Where each mark within the limits stands, as a part of the way, and its words."""
    for x, mark in zip(chart.across(np.array([mark.x for mark in chart.marks])).tolist(), chart.marks, strict=True):
        if 0 <= x <= 1:
            yield x, mark.text


def _label_marks(rows: list[list[Cell]], chart: Chart) -> None:
    """Write the words of each mark beside its line: as high as they hide nothing, else where they hide least."""
    left = next((x for x, (sign, _) in enumerate(rows[-2]) if sign == "└"), None)
    if left is None:
        return  # so low a chart that it has no axis
    right = len(rows[0])
    taken: set[tuple[int, int]] = set()
    for place, text in _marks(chart):
        column = left + 1 + round(place * (right - left - 2))
        best: tuple[int, int, int] | None = None
        for y, cells in enumerate(rows[:-2]):
            for start in (column + 1, column - len(text)):
                stop = start + len(text)
                if start <= left or stop > right or any((y, x) in taken for x in range(start - 1, stop + 1)):
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


def plain(rows: Sequence[Row]) -> str:
    """The rows as text without colour."""
    return "\n".join("".join(text for text, _ in row).rstrip() for row in rows)


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
