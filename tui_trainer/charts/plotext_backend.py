"""The axes of a chart as rows of text: the only place that knows plotext, which knows nothing of training.

plotext 6 has sharp edges: numbers far from 1 cost it seconds and gigabytes, and its own tick labels collide on low
charts. So both axes go from 0 to 1 for it, and ticks are our own.
"""

import re
from typing import Any

import numpy as np
import plotext

from tui_trainer.charts._plotext import keep_the_lock
from tui_trainer.charts.chart import Chart
from tui_trainer.charts.ticks import log_ticks, nice_ticks, tick_labels

_COLOUR = re.compile(r"\x1b\[[\d;]*m")

plotext.terminal.limit(False, False)
keep_the_lock()


def draw_axes(chart: Chart, width: int, height: int) -> list[str]:
    """The axes with their ticks, as rows of text. plotext has one figure for the process: for one thread at a time."""
    return [_COLOUR.sub("", row) for row in _set_up(chart, width, height).build().string().split("\n")[:height]]


def _set_up(chart: Chart, width: int, height: int) -> Any:
    """The figure with its axes, both from 0 to 1, and nothing in it."""
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.canvas("default")
    figure.axes(False, axis=0, side=1)
    figure.axes(False, axis=1, side=1)
    figure.axes(True, axis=[0, 1], side=0)
    figure.ruler("both", 0).lim(0, 1)
    x_ticks = log_ticks(*chart.x_limits, max(2, width // 10)) if chart.log_x else []
    if len(x_ticks) < 2:
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
