"""How the losses of the runs fall."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tui_trainer.catalog import VIEWS
from tui_trainer.charts.chart import Array, Chart, Level, Limits, Line, Mark
from tui_trainer.charts.styles import HELD_OUT, Paint, Role, faint, format_number, marker, role
from tui_trainer.charts.views import DEFAULT, Options, Zoom
from tui_trainer.charts.views.smoothing import epochs_of, window
from tui_trainer.charts.views.view import PARENT, View, different_tasks, ghost_label
from tui_trainer.data.span import LARGEST, SMALLEST
from tui_trainer.runs.envelope import Pieces
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


# Which part of the way is drawn.
SHARES: Mapping[Zoom, float] = {"all": 1.0, "last half": 0.5, "last tenth": 0.1}


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
        ends = np.array([along(r, np.array([1.0, len(r.history)])) for r in shown_whole if len(r.history)])
        first, end = float(ends[:, 0].min()), float(ends[:, 1].max())
        start = end - (end - first) * SHARES[options.zoom]
        if options.axis != "second":
            start = float(math.floor(start))
        log_x = options.log_x and start > 0

        def pieces_of(record: Record, held_out: bool = False) -> Pieces:
            after = _epochs_before(record, along, start) if start > first else 0
            history = record.history
            return (history.test_pieces if held_out else history.pieces)(longest, after, log_x)

        def line(record: Record, pieces: Pieces, width: int, role: Role, **style: Any) -> Line:
            epochs, values = pieces.smooth(width // 2) if width else pieces.line
            return Line(along(record, epochs), values, role, **style)

        curves = [
            (run, pieces_of(run, held_out=True), role(i), HELD_OUT, "held out")
            for i, run in enumerate(runs)
            if len(run.samples.x_test)
        ]
        curves += [(run, pieces_of(run), role(i), marker(i), "") for i, run in enumerate(runs)]
        level = baseline(runs)
        levels = [level.loss] if level else []
        x_limits = start, end if end > start else start + 1
        several = [pieces for _, pieces, *_ in curves]
        seen = [pieces.line[1] for pieces in several]
        width = window(options.smoothing, several, Chart([], x_limits, _limits(log_y, seen, levels), log_y).up)
        lines = [line(run, pieces, width, role, marker=sign, label=label) for run, pieces, role, sign, label in curves]
        behind = [line(g, pieces_of(g), width, "ghost", still=True, label=ghost_label(g, runs)) for g in ghosts]
        before = dict(zip(map(id, [*runs, *ghosts]), [*lines[-len(runs) :], *behind], strict=True))
        lines[-len(runs) :] = [
            _from_parent(before[id(run)], float(along(run, np.array(float(run.at.epoch)))), before[id(parent)])
            if run.at and (parent := _parent_of(run, shown_whole))
            else before[id(run)]
            for run in runs
        ]
        seen += [each.y for each in behind if each.label == PARENT]
        if width:
            raw = enumerate(curves[-len(runs) :])
            behind += [line(run, pieces, 0, faint(i), still=True, label="raw") for i, (run, pieces, *_) in raw]
            seen = [*map(_but_the_wildest, seen), *(each.y for each in lines)]
        notes = ["logarithmic"] * log_y + ["log x"] * log_x
        floor = [Level(level.loss, "baseline", f"{level.name} {format_number(level.loss)}")] if level else []
        return Chart(
            [*floor, *behind, *lines],
            x_limits,
            _limits(log_y, seen, levels),
            log_y,
            marks=_marks(runs, along, start),
            whole_x=options.axis != "second",
            log_x=log_x,
            notes=notes + [f"smoothed ×{epochs_of(width, several)}"] * (width > 0),
        )

    def title(self, runs: Sequence[Record], options: Options) -> str:
        """`Loss by epoch, last half`."""
        return super().title(runs, options) + f", {options.zoom}" * (options.zoom != "all")

    def caption(self, run: Record, chart: Chart) -> list[tuple[str, Paint]]:
        caption: list[tuple[str, Paint]] = [
            ("Loss (log)", "strong"),
            (f"  {marker(0)} {format_number(run.history.last)}", role(0)),
        ]
        if len(run.samples.x_test):
            caption.append((f"  {HELD_OUT} held out {format_number(run.history.last_test)}", role(0)))
        caption += [(f"  {words}", role) for words, role in chart.legend if not words.startswith(HELD_OUT)]
        return caption + [(f"  {note}", "quiet") for note in chart.notes if note != "logarithmic"]


def _parent_of(run: Record, others: Sequence[Record]) -> Record | None:
    return next((each for each in others if each is not run and run.parent in (each.id, each.name)), None)


def _from_parent(line: Line, x: float, parent: Line) -> Line:
    """A branch's line, joined to its parent's where it branches off."""
    known, begun = np.isfinite(parent.y), line.x > x
    if not known.any():
        return line
    y = np.interp(x, parent.x[known], parent.y[known])
    return replace(line, x=np.concatenate([[x], line.x[begun]]), y=np.concatenate([[y], line.y[begun]]))


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


def _epochs_before(record: Record, along: Callable[[Record, Array], Array], start: float) -> int:
    """How many of a run's epochs lie before this place on the axis."""
    epochs = record.history.epochs
    row = int(np.searchsorted(along(record, epochs), start))
    return int(epochs[row - 1]) if row else 0


def _but_the_wildest(values: Array) -> Array:
    """Between which losses all but a fiftieth at either end lie: behind a smoothed line, what is beyond may be cut."""
    finite = values[np.isfinite(values)]
    return np.quantile(finite, [0.02, 0.98]) if len(finite) else finite


def _limits(log_y: bool, curves: Sequence[Array], levels: Sequence[float]) -> Limits:
    """Limits of a chart of these losses; levels are always within them."""
    values = np.concatenate([*curves, levels])
    values = values[np.isfinite(values) & ((values > 0) | (not log_y))]
    return _log_limits(values) if log_y else _linear_limits(values, max([0.0, *levels]))


def _log_limits(values: Array) -> Limits:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 10.0)
    return max(low / 1.15, SMALLEST), min(max(high * 1.15, low * 1.5), LARGEST)


def _linear_limits(values: Array, least: float) -> Limits:
    """From 0 to what all but the first wild epochs reach, or to `least` where they reach less."""
    high = max(float(np.quantile(values, 0.98)) if len(values) else 0.0, least)
    return 0.0, min((high or 1.0) * 1.1, LARGEST)
