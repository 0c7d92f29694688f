"""The two charts of training: how the runs fit, and how their losses fall."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tui_trainer.charts.chart import Chart, Limits, Mark, Series
from tui_trainer.charts.looks import figure, marker, role
from tui_trainer.data.facts import Columns
from tui_trainer.data.points import Data
from tui_trainer.data.span import LARGEST, SMALLEST, widened
from tui_trainer.engine.status import Status
from tui_trainer.runs.outline import Outline
from tui_trainer.runs.record import Record

Array = NDArray[np.float64]
DATA_MARKER, TEST_MARKER = "braille", "○"


def learned(records: Sequence[Record]) -> list[Columns]:
    """The columns that are learned from, each pair once; of a formula there are none."""
    return list({r.data.columns.words: r.data.columns for r in records if r.data.columns}.values())


def fit_title(records: Sequence[Record]) -> str:
    """`Fit of height by time`."""
    columns = learned(records)
    return f"Fit of {', '.join(dict.fromkeys(map(str, columns)))}" if columns else "Fit"


def fit_chart(records: Sequence[Record], ghosts: Sequence[Record] = ()) -> Chart:
    """The points, held-out points, each run's curve, and faintly the curves of the runs before."""
    data = _different_data(records)
    dots = [Series(*d.sketch, "data", DATA_MARKER) for d in data]
    dots += [Series(*d.test_sketch, "test", TEST_MARKER) for d in data]
    lines = [Series(*ghost.curve, "ghost") for ghost in ghosts if ghost.curve]
    lines += [Series(*r.curve, role(i), marker(i)) for i, r in enumerate(records) if r.curve]
    x, y = (np.concatenate(parts) for parts in zip(*(s for d in data for s in (d.sketch, d.test_sketch)), strict=True))
    low, high = _limits(y, 0.05)
    # Untrained nets may lie beside the points, and the first picture should show them.
    starts = [r.curve[1] for r in records if r.curve and r.status is Status.READY]
    reach = np.clip(np.concatenate([[low, high], *starts]), *widened(low, high, 0.5))
    return Chart(lines, _limits(x, 0.0), (float(np.nanmin(reach)), float(np.nanmax(reach))), dots)


# What a loss may be drawn along: the name of the axis, and where epochs, of any shape, lie on it.
AXES: Mapping[str, Callable[[Record, Array], Array]] = {
    "epoch": lambda record, epochs: epochs,
    "step": lambda record, epochs: epochs * math.ceil(len(record.data.x) / record.experiment.batch_size),
    "second": lambda record, epochs: record.history.seconds_at(epochs),
}


def loss_chart(
    records: Sequence[Record],
    ghosts: Sequence[Record] = (),
    log_y: bool = True,
    smooth: bool = False,
    axis: str = "epoch",
) -> Chart | None:
    """Each run's loss by epoch or along another of AXES, held-out loss, marks and floor. None before there is a loss.

    The floor is the least-squares line's loss; there is one for mse, and for one set of points.
    """
    longest = max((len(r.history) for r in records), default=0)
    if not longest:
        return None
    along = AXES[axis]

    def line(record: Record, losses: Outline, role: str, sign: str) -> Series:
        epochs, values = losses.smooth if smooth else losses.line
        return Series(along(record, epochs), values, role, sign)

    lines = [line(ghost, ghost.history.outline(longest), "ghost", "") for ghost in ghosts]
    for i, record in enumerate(records):
        if len(record.data.x_test):
            lines.append(line(record, record.history.test_outline(longest), role(i), TEST_MARKER))
    lines += [line(r, r.history.outline(longest), role(i), marker(i)) for i, r in enumerate(records)]
    floor = common_floor(records)
    shown = np.concatenate([s.y for s in lines if s.role != "ghost"] + ([np.array([floor])] if floor else []))
    shown = shown[np.isfinite(shown) & ((shown > 0) | (not log_y))]
    ends = np.array([along(r, np.array([1.0, len(r.history)])) for r in records if len(r.history)])
    start, end = float(ends[:, 0].min()), float(ends[:, 1].max())
    return Chart(
        lines,
        x_limits=(start, end if end > start else start + 1),
        y_limits=_log_limits(shown) if log_y else _linear_loss_limits(shown),
        log_y=log_y,
        floor=floor,
        marks=_marks(records, along, start),
        whole_x=axis != "second",
    )


def common_floor(records: Sequence[Record]) -> float | None:
    """The least-squares loss, where all runs have the same points and mean squared error, and it is a number."""
    data = _different_data(records)
    alike = len(data) == 1 and all(r.experiment.loss == "mse" for r in records)
    return data[0].floor if alike and math.isfinite(data[0].floor) else None


def legend_of(chart: Chart) -> list[tuple[str, str]]:
    """What a chart of runs shows beside them: each sign with its word, and the role that gives it its colour."""
    legend = []
    if any(len(dots.x) and dots.role == "test" for dots in chart.dots):
        legend.append((f"{TEST_MARKER} held out", "test"))
    elif any(line.marker == TEST_MARKER for line in chart.lines):
        legend.append((f"{TEST_MARKER} held out", "axis"))  # in the colour of each run
    if any(line.role == "ghost" for line in chart.lines):
        legend.append(("─ runs before", "ghost"))
    if chart.floor is not None:
        legend.append((f"┈ best line {figure(chart.floor)}", "floor"))
    if chart.zero_at_foot:
        legend.append(("0 at the foot", "axis"))
    return legend


def _marks(records: Sequence[Record], along: Callable[[Record, Array], Array], start: float) -> list[Mark]:
    """What was changed on the way: once, where several runs took it up an epoch apart.

    start: where the chart begins, and where what was changed within the first epoch is marked.
    """
    told = sorted(((mark, r) for r in records for mark in r.history.marks), key=lambda told: told[0].epoch)
    marks: list[Mark] = []
    last = None
    for mark, record in told:
        if last is None or last.text != mark.text or mark.epoch > last.epoch + 1:
            marks.append(Mark(max(float(along(record, np.array(float(mark.epoch)))), start), mark.text))
            last = mark
    return marks


def _different_data(records: Sequence[Record]) -> list[Data]:
    return list({id(r.data): r.data for r in records}.values())


def _limits(values: Array, margin: float) -> Limits:
    return widened(float(values.min()), float(values.max()), margin)


def _log_limits(values: Array) -> Limits:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 10.0)
    return max(low / 1.15, SMALLEST), min(max(high * 1.15, low * 1.5), LARGEST)


def _linear_loss_limits(values: Array) -> Limits:
    """From 0 to what all but the first wild epochs reach."""
    high = float(np.quantile(values, 0.98)) if len(values) else 1.0
    return 0.0, min((high or 1.0) * 1.1, LARGEST)
