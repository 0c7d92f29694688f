"""How the losses of the runs fall."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Array, Chart, Level, Limits
from tui_trainer.charts.styles import HELD_OUT, Paint, format_number, marker, role
from tui_trainer.charts.views.over_time import OverTime
from tui_trainer.charts.views.view import different_tasks
from tui_trainer.data.span import LARGEST, SMALLEST
from tui_trainer.runs.envelope import Pieces
from tui_trainer.runs.record import Record
from tui_trainer.tasks.task import Baseline


class Losses(OverTime):
    """Each run's loss, its held-out loss, what was changed on the way, and the baseline."""

    may_be_log = True

    def pieces(self, record: Record, held_out: bool, longest: int, after: int, log: bool) -> Pieces:
        history = record.history
        return (history.test_pieces if held_out else history.pieces)(longest, after, log)

    def floors(self, runs: Sequence[Record]) -> list[Level]:
        level = baseline(runs)
        return [Level(level.loss, "baseline", f"{level.name} {format_number(level.loss)}")] if level else []

    def limits(self, log_y: bool, curves: Sequence[Array], levels: Sequence[float]) -> Limits:
        values = np.concatenate([*curves, levels])
        values = values[np.isfinite(values) & ((values > 0) | (not log_y))]
        return _log_limits(values) if log_y else _linear_limits(values, max([0.0, *levels]))

    def caption(self, run: Record, chart: Chart) -> list[tuple[str, Paint]]:
        caption: list[tuple[str, Paint]] = [
            ("Loss (log)", "strong"),
            (f"  {marker(0)} {format_number(run.history.last)}", role(0)),
        ]
        if run.held_out:
            caption.append((f"  {HELD_OUT} held out {format_number(run.history.last_test)}", role(0)))
        caption += [(f"  {words}", role) for words, role in chart.legend if not words.startswith(HELD_OUT)]
        return caption + [(f"  {note}", "quiet") for note in chart.notes if note != "logarithmic"]


def baseline(runs: Sequence[Record]) -> Baseline | None:
    """What the losses of all runs are compared with, where they learn the same and have the same loss."""
    alike = len(different_tasks(runs)) == 1 and len({run.experiment.loss for run in runs}) == 1
    return runs[0].baseline if alike else None


def _log_limits(values: Array) -> Limits:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 10.0)
    return max(low / 1.15, SMALLEST), min(max(high * 1.15, low * 1.5), LARGEST)


def _linear_limits(values: Array, least: float) -> Limits:
    """From 0 to what all but the first wild epochs reach, or to `least` where they reach less."""
    high = max(float(np.quantile(values, 0.98)) if len(values) else 0.0, least)
    return 0.0, min((high or 1.0) * 1.1, LARGEST)
