"""The library of stored runs: found, read, labelled, deleted."""

import contextlib
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
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
from tui_trainer.runs.folder import (
    DELETED,
    INFO,
    LABEL,
    MAX_BYTES,
    UNFINISHED,
    Info,
    Label,
    now,
    read_experiment,
    write_label,
)
from tui_trainer.runs.lock import changing, is_locked
from tui_trainer.runs.measures import measure, measures
from tui_trainer.runs.places import runs_folder
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS, listed, own_setting, quoted

DELETED_FOR = timedelta(days=7)


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
        settings = {name: SETTINGS.get(name) or own_setting(name, value) for name, value in self.settings.items()}
        return {name: printable(setting.show(self.settings[name])) for name, setting in settings.items()}

    @cached_property
    def measured(self) -> Mapping[str, float]:
        """Its metrics, on the held-out samples where there are some, else on those of training.

        Of a script's run those are the last numbers under its own names and, where it can be told, under ours.
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
    live = (info.status.trains and locked) or _trains(folder, info)
    return StoredRun(folder, info, _label(folder), own, live, config)


def _trains(folder: Path, info: Info) -> bool:
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


def _label(folder: Path) -> Label:
    try:
        return msgspec.json.decode(read_text(folder / LABEL, MAX_BYTES), type=Label)
    except (InputError, OSError, msgspec.MsgspecError):
        return Label()


def all_runs() -> tuple[list[StoredRun], list[str]]:
    """Every run that is kept, the newest first; and a line about each folder that can't be read."""
    runs, troubles = [], []
    try:
        entries = [entry for entry in os.scandir(runs_folder()) if not entry.name.startswith(".")]
    except OSError:
        entries = []
    for entry in entries:
        if not entry.is_dir(follow_symlinks=False):
            continue
        try:
            runs.append(read_run(Path(entry.path)))
        except InputError as error:
            troubles.append(str(error))
    return sorted(runs, key=lambda run: (run.info.started, run.folder.name), reverse=True), troubles


def find(text: str) -> StoredRun:
    """The run with this id or name, or the newest whose id begins like this. Raises InputError.

    Runs are compared with the text, and no path is made of it.
    """
    runs, _ = all_runs()
    for fits in (
        lambda run: run.folder.name == text,
        lambda run: bool(text) and text in (run.label.name, run.info.name),
        lambda run: bool(text) and run.folder.name.startswith(text),
    ):
        if found := [run for run in runs if fits(run)]:
            return found[0]
    there_are = f"there are {listed(run.id for run in runs)}" if runs else "none is kept yet"
    raise InputError(f"run {quoted(text)} is unknown; {there_are}")


def to_resume() -> list[StoredRun]:
    """The unfinished runs of the last time that there were some: those that were started together."""
    runs, _ = all_runs()
    last = next((run for run in runs if run.unfinished), None)
    return unfinished_with(last, runs) if last else []


def unfinished_with(run: StoredRun, runs: Sequence[StoredRun]) -> list[StoredRun]:
    """Of these runs, newest first: this one and the other unfinished ones that were started with it, oldest first."""
    together = [other for other in runs if other.unfinished and other.info.group == run.info.group]
    # A copy of a folder has the same name: one of the two.
    return list(({other.info.name: other for other in together[::-1]} | {run.info.name: run}).values())


def relabel(run: StoredRun, **changes: object) -> None:
    """Change a run's name, note or pin, and leave the rest as it is by now, whatever `run` knew of it.

    Raises InputError for a run that is gone, OSError.
    """
    with changing(run.folder.parent):
        _check_there(run)
        write_label(run.folder, msgspec.structs.replace(_label(run.folder), **changes))


def delete(run: StoredRun) -> None:
    """Take a run out of the library, for `undelete` to bring back.

    Raises InputError for one that trains, or is gone; OSError.
    """
    with changing(run.folder.parent):
        _check_there(run)
        if _trains(run.folder, run.info):
            raise InputError(f"{run.id}: it is training; stop it first")
        place = place_in_bin(run)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        run.folder.rename(place)
        os.utime(place)  # since when it lies there: see `sweep`


def undelete(run: StoredRun) -> None:
    """Bring back a run that was deleted. Raises InputError for one that is gone for good, OSError."""
    with changing(run.folder.parent):
        if not place_in_bin(run).is_dir():
            raise InputError(f"{run.id}: it was removed for good")
        place_in_bin(run).rename(run.folder)


def place_in_bin(run: StoredRun) -> Path:
    """Where the run's folder lies while it is deleted and can be brought back."""
    return run.folder.parent / DELETED / run.folder.name


def _check_there(run: StoredRun) -> None:
    if not run.folder.is_dir():
        raise InputError(f"{run.id}: it is not there any more")


def sweep(deleted_for: timedelta = DELETED_FOR) -> None:
    """Remove what was deleted so long ago, and what killed processes left half made. Raises InputError, OSError.

    Whoever makes a run's folder keeps others out meanwhile: what is found half made is left by the dead.
    """
    runs, bin, latest = runs_folder(), runs_folder() / DELETED, time.time() - deleted_for.total_seconds()
    if not runs.exists():
        return
    with changing(runs) as alone:
        old = [] if bin.is_symlink() else [folder for folder in bin.glob("*") if folder.lstat().st_mtime <= latest]
        for folder in (*old, *(runs.glob(f"{UNFINISHED}*") if alone else ())):
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            bin.rmdir()  # where nothing is left in it


def outdated(keep: int | None, older_than: timedelta | None) -> list[StoredRun]:
    """The runs that neither are among the newest `keep` nor younger than that, and neither pinned nor training.

    Pinned runs and those that train don't count among the newest.
    """
    loose = [run for run in all_runs()[0] if not run.label.pinned and not run.live]
    late = set() if keep is None else {run.folder for run in loose[keep:]}
    old = set() if older_than is None else {run.folder for run in loose if now() - run.info.updated > older_than}
    return [run for run in loose if run.folder in late | old]


def prune(runs: Sequence[StoredRun]) -> None:
    """Remove runs for good, and all that was deleted or left half made. Raises InputError, OSError."""
    for run in runs:
        delete(run)
    sweep(timedelta(0))


def age(text: str) -> timedelta:
    """Read `30d`, `12h`, `45m` or `2w`. Raises InputError."""
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text)
    if not match:
        raise InputError(f"--older-than: {quoted(text)} is no age; write 45m, 12h, 30d or 4w")
    unit = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[match[2]]
    return timedelta(**{unit: int(match[1])})
