"""One stored run, as its folder tells it."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from tui_trainer.catalog import METRICS
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.experiment import Experiment
from tui_trainer.files import read_text
from tui_trainer.runs import metrics
from tui_trainer.runs.config import read_config
from tui_trainer.runs.folder import INFO, LABEL, MAX_BYTES, Info, Label, read_experiment
from tui_trainer.runs.lock import is_locked
from tui_trainer.runs.measures import measure, measures
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS, setting_like


@dataclass(frozen=True)
class StoredRun:
    """One run as its folder tells it at the moment of reading.

    own: what it was started with, None for a script's run, which has what the script said of itself: config.
    """

    folder: Path
    info: Info
    label: Label
    own: Experiment | None
    live: bool
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def experiment(self) -> Experiment:
        """What it was started with. Raises InputError for a script's run, of which only the script has more."""
        if self.own is None:
            raise InputError(f"{self.id}: {self.beyond}")
        return self.own

    @property
    def beyond(self) -> str:
        """Why a script's run can't be trained, asked or written as a script from here; empty for one of ours."""
        if self.own is not None:
            return ""
        if self.info.imported:
            return f"imported from {self.info.imported} to be looked at: its model and its data are not here"
        return f"its model and its data are in {Path(self.info.script).name}, where run.resume() goes on with it"

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The plain values of what it was started with, by their names, of either kind."""
        return self.config if self.own is None else self.own.values

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The same as texts that can be shown: a data file may be called anything."""
        if self.own is None:
            return {name: printable(as_text(value)) for name, value in self.config.items()}
        settings = {name: SETTINGS.get(name) or setting_like(name, [value]) for name, value in self.settings.items()}
        return {name: printable(setting.show(self.settings[name])) for name, setting in settings.items()}

    @cached_property
    def measured(self) -> Mapping[str, float]:
        """Its metrics, on the held-out samples where there are some, else on those of training.

        Of a script's run those are the last numbers under its own names and, where that is known, under ours.
        """
        metrics = self.info.test_metrics or self.info.metrics
        if self.own is not None:
            return metrics
        ours = {one.metric: one.names[-1] for one in measures(metrics)}
        return {name: metrics[ours[name]] for name in METRICS if name in ours} | metrics

    @property
    def id(self) -> str:
        return printable(self.folder.name)

    @property
    def name(self) -> str:
        return printable(self.label.name or self.info.name)

    @property
    def status(self) -> Status:
        """As it was left; interrupted where its process ended without a word."""
        lost = self.info.status.trains and not self.live
        return Status.INTERRUPTED if lost else self.info.status

    @property
    def unfinished(self) -> bool:
        """Whether there is something to resume."""
        return self.own is not None and not self.live and self.status.unfinished

    @cached_property
    def size(self) -> int:
        """Bytes on the disk."""
        total = 0
        for folder, _, files in os.walk(self.folder):
            for name in files:
                with contextlib.suppress(OSError):  # it may be replaced at this moment
                    total += os.lstat(os.path.join(folder, name)).st_size
        return total


def as_text(value: object) -> str:
    """A plain value as it is shown: what is in a list with commas, as a flag would have it."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def read_run(folder: Path) -> StoredRun:
    """Read a run's folder. Raises InputError for one that is no run's, or spoiled."""
    locked = is_locked(folder)
    try:
        text = read_text(folder / INFO, MAX_BYTES)
        info = msgspec.json.decode(text, type=Info)
        own, config = (None, read_config(folder)) if info.script else (read_experiment(folder), {})
    except (msgspec.MsgspecError, OSError) as error:
        raise InputError(f"{folder / INFO}: {error}; this run can't be read") from None
    # A spoiled file may say anything, and this is shown.
    info.name, info.host = printable(info.name), printable(info.host)
    info.parent = printable(info.parent)
    info.device, info.execution = printable(info.device), printable(info.execution)
    info.script, info.imported = printable(info.script), printable(info.imported)
    info.metrics = {printable(name): value for name, value in info.metrics.items()}
    if info.script:
        _catch_up_with_script(folder, info)
    elif info.status.trains:
        _catch_up(folder, info)
    elif info.final_loss is None and "final_loss" not in msgspec.json.decode(text, type=dict[str, msgspec.Raw]):
        _tell_apart(folder, info)
    # It may have ended, or begun, while it was read: one that trained just now is not interrupted.
    live = (info.status.trains and locked) or trains(folder, info)
    return StoredRun(folder, info, label_of(folder), own, live, config)


def trains(folder: Path, info: Info) -> bool:
    """Whether a process writes the run; where there are no locks to ask, as the run says itself."""
    locked = is_locked(folder)
    return info.status.trains if locked is None else locked


def _catch_up(folder: Path, info: Info) -> None:
    """Metrics are written more often than run.json: they know more of a run that trains, and of one that was killed."""
    line = metrics.last_losses(folder)
    if line and line.epoch > info.epoch:
        info.epoch, info.steps, info.seconds = line.epoch, line.steps, line.seconds
        info.loss, info.test_loss = line.losses[-1], (line.test_losses or [None])[-1]
        info.best, info.best_epoch = line.best, line.best_epoch
        if line.metrics:
            info.metrics, info.test_metrics = line.metrics, line.test_metrics
        if line.best is None:  # earlier versions' lines did not tell it
            with contextlib.suppress(OSError):
                info.best, info.best_epoch = metrics.read(folder).history.best


def _catch_up_with_script(folder: Path, info: Info) -> None:
    """The same of a script's run; and its losses, where they are called otherwise than ours."""
    line = metrics.last_logged(folder) if info.status.trains else None
    if line and line.steps > info.steps:
        info.epoch, info.steps, info.seconds = max(info.epoch, line.epoch), line.steps, line.seconds
        means = {printable(name): mean for name, (mean, *_) in line.values.items() if mean is not None}
        info.metrics |= means
        info.loss = means.get("loss", info.loss)
    losses = measure("loss", info.metrics)
    info.loss = info.metrics.get(losses.training) if info.loss is None else info.loss
    info.test_loss = info.metrics.get(losses.held_out) if info.test_loss is None else info.test_loss


def _tell_apart(folder: Path, info: Info) -> None:
    """Earlier versions put the final losses, once a run had ended, where those of the last epoch stand now."""
    info.final_loss, info.final_test_loss = info.loss, info.test_loss
    line = metrics.last_losses(folder)
    info.loss = line.losses[-1] if line else None
    info.test_loss = line.test_losses[-1] if line and line.test_losses else None


def label_of(folder: Path) -> Label:
    """What a person has said of a run; nothing where that is spoiled or missing."""
    try:
        return msgspec.json.decode(read_text(folder / LABEL, MAX_BYTES), type=Label)
    except (InputError, OSError, msgspec.MsgspecError):
        return Label()
