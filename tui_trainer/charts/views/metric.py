"""How a metric of the runs goes, from epoch to epoch."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Array, Chart, Level, Limits
from tui_trainer.charts.styles import HELD_OUT, Role, format_number, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.over_time import OverTime
from tui_trainer.charts.views.view import different_tasks
from tui_trainer.runs.envelope import Pieces
from tui_trainer.runs.record import Record

LEAST_SPAN = 0.1  # of the axis: what is nearly 1 all along is no cliff
WORST = -1.0  # a metric below is nothing that one wants to compare


class Metric(OverTime):
    """A metric whose best is 1, of training and held-out samples, and that of the models that it is compared with."""

    def __init__(self, name: str, metric: str = "") -> None:
        """metric: by its name; the view's own where none is given."""
        super().__init__(name)
        self.metric = metric or name

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        measured = [each for run in runs for each in run.history.measured]
        known = any(self.metric in each.metrics or self.metric in each.test_metrics for each in measured)
        if not known and any(len(run.history) for run in runs):
            return (
                "these runs were kept without metrics" if all(run.status.ended for run in runs) else "not measured yet"
            )
        return super().chart(runs, ghosts, options)

    def pieces(self, record: Record, held_out: bool, longest: int, after: int, log: bool) -> Pieces:
        epochs, values = record.history.metric(self.metric, held_out)
        some = (epochs > after) & (epochs <= longest)
        epochs, values = epochs[some], values[some]
        return Pieces(epochs, epochs, np.stack([values, values, values, np.ones_like(values)]))

    def held_out(self, record: Record) -> bool:
        return record.held_out or self.metric in record.test_metrics

    def floors(self, runs: Sequence[Record]) -> list[Level]:
        """On the training samples."""
        if len(different_tasks(runs)) != 1 or not runs[0].task:
            return []
        known = {name: metrics.get(self.metric) for name, (metrics, _) in runs[0].task.simple_metrics.items()}
        return [
            Level(value, "baseline", f"{name} {_figure(value)}")
            for name, value in known.items()
            if value is not None and value >= WORST
        ]

    def limits(self, log_y: bool, curves: Sequence[Array], levels: Sequence[float]) -> Limits:
        values = np.concatenate([*curves, levels])
        low = max(float(values[np.isfinite(values)].min(initial=1.0)), WORST)
        return low - max(0.05 * (1 - low), LEAST_SPAN - (1 - low)), 1.0

    def figures(self, runs: Sequence[Record]) -> list[tuple[str, Role]]:
        """`● 0.93 ○ 0.91`, the latter held out."""
        figures = []
        for i, run in enumerate(runs):
            words = f"{marker(i)} {_figure(run.metrics.get(self.metric))}"
            if run.test_metrics:
                words += f" {HELD_OUT} {_figure(run.test_metrics.get(self.metric))}"
            figures.append((words, role(i)))
        return figures


def _figure(value: float | None) -> str:
    return format_number(value if value is None else round(value, 3))
