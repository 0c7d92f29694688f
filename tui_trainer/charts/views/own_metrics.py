"""How what a person's own step or batches are measured by goes, from epoch to epoch: one metric at a time."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Array, Chart, Level, Limits
from tui_trainer.charts.styles import HELD_OUT, Role, format_number, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.metric import Metric
from tui_trainer.data.span import widened
from tui_trainer.escape import printable
from tui_trainer.runs.record import Record


class OwnMetrics(Metric):
    """A metric of any range, of training and held-out samples: the next one where it is turned."""

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        names = names_of(runs)
        if not names:
            if not any(len(run.history) for run in runs):
                return super().chart(runs, ghosts, options)
            return "nothing is measured beside the loss: let the step return a dict, such as {'loss': loss, 'acc': acc}"
        turned = type(self)(self.name, names[options.first % len(names)])
        return super(OwnMetrics, turned).chart(runs, ghosts, options)

    def title(self, runs: Sequence[Record], options: Options) -> str:
        """`acc by epoch, last half, 1 of 2: v`."""
        names = names_of(runs)
        if not names:
            return super().title(runs, options)
        place = options.first % len(names)
        several = f", {place + 1} of {len(names)}: v" if len(names) > 1 else ""
        return self.headed(names[place], runs, options) + several

    def floors(self, runs: Sequence[Record]) -> list[Level]:
        return []

    def limits(self, log_y: bool, curves: Sequence[Array], levels: Sequence[float]) -> Limits:
        values = np.concatenate([np.empty(0), *curves])
        values = values[np.isfinite(values)]
        return widened(float(values.min()), float(values.max()), 0.05) if len(values) else (0.0, 1.0)

    def figures(self, runs: Sequence[Record]) -> list[tuple[str, Role]]:
        """`● acc 0.93 ○ 0.91`, the latter held out."""
        figures = []
        for i, run in enumerate(runs):
            for name, value in run.metrics.items():
                words = f"{marker(i)} {printable(name)} {format_number(value)}"
                if name in run.test_metrics:
                    words += f" {HELD_OUT} {format_number(run.test_metrics[name])}"
                figures.append((words, role(i)))
        return figures


def names_of(runs: Sequence[Record]) -> list[str]:
    """The metrics that were measured of one of the runs, in their order."""
    measured = [each for run in runs for each in (run.metrics, *(one.metrics for one in run.history.measured[-1:]))]
    return list(dict.fromkeys(name for each in measured for name in each))
