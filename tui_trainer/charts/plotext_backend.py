"""Lines and dots in, rows of text with axes out: the only place that knows plotext, which knows nothing of training.

plotext 6 has sharp edges: a NaN in a line ends the process, a point far outside the limits costs
seconds and gigabytes, and its own tick labels collide on low charts. So what reaches it here is
finite, within the limits, and about two points per column; ticks are our own.

Colours are not chosen here. plotext gets a palette number for each role, and the numbers are
read back from its output as roles, which the app maps to its theme and the command to Rich.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotext

from tui_trainer.charts._plotext import forget_colours, keep_the_lock
from tui_trainer.charts.chart import Array, Chart, Dots, Level, Line
from tui_trainer.charts.decimation import signs, stretches, visible_dots
from tui_trainer.charts.styles import ROLES, Paint, Role, phase
from tui_trainer.charts.ticks import log_ticks, nice_ticks, tick_labels

Row = list[tuple[str, Paint]]
_FIRST_COLOUR = 32

plotext.terminal.limit(False, False)
keep_the_lock()


def draw_axes(chart: Chart, lines: Sequence[Line], pen: str, width: int, height: int) -> list[Row]:
    """The axes, the marks' lines, the levels, and these lines with their signs, drawn with a sign or in `braille`.

    plotext has one figure for the whole process: for one thread at a time.
    """
    figure = _set_up(chart, width, height)
    for place in chart.across(np.array([mark.x for mark in chart.marks])).tolist():
        if 0 <= place <= 1:
            figure.line(place, 1, relative=True, pixel=_pixel("mark"), style="dotted")
    for level in chart.of_kind(Level):
        if 0 <= (place := float(chart.up(np.array(level.y)))) <= 1:
            figure.line(place, 0, relative=True, pixel=_pixel(level.role), style="dotted")
    for line in lines:
        _draw_line(figure, line, chart, pen, width)
    for line in lines:  # after all lines, so that none hides another's sign
        if line.marker:
            _draw_points(figure, *signs(line, chart, width, phase(line.marker)), line.marker, line.role)
    return _rows(figure, height)


def draw_layer(chart: Chart, series: Sequence[Line | Dots], pen: str, width: int, height: int) -> list[Row]:
    """The axes, and these lines without their signs and dots. For one thread at a time."""
    figure = _set_up(chart, width, height)
    for each in series:
        if isinstance(each, Line):
            _draw_line(figure, each, chart, pen, width)
        else:
            _draw_points(figure, *visible_dots(each, chart, width, height), each.marker, each.role)
    return _rows(figure, height)


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


def _draw_line(figure: Any, line: Line, chart: Chart, pen: str, width: int) -> None:
    for x, y in stretches(line, chart, width):
        _draw_points(figure, x, y, pen, line.role, joined=True)


def _draw_points(figure: Any, x: Array, y: Array, marker: str, role: Role, joined: bool = False) -> None:
    if not len(x):
        return
    signal = figure.signal(x.tolist(), y.tolist(), marker=plotext.marker(marker, _pixel(role)))
    if joined:
        signal.lines(True)
    forget_colours(signal)
    figure.draw(signal)


def _pixel(role: Role) -> Any:
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
