"""Of many points, those that can be seen: finite, within the limits, and about two in each column.

Points are given as parts of the way along each axis, from 0 to 1.
"""

from collections.abc import Iterator

import numpy as np

from tui_trainer.charts.chart import Array, Chart, Dots, Line


def decimate(x: Array, y: Array, columns: int) -> tuple[Array, Array]:
    """At most two points for each of `columns` equal stretches of x: the lowest and the highest.

    x grows; what a column shows of a longer series is just this.
    """
    if len(x) <= 2 * columns:
        return x, y
    width = -(-len(x) // columns)
    table = np.pad(y, (0, -len(x) % width), mode="edge").reshape(-1, width)
    starts = np.arange(len(table)) * width
    kept = np.concatenate([[0], starts + table.argmin(axis=1), starts + table.argmax(axis=1), [len(x) - 1]])
    kept = np.unique(np.minimum(kept, len(x) - 1))
    return x[kept], y[kept]


def visible(dots: Dots, chart: Chart) -> tuple[Array, Array]:
    """The dots inside the limits."""
    return _inside(chart.across(dots.x), chart.up(dots.y))


def signs(line: Line, chart: Chart, width: int, phase: int) -> tuple[Array, Array]:
    """The points of a line that bear its sign, every so often; `phase`, from 0 to 3, keeps those of lines apart."""
    x, y = _inside(chart.across(line.x), chart.up(line.y))
    wanted = np.linspace(0, 1, max(2, width // 16) * 4 + 1)[1 + phase :: 4]
    places = np.searchsorted(x, wanted[(wanted >= x[0]) & (wanted <= x[-1])] if len(x) else [])
    return x[places], y[places]


def stretches(line: Line, chart: Chart, width: int) -> Iterator[tuple[Array, Array]]:
    """The line as stretches that can be drawn: finite, inside the limits, decimated."""
    x, y = chart.across(line.x), chart.up(line.y)
    good = np.isfinite(y) & (x >= 0) & (x <= 1)
    # Outside the limits only the points next to a point elsewhere are kept, clipped to the edge: a
    # steep line reaches the edge, and a line that is all outside is not drawn along it.
    side = np.where(good, np.sign(np.clip(y, 0, 1) - y), np.nan)
    apart = side[1:] != side[:-1]
    good &= (side == 0) | np.concatenate([apart, [False]]) | np.concatenate([[False], apart])
    gaps = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
    for start, stop in gaps.reshape(-1, 2):
        yield decimate(x[start:stop], np.clip(y[start:stop], 0, 1), width)


def _inside(x: Array, y: Array) -> tuple[Array, Array]:
    seen = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    return x[seen], y[seen]
