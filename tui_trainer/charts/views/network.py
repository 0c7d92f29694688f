"""A net as its units: a tile for what each gives, layer by layer, bars for the weights between, and what comes out."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Chart, Picked, Units
from tui_trainer.charts.chart import Network as Net
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.decision_map import map_of
from tui_trainer.charts.views.fit import Fit
from tui_trainer.charts.views.view import View, turned_title, turned_to
from tui_trainer.runs.record import Record
from tui_trainer.tasks.inside import DEAD, OFF, SATURATED, Inside
from tui_trainer.tasks.plane import Mapped

MEANINGS = {DEAD: "dead: gives nothing", SATURATED: "sat.: saturated", OFF: "off: switched off"}


class Network(View):
    """One run's net, the first, or the one that was turned to."""

    rows = 20

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        run = turned_to(runs, options)
        if run is None or run.snapshot is None:
            return "what each unit of the net gives appears here"
        inside = run.snapshot.inside
        return network_of(run, inside) if isinstance(inside, Inside) else f"{run.name}: {inside}"

    def title(self, runs: Sequence[Record], options: Options) -> str:
        return turned_title(super().title(runs, options), runs, options)

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        run = turned_to(runs, options)
        inside = run.snapshot.inside if run and run.snapshot else ""
        if not isinstance(inside, Inside):
            return []
        marks = {mark for layer in inside.marks for mark in layer}
        others = len(inside.names) - len(inside.first)
        notes = [f"over {' and '.join(inside.names[place] for place in inside.first)}: V"] if others else []
        return notes + [words for mark, words in MEANINGS.items() if mark in marks]


def network_of(run: Record, inside: Inside, picked: Picked | None = None) -> Net:
    """The net of a run, beside its decision map or its curve."""
    snapshot = run.snapshot
    output = map_of(run.samples, snapshot) if isinstance(snapshot, Mapped) else Fit("fit").chart([run])
    layers = units_of(run, inside)
    return Net(output.series, output.x_limits, output.y_limits, layers=layers, output=output, picked=picked)


def units_of(run: Record, inside: Inside) -> list[Units]:
    """The features, and each layer's units."""
    given, marks, last = inside.given, inside.marks, len(inside.layers)
    units = [Units("inputs", "in", inside.names, given[0], np.empty((len(inside.names), 0)), marks[0], inside.first)]
    for place, layer in enumerate(inside.layers, 1):
        weights = layer.weight.double().numpy()
        title, short = ("output", "out") if place == last else (f"hidden {place}", f"h{place}")
        names = _outputs(run, len(weights)) if place == last else [f"{place}.{i}" for i in range(1, len(weights) + 1)]
        units.append(Units(title, short, names, given[place], weights, marks[place]))
    return units


def _outputs(run: Record, count: int) -> Sequence[str]:
    """What the outputs are called: as the classes are, where there is one for each."""
    classes = run.samples.classes
    if count == len(classes):
        return classes
    return ["out"] if count == 1 else [f"out {i}" for i in range(1, count + 1)]
