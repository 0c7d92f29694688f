"""How the losses of the runs fall."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tui_trainer.catalog import VIEWS
from tui_trainer.charts.chart import Array, Chart, Level, Limits, Line, Mark, Series
from tui_trainer.charts.styles import HELD_OUT, Paint, format_number, marker, role
from tui_trainer.charts.views import DEFAULT, Options
from tui_trainer.charts.views.view import View, different_tasks
from tui_trainer.data.span import LARGEST, SMALLEST
from tui_trainer.runs.envelope import Envelope
from tui_trainer.runs.record import Record
from tui_trainer.tasks.task import Baseline

# Where epochs, of any shape, lie on each of the axes.
ALONG: Mapping[str, Callable[[Record, Array], Array]] = {
    "epoch": lambda record, epochs: epochs,
    "step": lambda record, epochs: epochs * math.ceil(len(record.samples.x) / record.experiment.batch_size),
    "second": lambda record, epochs: record.history.seconds_at(epochs),
}


# And which epoch of a run had ended, at the latest, at a place on each of them.
ENDED: Mapping[str, Callable[[Record, float], int]] = {
    "epoch": lambda record, place: int(place),
    "step": lambda record, place: int(place) // record.within_epoch[1],
    "second": lambda record, place: record.history.epoch_at(place),
}


def place_of(record: Record, axis: str, epoch: int) -> float:
    """Where on an axis an epoch of a run lies."""
    return float(ALONG[axis](record, np.array(float(epoch))))


class Losses(View):
    """Each run's loss along one of the axes, its held-out loss, what was changed on the way, and the baseline."""

    over_time = True

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        shown_whole = [*runs, *ghosts] if any(run.at for run in runs) else runs  # a branch beside its parent
        longest = max((len(run.history) for run in shown_whole), default=0)
        if not longest:
            ended = all(run.status.ended for run in runs)
            return "no epoch was finished" if ended else f"{VIEWS[self.name].help} appears here"
        along, log_y = ALONG[options.axis], options.log_y

        def line(record: Record, losses: Envelope, role: str, **style: Any) -> Line:
            epochs, values = losses.smooth if options.smooth else losses.line
            return Line(along(record, epochs), values, role, **style)

        level = baseline(runs)
        lines = [
            line(run, run.history.test_envelope(longest), role(i), marker=HELD_OUT, label="held out")
            for i, run in enumerate(runs)
            if len(run.samples.x_test)
        ]
        lines += [line(run, run.history.envelope(longest), role(i), marker=marker(i)) for i, run in enumerate(runs)]
        shown = np.concatenate([*(each.y for each in lines), [level.loss] if level else []])
        shown = shown[np.isfinite(shown) & ((shown > 0) | (not log_y))]
        series: list[Series] = []
        if level is not None:
            series.append(Level(level.loss, "baseline", f"{level.name} {format_number(level.loss)}"))
        before = [line(g, g.history.envelope(longest), "ghost", still=True, label="runs before") for g in ghosts]
        ends = np.array([along(r, np.array([1.0, len(r.history)])) for r in shown_whole if len(r.history)])
        start, end = float(ends[:, 0].min()), float(ends[:, 1].max())
        return Chart(
            [*series, *before, *lines],
            x_limits=(start, end if end > start else start + 1),
            y_limits=_log_limits(shown) if log_y else _linear_limits(shown),
            log_y=log_y,
            marks=_marks(runs, along, start),
            whole_x=options.axis != "second",
        )

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        return ["logarithmic"] * options.log_y + ["smoothed"] * options.smooth

    def caption(self, run: Record, chart: Chart) -> list[tuple[str, Paint]]:
        caption: list[tuple[str, Paint]] = [
            ("Loss (log)", "strong"),
            (f"  {marker(0)} {format_number(run.history.last)}", role(0)),
        ]
        if len(run.samples.x_test):
            caption.append((f"  {HELD_OUT} held out {format_number(run.history.last_test)}", role(0)))
        if (level := baseline([run])) is not None:
            caption.append((f"  ┄ {level.name} {format_number(level.loss)}", "baseline"))
        return caption + ([("  0 at the foot", "axis")] if chart.zero_at_foot else [])


def baseline(runs: Sequence[Record]) -> Baseline | None:
    """What the losses of all runs are compared with, where they learn the same and have the same loss."""
    alike = len(different_tasks(runs)) == 1 and len({run.experiment.loss for run in runs}) == 1
    return runs[0].baseline if alike else None


def _marks(records: Sequence[Record], along: Callable[[Record, Array], Array], start: float) -> list[Mark]:
    """What was changed on the way: once, where several runs took it up an epoch apart.

    start: where the chart begins, and where what was changed within the first epoch is marked.
    """
    changes = sorted(((mark, r) for r in records for mark in r.history.marks), key=lambda change: change[0].epoch)
    marks: list[Mark] = []
    last = None
    for mark, record in changes:
        if last is None or last.text != mark.text or mark.epoch > last.epoch + 1:
            marks.append(Mark(max(float(along(record, np.array(float(mark.epoch)))), start), mark.text))
            last = mark
    return marks


def _log_limits(values: Array) -> Limits:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 10.0)
    return max(low / 1.15, SMALLEST), min(max(high * 1.15, low * 1.5), LARGEST)


def _linear_limits(values: Array) -> Limits:
    """From 0 to what all but the first wild epochs reach."""
    high = float(np.quantile(values, 0.98)) if len(values) else 1.0
    return 0.0, min((high or 1.0) * 1.1, LARGEST)
