"""Of many points, those that can be seen: finite, within the limits, and about two in each column."""

from collections.abc import Iterator

import numpy as np

from tui_trainer.charts.chart import Array, Chart, Limits, Series


def thin(x: Array, y: Array, columns: int) -> tuple[Array, Array]:
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


def visible_dots(dots: Series, chart: Chart, width: int, height: int) -> tuple[Array, Array]:
    """The dots inside the limits, one for each place that can be told apart."""
    y = to_axis(dots.y, chart.log_y)
    low, high = to_axis(np.array(chart.y_limits), chart.log_y).tolist()
    seen = (dots.x >= chart.x_limits[0]) & (dots.x <= chart.x_limits[1]) & (y >= low) & (y <= high)
    x, y = dots.x[seen], y[seen]
    column = np.round(share(x, chart.x_limits) * width * 2)
    row = np.round(share(y, (low, high)) * height * 4)
    first = np.unique(column * (height * 4 + 1) + row, return_index=True)[1]
    return x[first], y[first]


def stretches(line: Series, chart: Chart, width: int) -> Iterator[tuple[Array, Array]]:
    """The line as stretches that plotext can bear: finite, inside the limits, thin."""
    y = to_axis(line.y, chart.log_y)
    low, high = to_axis(np.array(chart.y_limits), chart.log_y).tolist()
    good = np.isfinite(y) & (line.x >= chart.x_limits[0]) & (line.x <= chart.x_limits[1])
    # Outside the limits only the points next to a point elsewhere are kept, clipped to the edge: a
    # steep line reaches the edge, and a line that is all outside is not drawn along it.
    side = np.where(good, np.sign(np.clip(y, low, high) - y), np.nan)
    apart = side[1:] != side[:-1]
    good &= (side == 0) | np.concatenate([apart, [False]]) | np.concatenate([[False], apart])
    gaps = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
    for start, stop in gaps.reshape(-1, 2):
        yield thin(line.x[start:stop], np.clip(y[start:stop], low, high), width)


def share(values: Array, limits: Limits) -> Array:
    """Where each value lies between the limits, as a part of the way."""
    return (values - limits[0]) / (limits[1] - limits[0])


def to_axis(values: Array, log: bool) -> Array:
    """The values as the axis counts them: themselves or their logarithms, to base 10."""
    if not log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log10(values), dtype=np.float64)
