"""Which classes are taken for which, for each run: a row for each class, a column for what was predicted."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Beside, Chart, Matrix, Panel
from tui_trainer.charts.styles import marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View
from tui_trainer.runs.record import Record
from tui_trainer.tasks.plane import Mapped


class Confusion(View):
    """How many samples of each class are predicted to be of each: held-out ones where there are some."""

    rows = 14

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        panels = [
            Panel(_matrix(run, run.snapshot), [(f"{marker(i)} {run.name}", role(i)), (f"  {_which(run)}", "quiet")])
            for i, run in enumerate(runs)
            if isinstance(run.snapshot, Mapped)
        ]
        return Beside.of(panels, options.first) if panels else "which classes are taken for which appears here"


def _matrix(run: Record, drawn: Mapped) -> Matrix:
    samples, plane = run.samples, drawn.plane
    held_out = len(plane.test_shown) > 0
    y = samples.y_test[plane.test_shown] if held_out else samples.y[plane.shown]
    counts = np.zeros((len(samples.classes),) * 2, dtype=np.int64)
    np.add.at(counts, (y, drawn.test_predicted if held_out else drawn.predicted), 1)
    return Matrix.of(counts, samples.classes)


def _which(run: Record) -> str:
    """Which samples are counted: of very many some."""
    assert isinstance(run.snapshot, Mapped)
    plane, samples = run.snapshot.plane, run.samples
    name, shown, whole = (
        ("held out", plane.test_shown, samples.x_test) if len(samples.x_test) else ("training", plane.shown, samples.x)
    )
    return f"{name}, {len(shown):,} of {len(whole):,}" if len(shown) < len(whole) else f"{name}, {len(whole):,}"
