"""A run's losses and metrics for TensorBoard, written by its own writer."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tui_trainer.escape import printable
from tui_trainer.export.tables import toml
from tui_trainer.runs import metrics
from tui_trainer.runs.metrics import Metrics
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


def tfevents(run: StoredRun) -> bytes:
    """Scalars loss, test_loss and lr by epoch, at the time of each, means where epochs share a row; settings as text.

    The metrics too, with test_ before the names of those on held-out samples.

    Of a script's run: what it logged, under its own names, by step; and what it said of itself as text.

    Raises InputError where the package tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise InputError(
            ".tfevents: needs the package tensorboard; install it with pip install 'tui-trainer[tensorboard]'"
        ) from None
    stored = metrics.read(run.folder)
    # The writer makes up its file's name itself.
    with tempfile.TemporaryDirectory() as folder:
        with SummaryWriter(folder) as writer:
            write = _write_epochs if run.own else _write_logged
            write(writer, run, stored)
        (file,) = Path(folder).iterdir()
        return file.read_bytes()


def _write_epochs(writer: "SummaryWriter", run: StoredRun, stored: Metrics) -> None:
    history, start = stored.history, run.info.started.timestamp()
    times = start + history.seconds_at(history.epochs)
    writer.add_text("experiment", f"```\n{toml(run).decode()}```", 0, start)
    if run.info.data and (columns := run.info.data.columns):
        writer.add_text("columns", f"```\n{columns} {columns.note}\n```", 0, start)
    writer.add_scalar("lr", run.experiment.lr, 0, walltime=start)
    for line in stored.changes:
        if line.setting == "lr":
            rate = SETTINGS["lr"].parse(line.new)
            writer.add_scalar("lr", rate, line.epoch, walltime=start + line.seconds)
    for name, losses in {"loss": history.losses, "test_loss": history.test_losses}.items():
        for row in np.flatnonzero(np.isfinite(losses)).tolist():
            writer.add_scalar(name, losses[row], int(history.epochs[row]), walltime=times[row])
    for epoch, training, held_out in history.measured:
        at = start + float(history.seconds_at(np.array(float(epoch))))
        both = {**training, **{f"test_{name}": value for name, value in held_out.items()}}
        for name, value in both.items():
            writer.add_scalar(printable(name), value, epoch, walltime=at)


def _write_logged(writer: "SummaryWriter", run: StoredRun, stored: Metrics) -> None:
    start = run.info.started.timestamp()
    if run.texts:
        writer.add_text("config", "\n".join(f"    {name} = {text}" for name, text in run.texts.items()), 0, start)
    for name, series in stored.logged.series.items():
        for mean, step, seconds in zip(series.values[0], series.steps, series.seconds, strict=True):
            if np.isfinite(mean):
                writer.add_scalar(printable(name), mean, int(step), walltime=start + seconds)
