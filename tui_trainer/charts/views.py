"""The two charts of training: how the runs fit, and how their losses fall."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tui_trainer.charts.chart import Chart, Limits, Mark, Series
from tui_trainer.charts.looks import marker, role
from tui_trainer.data.points import Data
from tui_trainer.runs.outline import Outline
from tui_trainer.runs.record import Record

Array = NDArray[np.float64]
DATA_MARKER, TEST_MARKER = "braille", "○"


def fit_chart(records: Sequence[Record], ghosts: Sequence[Record] = ()) -> Chart:
    """The points, held-out points, each run's curve, and faintly the curves of the runs before."""
    data = _different_data(records)
    dots = [Series(d.x, d.y, "data", DATA_MARKER) for d in data]
    dots += [Series(d.x_test, d.y_test, "test", TEST_MARKER) for d in data]
    lines = [Series(*ghost.curve, "ghost") for ghost in ghosts if ghost.curve]
    lines += [Series(*r.curve, role(i), marker(i)) for i, r in enumerate(records) if r.curve]
    x = np.concatenate([part for d in data for part in (d.x, d.x_test)])
    y = np.concatenate([part for d in data for part in (d.y, d.y_test)])
    low, high = _limits(y, 0.05)
    # Untrained nets may lie beside the points, and the first picture should show them.
    starts = [r.curve[1] for r in records if r.curve and r.status == "ready"]
    reach = np.clip(np.concatenate([[low, high], *starts]), low - (high - low) / 2, high + (high - low) / 2)
    return Chart(lines, _limits(x, 0.0), (float(np.nanmin(reach)), float(np.nanmax(reach))), dots)


def loss_chart(
    records: Sequence[Record], ghosts: Sequence[Record] = (), log_y: bool = True, smooth: bool = False
) -> Chart | None:
    """Each run's loss by epoch, held-out loss, marks and floor. None before there is a loss.

    The floor is the least-squares line's loss; there is one for mse, and for one set of points.
    """
    longest = max((len(r.history) for r in records), default=0)
    if not longest:
        return None
    lines = [_by_epoch(ghost.history.outline(longest), "ghost", "", smooth) for ghost in ghosts]
    for i, record in enumerate(records):
        if len(record.data.x_test):
            lines.append(_by_epoch(record.history.test_outline(longest), role(i), TEST_MARKER, smooth))
    lines += [_by_epoch(r.history.outline(longest), role(i), marker(i), smooth) for i, r in enumerate(records)]
    floor = common_floor(records)
    shown = np.concatenate([s.y for s in lines if s.role != "ghost"] + ([np.array([floor])] if floor else []))
    shown = shown[np.isfinite(shown) & ((shown > 0) | (not log_y))]
    return Chart(
        lines,
        x_limits=(1, max(2, longest)),
        y_limits=_log_limits(shown) if log_y else _linear_loss_limits(shown),
        log_y=log_y,
        floor=floor,
        marks=_marks(records),
        whole_x=True,
    )


def common_floor(records: Sequence[Record]) -> float | None:
    """The least-squares loss, where all runs have the same points and mean squared error."""
    data = _different_data(records)
    alike = len(data) == 1 and all(r.experiment.loss == "mse" for r in records)
    return data[0].floor if alike else None


def _marks(records: Sequence[Record]) -> list[Mark]:
    """What was changed on the way: once, where several runs took it up an epoch apart."""
    marks: list[Mark] = []
    for mark in sorted((mark for r in records for mark in r.history.marks), key=lambda mark: mark.epoch):
        if not marks or marks[-1].text != mark.text or mark.epoch > marks[-1].x + 1:
            marks.append(Mark(mark.epoch, mark.text))
    return marks


def _by_epoch(losses: Outline, role: str, sign: str, smooth: bool) -> Series:
    return Series(*(losses.smooth if smooth else losses.line), role, sign)


def _different_data(records: Sequence[Record]) -> list[Data]:
    return list({id(r.data): r.data for r in records}.values())


def _limits(values: Array, margin: float) -> Limits:
    low, high = float(values.min()), float(values.max())
    pad = (high - low) * margin or (0.0 if high > low else max(abs(high), 1.0) * 0.5)
    return low - pad, high + pad


def _log_limits(values: Array) -> Limits:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 10.0)
    return low / 1.15, max(high * 1.15, low * 1.5)


def _linear_loss_limits(values: Array) -> Limits:
    """From 0 to what all but the first wild epochs reach."""
    high = float(np.quantile(values, 0.98)) if len(values) else 1.0
    return 0.0, (high or 1.0) * 1.1
