"""A run's losses as a table, and its settings as an experiment file."""

import csv as csv_files
import io
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from tui_trainer.comparison import Comparison
from tui_trainer.runs import metrics
from tui_trainer.runs.metrics import Metrics
from tui_trainer.runs.shelf import KeptRun


def csv(run: KeptRun) -> bytes:
    """The columns epoch, loss and, where points are held out, test_loss; a cell is empty where there is no number."""
    text = io.StringIO()
    rows = list(_epochs(metrics.read(run.folder)))
    columns = ["epoch", "loss", *(["test_loss"] if any("test_loss" in row for row in rows) else [])]
    table = csv_files.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


def jsonl(run: KeptRun) -> bytes:
    """An object a line: `{"epoch": 1, "loss": 2.5}` for each epoch, and after it what was changed then."""
    told = metrics.read(run.folder)
    objects = [*_epochs(told), *_changes(told)]
    objects.sort(key=lambda fields: fields["epoch"])  # stable: an epoch comes before the changes after it
    return b"".join(msgspec.json.encode(fields) + b"\n" for fields in objects)


def toml(run: KeptRun) -> bytes:
    """The settings that the run was started with, for `--experiment`."""
    return Comparison.covering([run.experiment]).to_toml().encode()


def _epochs(told: Metrics) -> Iterator[dict[str, Any]]:
    """Each epoch's number and losses, None for one that is missing or no finite number."""
    history = told.history()
    losses = {"loss": history.losses}
    if any(line.test_losses for line in told.lines):
        losses["test_loss"] = history.test_losses
    names = ["epoch", *losses]
    for epoch, values in enumerate(zip(*losses.values(), strict=True), 1):
        yield dict(zip(names, (epoch, *(float(v) if np.isfinite(v) else None for v in values)), strict=True))


def _changes(told: Metrics) -> Iterator[dict[str, Any]]:
    """What was changed on the way: settings, and the mode that steps are run in."""
    for line in told.lines:
        at = {"epoch": line.epoch, "steps": line.steps}
        if line.setting:
            yield {**at, "setting": line.setting, "old": line.old, "new": line.new}
        if line.execution:
            yield {**at, "execution": line.execution}
