"""What is predicted beside what is true, and how far it is off: a chart for each run."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Array, Beside, Chart, Dots, Level, Limits, Line, Panel
from tui_trainer.charts.styles import HELD_OUT, Role, format_number, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View, predicted_by
from tui_trainer.data.span import LARGEST, widened
from tui_trainer.runs.record import Record
from tui_trainer.tasks.predictions import Part, Predictions

BEYOND = 0.5  # of the range of what is true: predictions that are further off are drawn at the edge


class Predicted(View):
    """The truth along x, the prediction along y: on the dotted line they are the same."""

    rows = 18

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        panels = [
            Panel(_diagonal(predictions), _caption(i, run, "R²", "r2")) for i, run, predictions in predicted_by(runs)
        ]
        return Beside.of(panels, options.first) if panels else "what is predicted of each sample appears here"

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        return _notes(runs)


class Residuals(View):
    """How far the truth is above the prediction, along the prediction; of a curve, along its x."""

    rows = 18

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        panels = [
            Panel(_residuals(run, predictions), _caption(i, run, "rmse", "rmse"))
            for i, run, predictions in predicted_by(runs)
        ]
        return Beside.of(panels, options.first) if panels else "how far each prediction is off appears here"

    def title(self, runs: Sequence[Record], options: Options) -> str:
        along = {"x" if run.task.name == "curve" else "prediction" for run in runs}
        return super().title(runs, options) + (f" by {along.pop()}" if len(along) == 1 else "")

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        return _notes(runs)


def _diagonal(predictions: Predictions) -> Chart:
    parts = [(part, part.y[:, 0], part.predicted[:, 0]) for part in predictions]
    true = np.concatenate([y for _, y, _ in parts])
    low, high = float(true.min()), float(true.max())
    limits = widened(low, high, 0.05)
    furthest = widened(low, high, BEYOND)
    predicted = [np.clip(y, *furthest) for *_, y in parts]
    ends = np.array(limits)
    dots = [_dots(part, y, each) for (part, y, _), each in zip(parts, predicted, strict=True) if len(y)]
    diagonal = Line(ends, ends, "baseline", still=True, label="prediction = truth")
    return Chart([diagonal, *dots], limits, _around([np.array(limits), *predicted], 0.0))


def _residuals(run: Record, predictions: Predictions) -> Chart:
    with np.errstate(over="ignore", invalid="ignore"):
        off = [part.y[:, 0] - part.predicted[:, 0] for part in predictions]
    along = [part.x[:, 0] if run.task.name == "curve" else part.predicted[:, 0] for part in predictions]
    dots = [_dots(part, x, y) for part, x, y in zip(predictions, along, off, strict=True) if len(x)]
    return Chart([Level(0.0, "baseline", "no error"), *dots], _around(along, 0.05), _around([np.zeros(1), *off], 0.05))


def _dots(part: Part, x: Array, y: Array) -> Dots:
    """Training samples as small dots, held-out ones as rings."""
    known = np.isfinite(x) & np.isfinite(y)
    if part.held_out:
        return Dots(x[known], y[known], "held-out", HELD_OUT, "held out")
    return Dots(x[known], y[known], "data", label="samples")


def _around(values: Sequence[Array], part: float) -> Limits:
    """Limits of a chart of all that is finite of these."""
    every = np.concatenate(values)
    every = every[np.isfinite(every) & (np.abs(every) < LARGEST / 4)]
    return widened(float(every.min()), float(every.max()), part) if len(every) else (-1.0, 1.0)


def _caption(i: int, run: Record, title: str, metric: str) -> list[tuple[str, Role]]:
    """`● tanh  R² 0.98 ○ 0.97`, the latter held out."""
    caption = [(f"{marker(i)} {run.name}", role(i))]
    for sign, metrics in ((f"  {title}", run.metrics), (f" {HELD_OUT}", run.test_metrics)):
        if metric in metrics:
            caption.append((f"{sign} {_short(metrics[metric])}", "strong"))
    return caption


def _short(value: float) -> str:
    return format_number(float(f"{value:.3g}"))


def _notes(runs: Sequence[Record]) -> list[str]:
    """Which target it is, where there are several."""
    several = max((run.task.out_features for run in runs), default=1)
    return [f"the first of {several} targets"] if several > 1 else []
