"""How the runs fit: the points, and each run's curve through them."""

from collections.abc import Iterator, Sequence

import numpy as np

from tui_trainer.charts.chart import Chart, Dots, Line, Series
from tui_trainer.charts.styles import HELD_OUT, Paint, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View, different_tasks, ghost_label
from tui_trainer.data.columns import Columns
from tui_trainer.data.span import widened
from tui_trainer.engine.status import Status
from tui_trainer.runs.record import Record
from tui_trainer.tasks.curve import Curve, Drawn


class Fit(View):
    """The points, held-out points, each run's curve, and faintly the curves of the runs before."""

    rows = 20

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart:
        curves = [task for task in different_tasks(runs) if isinstance(task, Curve)]
        series: list[Series] = [Dots(*curve.points, "data", label="data") for curve in curves]
        series += [
            Line(drawn.x, drawn.y, "ghost", still=True, label=ghost_label(g, runs)) for _, g, drawn in _drawn(ghosts)
        ]
        series += [Line(drawn.x, drawn.y, role(i), marker(i)) for i, _, drawn in _drawn(runs)]
        series += [Dots(*curve.test_points, "held-out", HELD_OUT, "held out") for curve in curves if len(curve.x_test)]
        x, y = (
            np.concatenate(axis)
            for axis in zip(*(points for c in curves for points in (c.points, c.test_points)), strict=True)
        )
        low, high = widened(float(y.min()), float(y.max()), 0.05)
        # Untrained nets may lie beside the points, and the first picture should show them.
        starts = [drawn.y for _, run, drawn in _drawn(runs) if run.status is Status.READY]
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
        return notes + [
            f"{run.name}: {drawn.line}"
            for _, run, drawn in _drawn(runs)
            if drawn.line and run.status is not Status.DIVERGED
        ]

    def words(self, runs: Sequence[Record]) -> list[str]:
        return [columns.words for columns in _learned(runs)]

    def caption(self, run: Record, chart: Chart) -> list[tuple[str, Paint]]:
        caption = super().caption(run, chart)
        return caption + [(f"  {drawn.line}", "quiet") for _, _, drawn in _drawn([run]) if drawn.line]


def _drawn(runs: Sequence[Record]) -> Iterator[tuple[int, Record, Drawn]]:
    """Those of the runs whose net can be drawn, with their places."""
    for i, run in enumerate(runs):
        if isinstance(run.snapshot, Drawn):
            yield i, run, run.snapshot


def _learned(runs: Sequence[Record]) -> list[Columns]:
    """The columns that are learned from, each pair once; of a formula there are none."""
    return list({c.words: c for run in runs if (c := run.samples.columns)}.values())
