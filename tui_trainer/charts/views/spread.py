"""How each parameter's weights and gradients are spread, and how far a step moves it: a row for each, with little
histograms."""

from collections.abc import Sequence

from tui_trainer.charts.chart import Chart, Rows
from tui_trainer.charts.listing import WIDEST
from tui_trainer.charts.styles import format_number
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View, turned_title, turned_to
from tui_trainer.escape import printable
from tui_trainer.runs.record import Record
from tui_trainer.tasks.spread import Counts
from tui_trainer.tasks.spread import Spread as Found

HEIGHTS = " ▁▂▃▄▅▆▇█"
HEAD = ("parameter", "weights", "±", "gradient", "±", "update")


class Spread(View):
    """Of the first run, or of that which was turned to."""

    rows = 14

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        found = _found(runs, options)
        if found is None:
            return "how weights and gradients are spread appears here"
        rows = [
            [_end_of(printable(each.name)), *_drawn(each.weights), *_drawn(each.gradient), _figure(each.update)]
            for each in found.parameters
        ]
        return Rows.of(HEAD, rows)

    def title(self, runs: Sequence[Record], options: Options) -> str:
        return turned_title(super().title(runs, options), runs, options)

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        found, run = _found(runs, options), turned_to(runs, options)
        if found is None or run is None:
            return []
        notes = [f"gradient of {found.samples:,} samples" if found.samples else "gradient of the last step"]
        if 0 < found.steps < run.steps:
            notes.append(f"at step {found.steps:,}")
        return notes + ([f"and {found.more:,} more parameters"] if found.more else [])


def _found(runs: Sequence[Record], options: Options) -> Found | None:
    run = turned_to(runs, options)
    return run.snapshot.spread if run and run.snapshot else None


def _end_of(name: str) -> str:
    """A name whose end is what tells it from others."""
    return name if len(name) <= WIDEST else f"…{name[len(name) - WIDEST + 1 :]}"


def _drawn(counts: Counts | None) -> tuple[str, str]:
    """A histogram from -most to most, as high as a row, and what most is; any value at all is seen."""
    if counts is None:
        return "", ""
    highest = max(1, int(counts.counts.max()))
    places = [min(len(HEIGHTS) - 1, -(-count * (len(HEIGHTS) - 1) // highest)) for count in counts.counts.tolist()]
    return "".join(HEIGHTS[place] for place in places), _figure(counts.most)


def _figure(value: float | None) -> str:
    return "" if value is None else format_number(float(f"{value:.2g}"))
