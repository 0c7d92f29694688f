"""Which classes are taken for which, for each run: a row for each class, a column for what was predicted."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Beside, Chart, Matrix, Panel
from tui_trainer.charts.styles import marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View, predicted_by
from tui_trainer.runs.record import Record
from tui_trainer.tasks.predictions import Predictions


class Confusion(View):
    """How many samples of each class are predicted to be of each: held-out ones where there are some."""

    rows = 14

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        panels = [
            Panel(
                _matrix(predictions, run.samples.classes),
                [(f"{marker(i)} {run.name}", role(i)), (f"  {predictions.which}", "quiet")],
            )
            for i, run, predictions in predicted_by(runs)
        ]
        return Beside.of(panels, options.first) if panels else "which classes are taken for which appears here"


def _matrix(predictions: Predictions, classes: Sequence[str]) -> Matrix:
    counts = np.zeros((len(classes),) * 2, dtype=np.int64)
    np.add.at(counts, (predictions.judged.y, predictions.judged.predicted), 1)
    return Matrix.of(counts, classes)
