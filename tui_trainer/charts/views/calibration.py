"""Whether a net is as often right as it is sure: a reliability diagram."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tui_trainer.charts.chart import Array, Chart, Line
from tui_trainer.charts.styles import Role, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View, predicted_by
from tui_trainer.runs.record import Record
from tui_trainer.tasks.predictions import Part

BINS = 10


class Calibration(View):
    """By how sure it is, in ten steps, how often each run is right: on held-out samples where there are some."""

    rows = 16

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        known = [*predicted_by(runs)]
        if not known:
            return "how often what is sure is right appears here"
        ends = np.array([0.0, 1.0])
        lines = [Line(ends, ends, "baseline", still=True, label="as often right as sure")]
        for i, _, predictions in known:
            sure, right, _ = steps(predictions.judged)
            lines.append(Line(sure, right, role(i), marker(i)))
        which = ", ".join(dict.fromkeys(predictions.which for *_, predictions in known))
        return Chart(lines, (0.0, 1.0), (0.0, 1.0), notes=[which])

    def figures(self, runs: Sequence[Record]) -> list[tuple[str, Role]]:
        """`● off by 0.031`: the expected calibration error."""
        return [
            (f"{marker(i)} off by {error(predictions.judged):.3f}", role(i)) for i, _, predictions in predicted_by(runs)
        ]


def steps(part: Part) -> tuple[Array, Array, NDArray[np.int64]]:
    """For each step that has samples: how sure predictions are on average, the share that is right, and how many."""
    sure = part.probabilities.max(axis=1, initial=0.0)
    right = (part.predicted == part.y)[np.isfinite(sure)]
    sure = sure[np.isfinite(sure)]
    step = np.clip((sure * BINS).astype(np.int64), 0, BINS - 1)
    counts = np.bincount(step, minlength=BINS)
    some = counts > 0
    means = [np.bincount(step, each, minlength=BINS)[some] / counts[some] for each in (sure, right)]
    return means[0], means[1], counts[some]


def error(part: Part) -> float:
    """The mean distance between the two, each step weighed by its samples: the expected calibration error."""
    sure, right, counts = steps(part)
    return float(np.abs(sure - right) @ counts / max(1, counts.sum()))
