"""A run's losses and metrics as a table, and its settings as an experiment file."""

import csv as csv_files
import heapq
import io
import math
from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tui_trainer.comparison import Comparison
from tui_trainer.escape import printable
from tui_trainer.runs import metrics
from tui_trainer.runs.history import History, Measured
from tui_trainer.runs.logged import Logged
from tui_trainer.runs.metrics import Metrics
from tui_trainer.runs.stored_run import StoredRun

LOGGED = {"first_step": "first", "step": "steps", "epoch": "epoch", "seconds": "seconds"}
SPREAD, SPREAD_TEST = ("lowest", "highest"), ("lowest_test", "highest_test")


def csv(run: StoredRun) -> bytes:
    """The columns epoch, loss and, where samples are held out, test_loss; a cell is empty where there is no number.

    After these a column for each metric, and with test_ before its name that of the held-out samples, which have
    numbers in the rows of the epochs that were measured.

    Of a run so long that epochs share a row also span, lowest and highest: epoch is then the last of so many, loss
    the mean of theirs. See `downsampling`.

    Of a script's run: first_step and step, epoch, seconds, and for each name that was logged its mean over these steps.
    """
    stored, text = metrics.read(run.folder), io.StringIO()
    columns = _columns(stored) | _metric_columns(stored.history) if run.own else _logged_columns(stored.logged)
    table = csv_files.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def jsonl(run: StoredRun) -> bytes:
    """An object a line: `{"epoch": 1, "loss": 2.5}` for each row, with its metrics, and after it what was changed."""
    stored = metrics.read(run.folder)
    rows, order = (_rows(stored), "epoch") if run.own else (_logged_rows(stored.logged), "steps")
    in_order = heapq.merge(rows, _changes(stored), key=lambda fields: fields[order])
    return b"".join(msgspec.json.encode(fields) + b"\n" for fields in in_order)


def toml(run: StoredRun) -> bytes:
    """The settings that the run was started with, for `--experiment`."""
    return Comparison.covering([run.experiment]).to_toml().encode()


def _logged_rows(logged: Logged) -> Iterator[dict[str, Any]]:
    """An object for each row of what a script logged: mean, lowest and highest of each name; none has what is missing.

    `{"steps": 40, "first": 31, "epoch": 1, "seconds": 2.5, "values": {"loss": [0.3, 0.2, 0.4]}}`
    """
    rows: dict[tuple[int, float], dict[str, Any]] = {}  # at one step there may be several, as time goes on
    for name, series in logged.series.items():
        for place, step in enumerate(series.steps.astype(np.int64).tolist()):
            row = rows.setdefault((step, float(series.seconds[place])), {"steps": step})
            row["first"] = int(series.first[place])
            row["epoch"], row["seconds"] = int(series.epochs[place]), float(series.seconds[place])
            row.setdefault("values", {})[printable(name)] = _cells(series.values[:, place])
    return iter([row for _, row in sorted(rows.items())])


def _logged_columns(logged: Logged) -> dict[str, list[Any]]:
    """A cell of each name for every such row: its mean."""
    rows = [*_logged_rows(logged)]
    columns = {title: [row[key] for row in rows] for title, key in LOGGED.items()}
    for name in map(printable, logged.series):
        title = f"logged_{name}" if name in LOGGED else name
        columns[title] = [row["values"].get(name, [None])[0] for row in rows]
    return columns


def _columns(stored: Metrics) -> dict[str, list[Any]]:
    """A cell of each for every row of losses, None for one that is missing or no finite number."""
    history = stored.history
    ends = history.epochs.astype(np.int64)
    losses = dict(zip(chain.from_iterable(metrics.PARTS), history.table, strict=True))
    columns = {"epoch": ends.tolist(), "loss": _cells(losses["losses"])}
    if stored.held_out:
        columns["test_loss"] = _cells(losses["test_losses"])
    if len(history) > len(ends):
        columns["span"] = np.diff(ends, prepend=0).tolist()
        names = [*SPREAD, *SPREAD_TEST] if stored.held_out else SPREAD
        columns |= {name: _cells(losses[name]) for name in names}
    return columns


def _cells(values: NDArray[np.float64]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _metric_columns(history: History) -> dict[str, list[Any]]:
    """A cell of each metric for every row."""
    columns: dict[str, list[Any]] = {}
    for row, measured in _by_row(history).items():
        for name in dict.fromkeys([*measured.metrics, *measured.test_metrics]):
            for prefix, values in (("", measured.metrics), ("test_", measured.test_metrics)):
                if name in values:
                    columns.setdefault(prefix + printable(name), [None] * len(history.epochs))[row] = values[name]
    return columns


def _by_row(history: History) -> dict[int, Measured]:
    """What was measured, by the row of its epoch: of several in a row the last."""
    rows = [(int(np.searchsorted(history.epochs, each.epoch)), each) for each in history.measured]
    return {row: each for row, each in rows if row < len(history.epochs)}


def _rows(stored: Metrics) -> Iterator[dict[str, Any]]:
    """An object for each row of losses; one of a single epoch needs no more than its loss."""
    columns = _columns(stored)
    single = [name for name in columns if name in ("epoch", "loss", "test_loss")]
    measured = _by_row(stored.history)
    for place, row in enumerate(zip(*columns.values(), strict=True)):
        fields = dict(zip(columns, row, strict=True))
        metrics = measured[place].by_name if place in measured else {}
        yield ({name: fields[name] for name in single} if fields.get("span", 1) == 1 else fields) | metrics


def _changes(stored: Metrics) -> Iterator[dict[str, Any]]:
    """What was changed on the way: settings, and the mode that steps are run in."""
    for line in stored.changes:
        at = {"epoch": line.epoch, "steps": line.steps}
        if line.setting:
            yield {**at, "setting": line.setting, "old": line.old, "new": line.new}
        if line.execution:
            yield {**at, "execution": line.execution}
