"""What the views over time have in common: a line for each run along one of the axes, and what happened on the way."""

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tui_trainer.catalog import VIEWS
from tui_trainer.charts.chart import Array, Chart, Level, Limits, Line, Mark
from tui_trainer.charts.styles import HELD_OUT, Role, faint, marker, role
from tui_trainer.charts.views import AXES, DEFAULT, Options, Zoom
from tui_trainer.charts.views.smoothing import epochs_of, window
from tui_trainer.charts.views.view import PARENT, View, ghost_label
from tui_trainer.escape import printable
from tui_trainer.runs.envelope import Pieces
from tui_trainer.runs.record import Record

# Where epochs, of any shape, lie on each of the axes.
ALONG: Mapping[str, Callable[[Record, Array], Array]] = {
    "epoch": lambda record, epochs: record.epochs_at(epochs),
    "step": lambda record, epochs: record.steps_at(epochs),
    "second": lambda record, epochs: record.history.seconds_at(epochs),
}
# And which epoch of a run had ended, at the latest, at a place on each of them.
ENDED: Mapping[str, Callable[[Record, float], int]] = {
    "epoch": lambda record, place: int(place),
    "step": lambda record, place: int(place) // record.within_epoch[1],
    "second": lambda record, place: record.history.epoch_at(place),
}
# Which part of the way is drawn.
SHARES: Mapping[Zoom, float] = {"all": 1.0, "last half": 0.5, "last tenth": 0.1}


def place_of(record: Record, axis: str, epoch: int) -> float:
    """Where on an axis an epoch of a run lies."""
    return float(ALONG[axis](record, np.array(float(epoch))))


class OverTime(View):
    """How each run went along one of the axes, of held-out samples too, and what it is compared with.

    may_be_log: whether its y axis may be logarithmic.
    """

    over_time = True
    may_be_log = False

    @abstractmethod
    def pieces(self, record: Record, held_out: bool, longest: int, after: int, log: bool) -> Pieces:
        """What is drawn of a run, of the samples held out or of those of training: as of `History.pieces`."""

    @abstractmethod
    def floors(self, runs: Sequence[Record]) -> list[Level]:
        """What the runs are compared with."""

    @abstractmethod
    def limits(self, log_y: bool, curves: Sequence[Array], levels: Sequence[float]) -> Limits:
        """Limits of a chart of these values; levels are always within them."""

    def held_out(self, record: Record) -> bool:
        """Whether there is something to draw of the samples held out."""
        return record.held_out

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        shown_whole = [*runs, *ghosts] if any(run.at for run in runs) else runs  # a branch beside its parent
        longest = max((len(run.history) for run in shown_whole), default=0)
        if not longest:
            ended = all(run.status.ended for run in runs)
            return "no epoch was finished" if ended else f"{VIEWS[self.name].help} appears here"
        axis = axis_of(runs, options)
        along, log_y = ALONG[axis], options.log_y and self.may_be_log
        ends = np.array([along(r, np.array([1.0, len(r.history)])) for r in shown_whole if len(r.history)])
        first, end = float(ends[:, 0].min()), float(ends[:, 1].max())
        start = end - (end - first) * SHARES[options.zoom]
        if axis != "second":
            start = float(math.floor(start))
        log_x = options.log_x and start > 0

        def pieces_of(record: Record, held_out: bool = False) -> Pieces:
            after = _epochs_before(record, along, start) if start > first else 0
            return self.pieces(record, held_out, longest, after, log_x)

        def line(record: Record, pieces: Pieces, width: int, role: Role, **style: Any) -> Line:
            epochs, values = pieces.smooth(width // 2) if width else pieces.line
            return Line(along(record, epochs), values, role, **style)

        curves = [
            (run, pieces_of(run, held_out=True), role(i), HELD_OUT, "held out")
            for i, run in enumerate(runs)
            if self.held_out(run)
        ]
        curves += [(run, pieces_of(run), role(i), marker(i), "") for i, run in enumerate(runs)]
        floors = self.floors(runs)
        levels = [floor.y for floor in floors]
        x_limits = start, end if end > start else start + 1
        several = [pieces for _, pieces, *_ in curves]
        seen = [pieces.line[1] for pieces in several]
        width = window(options.smoothing, several, Chart([], x_limits, self.limits(log_y, seen, levels), log_y).up)
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
        return Chart(
            [*floors, *behind, *lines],
            x_limits,
            self.limits(log_y, seen, levels),
            log_y,
            marks=_marks(runs, along, start),
            whole_x=axis != "second",
            log_x=log_x,
            notes=notes + [f"smoothed ×{epochs_of(width, several)}"] * (width > 0),
        )

    def title(self, runs: Sequence[Record], options: Options) -> str:
        """`Loss by epoch, last half`."""
        return super().title(runs, replace(options, axis=axis_of(runs, options))) + _zoomed(options)

    def headed(self, what: str, runs: Sequence[Record], options: Options) -> str:
        """The same of one thing of several that a view may show: `acc by epoch, last half`."""
        return f"{printable(what)} by {AXES[axis_of(runs, options)]}{_zoomed(options)}"


def _zoomed(options: Options) -> str:
    return f", {options.zoom}" if options.zoom != "all" else ""


def axis_of(runs: Sequence[Record], options: Options) -> str:
    """Along which axis runs are drawn: by step where it isn't known of all which steps were an epoch."""
    return "step" if options.axis == "epoch" and not all(run.counts_epochs for run in runs) else options.axis


def _parent_of(run: Record, others: Sequence[Record]) -> Record | None:
    return next((each for each in others if each is not run and run.parent in (each.id, each.name)), None)


def _from_parent(line: Line, x: float, parent: Line) -> Line:
    """A branch's line, joined to its parent's where it branches off."""
    known, begun = np.isfinite(parent.y), line.x > x
    if not known.any():
        return line
    y = np.interp(x, parent.x[known], parent.y[known])
    return replace(line, x=np.concatenate([[x], line.x[begun]]), y=np.concatenate([[y], line.y[begun]]))


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
