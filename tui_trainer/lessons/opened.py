"""How a net of one hidden layer is drawn that is taken apart."""

from collections.abc import Collection, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tui_trainer.charts.chart import Chart, Dots, Line, Mark, Series
from tui_trainer.charts.styles import format_number, marker, role
from tui_trainer.lessons.frame import Plot, Table, Words
from tui_trainer.lessons.hidden_units import OpenedNet, bends_most_at, prediction, unit_parts
from tui_trainer.lessons.language import Texts

Array = NDArray[np.float64]

SHOWN_UNITS = 8
FINE = 241


def picture(named: Texts, net: OpenedNet, whose: str, off: Collection[int], marks: Sequence[Mark] = ()) -> Plot:
    """The points, the prediction, and each unit's part of it; those that are off stand out. whose: the net's name."""
    at = torch.linspace(float(net.x.min()), float(net.x.max()), FINE, dtype=torch.float64)
    x, parts = at.numpy(), unit_parts(net.net, at).numpy()
    series: list[Series] = [Dots(net.x.numpy(), net.y.numpy(), "data")]
    series += [Line(x, parts[:, place], "ghost", still=True) for place in net.on(off)]
    series += [Line(x, parts[:, unit - 1], *_look(unit, off)) for unit in off]
    series.append(Line(x, prediction(net.without(off), at).numpy(), role(0), marker(0)))
    names: list[tuple[str, str]] = [(f"{marker(0)} {named('prediction')}  ", role(0))]
    for unit in off:
        colour, sign = _look(unit, off)
        names.append((f"{sign} {named('off', unit=unit)}  ", colour))
    names.append((named("parts"), "ghost"))
    return Plot(names, Chart(series, _limits(x), _height(net, parts), marks=marks), whose)


def table(texts: Texts, net: OpenedNet, off: Collection[int], losses: bool = True) -> Table:
    """The units' weights; and the losses without each alone, as it is and with the others refitted."""
    units = range(1, net.units + 1)
    start = min(max(0, min(off, default=1) - SHOWN_UNITS // 2), max(0, len(units) - SHOWN_UNITS))
    shown = units[start : start + SHOWN_UNITS]
    rows: list[list[Words]] = []
    for unit in shown:
        colour, sign = _look(unit, off) if unit in off else ("", "")
        weights = [f"{weight[unit - 1].item():.3g}" for weight in (net.net.w, net.net.b, net.net.v)]
        without = map(format_number, (net.loss([unit]), net.refitted_loss([unit]))) if losses else ("", "")
        rows.append([[(f"{unit} {sign}", colour)], *weights, *without])
    where = bends_most_at(net.net.f)
    title = texts("bends" if where else "no_bend", activation=net.activation, where=where)
    if len(shown) < len(units):
        title = texts("some", first=shown[0], last=shown[-1], all=len(units), title=title)
    return Table([texts("unit"), "w", "b", "v", texts("off"), texts("refit")], rows, title)


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
