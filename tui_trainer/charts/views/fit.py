"""How the runs fit: the points, and each run's curve through them."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Chart, Dots, Line, Series
from tui_trainer.charts.looks import HELD_OUT, Paint, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View, different_data
from tui_trainer.data.facts import Columns
from tui_trainer.data.span import widened
from tui_trainer.engine.status import Status
from tui_trainer.runs.record import Record


class Fit(View):
    """The points, held-out points, each run's curve, and faintly the curves of the runs before."""

    rows = 20

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart:
        data = different_data(runs)
        series: list[Series] = [Dots(*d.sketch, "data") for d in data]
        series += [Line(*g.curve, "ghost", still=True, label="runs before") for g in ghosts if g.curve]
        series += [Line(*r.curve, role(i), marker(i)) for i, r in enumerate(runs) if r.curve]
        series += [Dots(*d.test_sketch, "held-out", HELD_OUT, "held out") for d in data if len(d.x_test)]
        x, y = (
            np.concatenate(axis) for axis in zip(*(s for d in data for s in (d.sketch, d.test_sketch)), strict=True)
        )
        low, high = widened(float(y.min()), float(y.max()), 0.05)
        # Untrained nets may lie beside the points, and the first picture should show them.
        starts = [r.curve[1] for r in runs if r.curve and r.status is Status.READY]
        reach = np.clip(np.concatenate([[low, high], *starts]), *widened(low, high, 0.5))
        x_limits = widened(float(x.min()), float(x.max()), 0.0)
        return Chart(series, x_limits, (float(np.nanmin(reach)), float(np.nanmax(reach))))

    def title(self, runs: Sequence[Record], options: Options) -> str:
        """`Fit of height by time`."""
        columns = _learned(runs)
        fit = super().title(runs, options)
        return f"{fit} of {', '.join(dict.fromkeys(map(str, columns)))}" if columns else fit

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        notes = [columns.note for columns in _learned(runs) if columns.note]
        return notes + [f"{r.name}: {r.line}" for r in runs if r.line and r.status is not Status.DIVERGED]

    def words(self, runs: Sequence[Record]) -> list[str]:
        return [columns.words for columns in _learned(runs)]

    def caption(self, run: Record, chart: Chart) -> list[tuple[str, Paint]]:
        caption = super().caption(run, chart)
        caption.insert(2, ("  · data", "quiet"))
        return caption + ([(f"  {run.line}", "quiet")] if run.line else [])


def _learned(runs: Sequence[Record]) -> list[Columns]:
    """The columns that are learned from, each pair once; of a formula there are none."""
    return list({r.data.columns.words: r.data.columns for r in runs if r.data.columns}.values())
