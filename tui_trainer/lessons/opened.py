"""A net under the learner's eyes: what they have seen of it, and how it is drawn."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from tui_trainer.charts.chart import Chart, Dots, Line, Mark, Series
from tui_trainer.charts.styles import format_number, marker, role
from tui_trainer.lessons.frame import Plot, Table, Words
from tui_trainer.lessons.hidden_units import OpenedNet, bends_most_at, prediction, unit_parts

Array = NDArray[np.float64]

SHOWN_UNITS = 8
FINE = 241


@dataclass
class Opened:
    """A net under the learner's eyes, and what they have seen of it.

    name: where it is from; tried: the loss without each unit switched off so far, as it is and refitted; seen: the
    places for which no guess counts any more, since it was said or shown which units bend there.
    """

    name: str
    net: OpenedNet
    tried: dict[int, tuple[float, float]] = field(default_factory=dict)
    seen: set[frozenset[float]] = field(default_factory=set)


def picture(opened: Opened, off: Collection[int], marks: Sequence[Mark] = ()) -> Plot:
    """The points, the prediction, and each unit's part of it; those that are off stand out."""
    net = opened.net
    at = torch.linspace(float(net.x.min()), float(net.x.max()), FINE, dtype=torch.float64)
    x, parts = at.numpy(), unit_parts(net.net, at).numpy()
    series: list[Series] = [Dots(net.x.numpy(), net.y.numpy(), "data")]
    series += [Line(x, parts[:, place], "ghost", still=True) for place in net.on(off)]
    series += [Line(x, parts[:, unit - 1], *_look(unit, off)) for unit in off]
    series.append(Line(x, prediction(net.without(off), at).numpy(), role(0), marker(0)))
    names: list[tuple[str, str]] = [(f"{marker(0)} prediction  ", role(0))]
    for unit in off:
        colour, sign = _look(unit, off)
        names.append((f"{sign} {unit} off  ", colour))
    names.append(("its parts", "ghost"))
    chart = Chart(series, _limits(x), _height(net, parts), marks=marks)
    return Plot(names, chart, f"{opened.name}, step {net.steps:,}; c = {net.net.c.item():.3g}")


def table(opened: Opened, off: Collection[int]) -> Table:
    """The units' weights, and the losses without those that were switched off alone so far."""
    net = opened.net.net
    units = range(1, opened.net.units + 1)
    start = min(max(0, min(off, default=1) - SHOWN_UNITS // 2), max(0, len(units) - SHOWN_UNITS))
    shown = units[start : start + SHOWN_UNITS]
    rows: list[list[Words]] = []
    for unit in shown:
        colour, sign = _look(unit, off) if unit in off else ("", "")
        weights = [f"{weight[unit - 1].item():.3g}" for weight in (net.w, net.b, net.v)]
        losses = map(format_number, opened.tried[unit]) if unit in opened.tried else ("", "")
        rows.append([[(f"{unit} {sign}", colour)], *weights, *losses])
    where = bends_most_at(net.f)
    title = f"{opened.net.activation} bends most at w·x + b = {where}" if where else "identity does not bend"
    if len(shown) < len(units):
        title = f"{shown[0]} to {shown[-1]} of {len(units)}; {title}"
    return Table(["unit", "w", "b", "v", "off", "refit"], rows, title)


def _look(unit: int, off: Collection[int]) -> tuple[str, str]:
    """The colour and sign of a unit that is off; the prediction has the first."""
    place = list(off).index(unit) + 1
    return role(place), marker(place)


def _limits(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low - 1, high + 1)


def _height(net: OpenedNet, parts: Array) -> tuple[float, float]:
    """Room for the points and the parts, though not for parts that go far beyond the points."""
    low, high = _limits(net.y.numpy())
    reach = high - low
    return max(min(low, float(parts.min())), low - reach), min(max(high, float(parts.max())), high + reach)
