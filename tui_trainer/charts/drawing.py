"""Series in, rows of text out: the only place that knows plotext.

plotext 6 has sharp edges: a NaN in a line ends the process, a point far outside the limits costs
seconds and gigabytes, and its own tick labels collide on low charts. So what reaches it here is
finite, within the limits, and about two points per column; ticks are our own.

Colours are not chosen here. plotext is told a palette number for each role, and the numbers are
read back from its output as roles, which the app maps to its theme and the command to Rich.
"""

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotext
from numpy.typing import NDArray

Array = NDArray[np.float64]
Limits = tuple[float, float]
Row = list[tuple[str, str]]

RUN_MARKERS = "●▲■◆▼★✚✖"
ROLES = ("axis", "data", "test", "ghost", "floor", "mark", *(f"run{i}" for i in range(len(RUN_MARKERS))))
_FIRST_COLOUR = 32
_ASCII = str.maketrans("│┤├└┴┬─┼┈┊·○●▲■◆▼★✚✖÷→", "||+++--+.::@o^#%v*+x/>")

plotext.terminal.limit(False, False)


@dataclass(frozen=True)
class Series:
    """Points (x, y), each of shape (n,), drawn as a line or as dots, in the colour of a role."""

    x: Array
    y: Array
    role: str
    marker: str = ""
    line: bool = True


@dataclass(frozen=True)
class Mark:
    """A vertical line at x with a word beside it."""

    x: float
    text: str


@dataclass(frozen=True)
class Chart:
    """What to draw. Later series lie above earlier ones. Limits must be finite and growing."""

    series: Sequence[Series]
    x_limits: Limits
    y_limits: Limits
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
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.canvas("default")
    figure.axes(False, axis=0, side=1)
    figure.axes(False, axis=1, side=1)
    axis = _pixel("axis")
    figure.axes(True, pixel=axis, axis=[0, 1], side=0)
    figure.ruler("both", "both").pixel(axis)
    low, high = _to_axis(np.array(chart.y_limits), chart.log_y).tolist()
    figure.ruler(0, 0).lim(*chart.x_limits)
    figure.ruler(1, 0).lim(low, high)
    x_ticks = _nice_ticks(*chart.x_limits, max(2, width // 14), whole=chart.whole_x)
    figure.ruler(0, 0).ticks(x_ticks, _tick_labels(x_ticks))
    y_ticks = _log_ticks(low, high, (height - 1) // 2) if chart.log_y else []
    if len(y_ticks) < 2:
        y_ticks = _nice_ticks(*chart.y_limits, max(2, (height - 1) // 3))
    figure.ruler(1, 0).ticks(_to_axis(np.array(y_ticks), chart.log_y).tolist(), _tick_labels(y_ticks))
    for mark in chart.marks:
        if chart.x_limits[0] <= mark.x <= chart.x_limits[1]:
            figure.line(mark.x, 1, relative=True, pixel=_pixel("mark"), style="dotted")
            figure.draw(figure.text(mark.x, high, plotext.colorize(mark.text).fill(_pixel("mark"))))
    if chart.floor is not None and chart.y_limits[0] <= chart.floor <= chart.y_limits[1]:
        y = float(_to_axis(np.array([chart.floor]), chart.log_y)[0])
        figure.line(y, 0, relative=True, pixel=_pixel("floor"), style="dotted")
    line = "." if ascii else "braille"
    for series in chart.series:
        for x, y in _drawable(series, chart, width):
            marker = plotext.marker(line if series.line else series.marker, _pixel(series.role))
            figure.draw(figure.signal(x.tolist(), y.tolist(), marker=marker).lines(series.line))
        if series.line and series.marker:
            _draw_signs(figure, series, chart, width)
    rows = [_roles(line) for line in figure.build().string().split("\n")[:height]]
    return [[(text.translate(_ASCII), role) for text, role in row] for row in rows] if ascii else rows


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


def _drawable(series: Series, chart: Chart, width: int) -> Iterator[tuple[Array, Array]]:
    """The series as stretches that plotext can bear: finite, inside the limits, thin."""
    y = _to_axis(series.y, chart.log_y)
    good = np.isfinite(y) & (series.x >= chart.x_limits[0]) & (series.x <= chart.x_limits[1])
    low, high = _to_axis(np.array(chart.y_limits), chart.log_y)
    if not series.line:
        good &= (y >= low) & (y <= high)
        cells = np.unique(
            np.stack(
                [
                    np.round(_share(series.x[good], chart.x_limits) * width * 2),
                    np.round((y[good] - low) / (high - low) * 200),
                ]
            ),
            axis=1,
            return_index=True,
        )[1]
        yield series.x[good][cells], y[good][cells]
        return
    gaps = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
    for start, stop in gaps.reshape(-1, 2):
        yield thin(series.x[start:stop], np.clip(y[start:stop], low, high), width)


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


def _nice_ticks(low: float, high: float, count: int, whole: bool = False) -> list[float]:
    """About `count` round numbers from low to high: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    if whole:
        step = max(1.0, round(step))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = [round(i * step, 12) for i in range(first, last + 1)]
    return ticks if len(ticks) > 1 else [low, high]


def _log_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers between 10**low and 10**high, at most `count` of them."""
    for parts in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        powers = range(math.floor(low), math.ceil(high) + 1)
        ticks = [part * 10.0**power for power in powers for part in parts if low <= math.log10(part) + power <= high]
        if len(ticks) <= max(2, count):
            return ticks
    return ticks[:: math.ceil(len(ticks) / max(2, count))]


def _tick_labels(ticks: Sequence[float]) -> list[str]:
    return [f"{tick:,.6g}" if abs(tick) < 1e6 and (abs(tick) >= 1e-4 or not tick) else f"{tick:.0e}" for tick in ticks]


def _pixel(role: str) -> Any:
    return plotext.pixel(_FIRST_COLOUR + ROLES.index(role))


_SGR = re.compile(r"\x1b\[([\d;]*)m")


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
