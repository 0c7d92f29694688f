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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotext
from numpy.typing import NDArray

from tui_trainer.charts.looks import ROLES, RUN_MARKERS
from tui_trainer.charts.ticks import log_ticks, nice_ticks, tick_labels

Array = NDArray[np.float64]
Limits = tuple[float, float]
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


@dataclass(frozen=True)
class Series:
    """Points (x, y), each of shape (n,), with x growing, in the colour of a role.

    marker: for dots the sign of each; for a line one that is put on it here and there.
    """

    x: Array
    y: Array
    role: str
    marker: str = ""


@dataclass(frozen=True)
class Mark:
    """A vertical line at x with a word beside it."""

    x: float
    text: str


@dataclass(frozen=True)
class Chart:
    """What to draw: lines, later ones above earlier, over dots. Limits must be finite and growing."""

    lines: Sequence[Series]
    x_limits: Limits
    y_limits: Limits
    dots: Sequence[Series] = ()
    log_y: bool = False
    floor: float | None = None
    marks: Sequence[Mark] = ()
    whole_x: bool = False


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
            below = _draw_dots(layer, chart, width, height)
            rows = [_lay_over(line, dots) for line, dots in zip(rows, below, strict=True)]
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
    low, high = _to_axis(np.array(chart.y_limits), chart.log_y).tolist()
    figure.ruler(0, 0).lim(*chart.x_limits)
    figure.ruler(1, 0).lim(low, high)
    x_ticks = nice_ticks(*chart.x_limits, max(2, width // 14), whole=chart.whole_x)
    figure.ruler(0, 0).ticks(x_ticks, tick_labels(x_ticks))
    y_ticks = log_ticks(low, high, (height - 1) // 2) if chart.log_y else []
    if len(y_ticks) < 2:
        y_ticks = nice_ticks(*chart.y_limits, max(2, (height - 1) // 3))
    figure.ruler(1, 0).ticks(_to_axis(np.array(y_ticks), chart.log_y).tolist(), tick_labels(y_ticks))
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
                edge = float(_to_axis(np.array([top]), chart.log_y)[0])
                figure.draw(figure.text(mark.x, edge, plotext.colorize(mark.text).fill(_pixel("mark"))))
                room_from = mark.x + (len(mark.text) + 1) / width * (right - left)
    if chart.floor is not None and bottom <= chart.floor <= top:
        level = float(_to_axis(np.array([chart.floor]), chart.log_y)[0])
        figure.line(level, 0, relative=True, pixel=_pixel("floor"), style="dotted")
    for line in chart.lines:
        for x, y in _stretches(line, chart, width):
            signal = figure.signal(x.tolist(), y.tolist(), marker=plotext.marker(marker, _pixel(line.role)))
            figure.draw(signal.lines(True))
    for line in chart.lines:  # after all lines, so that none hides another's sign
        if line.marker:
            _draw_signs(figure, line, chart, width)
    return _rows(figure, height)


_dots_drawn: dict[Any, tuple[Chart, list[Row]]] = {}


def _draw_dots(layer: Sequence[Series], chart: Chart, width: int, height: int) -> list[Row]:
    """Some of the dots alone: a layer of their own, since braille dots would merge into the lines.

    Points rarely change while lines do all the time, so a layer is drawn once and kept.
    """
    key = (width, height, chart.x_limits, chart.y_limits, *((id(d.x), id(d.y), d.role) for d in layer))
    if key not in _dots_drawn:
        figure = _set_up(chart, width, height)
        for dots in layer:
            x, y = _visible_dots(dots, chart, width, height)
            if len(x):
                marker = plotext.marker(dots.marker, _pixel(dots.role))
                figure.draw(figure.signal(x.tolist(), y.tolist(), marker=marker))
        while len(_dots_drawn) >= DOT_LAYERS:
            del _dots_drawn[next(iter(_dots_drawn))]
        # The chart is kept with its rows: the key holds the ids of its arrays.
        _dots_drawn[key] = chart, _rows(figure, height)
    return _dots_drawn[key][1]


def _lay_over(line: Row, dots: Row) -> Row:
    """A row of lines, with the dots of another where it is blank; those with a sign of their own lie on top."""
    below = [(c, role) for text, role in dots for c in text]
    above = [(c, role) for text, role in line for c in text]
    cells = [
        under if under[1] not in BEHIND or (under[1] != "axis" and cell[0] in BLANK) else cell
        for cell, under in zip(above, below, strict=False)
    ]
    return [
        ("".join(c for c, _ in group), role) for role, group in itertools.groupby(cells, key=operator.itemgetter(1))
    ]


def plain(rows: Sequence[Row]) -> str:
    """The rows as text without colour."""
    return "\n".join("".join(text for text, _ in row).rstrip() for row in rows)


def thin(x: Array, y: Array, columns: int) -> tuple[Array, Array]:
    """At most two points for each of `columns` equal stretches of x: the lowest and the highest.

    x grows; what a column shows of a longer series is just this.
    """
    if len(x) <= 2 * columns:
        return x, y
    edges = np.linspace(0, len(x), columns + 1).astype(int)
    lowest = [a + int(np.argmin(y[a:b])) for a, b in itertools.pairwise(edges)]
    highest = [a + int(np.argmax(y[a:b])) for a, b in itertools.pairwise(edges)]
    kept = np.unique(np.array([0, *lowest, *highest, len(x) - 1]))
    return x[kept], y[kept]


def _visible_dots(dots: Series, chart: Chart, width: int, height: int) -> tuple[Array, Array]:
    """The dots inside the limits, one for each place that can be told apart."""
    y = _to_axis(dots.y, chart.log_y)
    low, high = _to_axis(np.array(chart.y_limits), chart.log_y).tolist()
    seen = (dots.x >= chart.x_limits[0]) & (dots.x <= chart.x_limits[1]) & (y >= low) & (y <= high)
    x, y = dots.x[seen], y[seen]
    column = np.round(_share(x, chart.x_limits) * width * 2)
    row = np.round(_share(y, (low, high)) * height * 4)
    first = np.unique(np.stack([column, row]), axis=1, return_index=True)[1]
    return x[first], y[first]


def _stretches(line: Series, chart: Chart, width: int) -> Iterator[tuple[Array, Array]]:
    """The line as stretches that plotext can bear: finite, inside the limits, thin."""
    y = _to_axis(line.y, chart.log_y)
    low, high = _to_axis(np.array(chart.y_limits), chart.log_y).tolist()
    good = np.isfinite(y) & (line.x >= chart.x_limits[0]) & (line.x <= chart.x_limits[1])
    # Outside the limits only the points next to a point elsewhere are kept, clipped to the edge: a
    # steep line reaches the edge, and a line that is all outside is not drawn along it.
    side = np.where(good, np.sign(np.clip(y, low, high) - y), np.nan)
    apart = side[1:] != side[:-1]
    good &= (side == 0) | np.concatenate([apart, [False]]) | np.concatenate([[False], apart])
    gaps = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
    for start, stop in gaps.reshape(-1, 2):
        yield thin(line.x[start:stop], np.clip(y[start:stop], low, high), width)


def _draw_signs(figure: Any, series: Series, chart: Chart, width: int) -> None:
    """Put a run's own sign on its line every so often, so that it is known without its colour."""
    y = _to_axis(series.y, chart.log_y)
    low, high = _to_axis(np.array(chart.y_limits), chart.log_y)
    good = (y >= low) & (y <= high)
    if not good.any():
        return
    x, y = series.x[good], y[good]
    offset = RUN_MARKERS.find(series.marker) % 4
    wanted = np.linspace(*chart.x_limits, max(2, width // 16) * 4 + 1)[1 + offset :: 4]
    places = np.searchsorted(x, wanted[(wanted >= x[0]) & (wanted <= x[-1])])
    if len(places):
        marker = plotext.marker(series.marker, _pixel(series.role))
        figure.draw(figure.signal(x[places].tolist(), y[places].tolist(), marker=marker))


def _share(values: Array, limits: Limits) -> Array:
    return (values - limits[0]) / (limits[1] - limits[0])


def _to_axis(values: Array, log: bool) -> Array:
    if not log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log10(values), dtype=np.float64)


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
