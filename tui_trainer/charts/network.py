"""A net in, rows of cells out: a tile for each unit, layer by layer, and a bar for each weight that comes into it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np

from tui_trainer.charts.chart import Array, Chart, Line, Network, Picked, Units
from tui_trainer.charts.styles import RAMP, SHADES, Paint, Row

Cell: TypeAlias = tuple[str, Paint]
Cells: TypeAlias = list[list[Cell]]

LEAST_ROWS, ROWS, MOST_ROWS = 3, 4, 9  # of a tile, with the one for its name; twice as many columns
LEAST_COLUMNS = 7
LEAST_GAP, GAP, MOST_GAP = 4, 7, 12  # between two layers, for the weights
LEAST_BAR = 3
LEAST_OUTPUT, GOOD_OUTPUT = 16, 30  # columns of what comes out of the net, larger
FULL, MOST_FULL = 0.8, 4  # of the places of a picture; and how far those far out are counted at most
BLOCKS = " ▏▎▍▌▋▊▉█"
POSITIVE, NEGATIVE = RAMP[-1], RAMP[0]
HERE, MARKED, NO_WEIGHT = "▸", "◂", "·"


@dataclass(frozen=True)
class Layout:
    """What there is room for, in cells: layers from the first on, each tile's size, and the chart beside them."""

    first: int
    layers: int
    rows: int
    columns: int
    gap: int
    output: int

    @classmethod
    def of(cls, chart: Network, width: int, height: int) -> Self:
        """Tiles as large as all units of the largest layer can have or, where that is little, of a good size."""
        largest = max(len(layer.names) for layer in chart.layers)
        rows = (height - 1) // largest
        rows = min(rows, MOST_ROWS) if rows >= LEAST_ROWS else max(1, min(ROWS, height - 1))
        count, columns = len(chart.layers), 2 * rows + 1
        while columns > LEAST_COLUMNS and cls._used(count, columns) + LEAST_OUTPUT + 1 > width:
            columns -= 1
        count = max(1, min(count, (width + LEAST_GAP) // (columns + LEAST_GAP)))
        spare = width - cls._used(count, columns)
        output = LEAST_OUTPUT if chart.output and spare > LEAST_OUTPUT else 0
        spare = max(0, spare - output - bool(output))
        gap = LEAST_GAP
        for most_gap, most_output in ((GAP, output), (GAP, GOOD_OUTPUT), (MOST_GAP, GOOD_OUTPUT), (MOST_GAP, width)):
            more = min(most_gap - gap, spare // (count - 1)) if count > 1 else 0
            gap, spare = gap + more, spare - more * (count - 1)
            more = min(max(0, most_output - output), spare) if output else 0
            output, spare = output + more, spare - more
        picked = chart.picked.layer if chart.picked else 0
        return cls(max(0, min(picked - count // 2, len(chart.layers) - count)), count, rows, columns, gap, output)

    @staticmethod
    def _used(layers: int, columns: int) -> int:
        return layers * columns + (layers - 1) * LEAST_GAP


def draw_network(
    chart: Network,
    width: int,
    height: int,
    fill: Callable[[Chart, int, int], Cells],
    whole: Callable[[Chart, int, int], list[Row]],
    colours: bool,
) -> Cells:
    """Draw a net into `height` rows of `width` cells; of a layer that is too large the first units, which it says.

    fill: draws what is within a chart's axes, without these; whole: draws a chart with them; colours: whether they
    will be seen.
    """
    cells: Cells = [[(" ", "axis")] * width for _ in range(height)]
    if height <= LEAST_ROWS or width < LEAST_COLUMNS:
        return cells
    layout = Layout.of(chart, width, height)
    room = (height - 1) // layout.rows
    tallest = max(min(room, len(layer.names)) for layer in chart.layers)
    before: Sequence[int] = ()
    for place in range(layout.first, layout.first + layout.layers):
        layer, column = chart.layers[place], (place - layout.first) * (layout.columns + layout.gap)
        picked = chart.picked if chart.picked and chart.picked.layer == place else None
        shown = _shown(layer, room, picked)
        hidden = len(chart.layers) - layout.layers if place == layout.first + layout.layers - 1 else 0
        _put(
            cells,
            0,
            column,
            _head(layer, len(shown), hidden),
            "quiet",
            min(width, column + layout.columns + layout.gap),
        )
        top = 1 + (tallest - len(shown)) * layout.rows // 2
        scale = float(np.abs(layer.weights).max(initial=0.0))
        pictures = _pictures(layer.given[shown], layout.columns, layout.rows - 1, fill, colours)
        for row, unit in enumerate(shown):
            here = picked if picked and picked.unit == unit else None
            tile = [_caption(layer, unit, layout.columns, here is not None), *pictures[row]]
            for line, drawn in enumerate(tile, top + row * layout.rows):
                cells[line][column : column + len(drawn)] = drawn
            if before:
                bars = _bars(layer.weights[unit], before, scale, layout, here.weight if here else None)
                for line, drawn in enumerate(bars, top + row * layout.rows):
                    cells[line][column - layout.gap : column - layout.gap + len(drawn)] = drawn
        before = shown
    if layout.output and chart.output:
        _put(cells, 0, width - layout.output, "what comes out", "quiet", width)
        for drawn, pieces in zip(cells[1:], whole(chart.output, layout.output, height - 1), strict=False):
            drawn[width - layout.output :] = [(sign, paint) for text, paint in pieces for sign in text]
    return cells


def _shown(layer: Units, room: int, picked: Picked | None) -> list[int]:
    """The units that there is room for: the first ones, or those around the one that is picked."""
    order = layer.placed
    place = order.index(picked.unit) if picked else 0
    first = max(0, min(place - room // 2, len(order) - room))
    return order[first : first + room]


def _head(layer: Units, shown: int, hidden: int) -> str:
    """`hidden 1`, or `h1, 4 of 64` where units are left out; over the last that is shown, how many layers are."""
    units = len(layer.names)
    words = layer.title if shown == units else f"{layer.short}, {shown} of {units:,}"
    return f"+{hidden} layers, {words}" if hidden else words


def _caption(layer: Units, unit: int, width: int, picked: bool) -> list[Cell]:
    """A unit's name, and what is wrong with it."""
    name, mark = layer.names[unit], layer.marks[unit]
    mark = mark[: max(1, width - picked - len(name))]
    room = width - len(mark) - picked
    name = name if len(name) <= room else f"{name[: room - 1]}…"
    space = " " * (room - len(name))
    texts = ((HERE * picked, "mark"), (name, "mark" if picked else "strong"), (space, "axis"), (mark, "bad"))
    return [(sign, paint) for text, paint in texts for sign in text]


def _pictures(
    given: Array, width: int, height: int, fill: Callable[[Chart, int, int], Cells], colours: bool
) -> list[Cells]:
    """What some units give, each as a picture of the plane or as a line, from minus to plus its largest number.

    In a picture a few places far out would leave the others pale: what four of five places stay within is full there.
    """
    given = np.nan_to_num(given, nan=0.0, posinf=0.0, neginf=0.0)
    over = tuple(range(1, given.ndim))
    most = np.abs(given).max(axis=over, keepdims=True)
    if given.ndim > 2:
        most = np.maximum(np.quantile(np.abs(given), FULL, axis=over, keepdims=True), most / MOST_FULL)
    shares = np.clip(given / np.maximum(most, 1e-9), -1, 1)
    if given.ndim == 2:
        return [fill(_line(each), width, height) for each in shares]
    halves = 2 if colours else 1
    rows, columns = (
        ((np.arange(n) + 0.5) / n * of).astype(int)
        for n, of in zip((height * halves, width), given.shape[1:], strict=True)
    )
    shades = np.rint((shares[:, rows[::-1]][:, :, columns] + 1) / 2 * (len(RAMP) - 1)).astype(int)
    if colours:
        return [
            [[PAIRS[up][low] for up, low in zip(*two, strict=True)] for two in zip(each[::2], each[1::2], strict=True)]
            for each in shades.tolist()
        ]
    return [[[SIGNS[shade] for shade in row] for row in each] for each in shades.tolist()]


# Two shades above each other in a cell, and what stands for a shade where there are no colours.
PAIRS = [[("█", up) if up == low else ("▀", (up, low)) for low in RAMP] for up in RAMP]
SIGNS = [(SHADES[place * len(SHADES) // len(RAMP)], shade) for place, shade in enumerate(RAMP)]


def _line(shares: Array) -> Chart:
    """What a unit gives along an x."""
    across = np.linspace(0, 1, len(shares))
    zero = Line(across[[0, -1]], np.zeros(2), "ghost", still=True)
    return Chart([zero, Line(across, shares, POSITIVE)], (0, 1), (-1, 1))


def _bars(weights: Array, before: Sequence[int], scale: float, layout: Layout, marked: int | None) -> Cells:
    """A bar for each weight that comes from a unit which is shown: its sign, and how large it is beside the others."""
    across = min(-(-len(before) // layout.rows), layout.gap // LEAST_BAR)
    width = layout.gap // max(1, across)
    apart = " " * (width > LEAST_GAP)  # from the tile before
    longest = width - len(apart) - 2  # a cell to the next tile
    rows: Cells = [[] for _ in range(layout.rows)]
    for place, unit in enumerate(before[: across * layout.rows]):
        weight = float(weights[unit])
        paint = "mark" if unit == marked else POSITIVE if weight > 0 else NEGATIVE
        sign = NO_WEIGHT if weight == 0 else "+" if weight > 0 else "−"
        eighths = round(abs(weight) / scale * longest * 8) if scale and np.isfinite(weight) else 0
        bar = (BLOCKS[-1] * (eighths // 8) + BLOCKS[eighths % 8]).strip()
        text = f"{apart}{sign}{bar}{MARKED if unit == marked else ''}"[:width].ljust(width)
        rows[place % layout.rows] += [(sign, paint) for sign in text]
    return rows


def _put(cells: Cells, row: int, column: int, text: str, paint: Paint, end: int) -> None:
    """Write a text, as far as an end."""
    signs = text[: max(0, end - column)]
    cells[row][column : column + len(signs)] = [(sign, paint) for sign in signs]
