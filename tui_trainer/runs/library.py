"""The library of stored runs: found, labelled, deleted."""

import contextlib
import os
import re
import shutil
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from tui_trainer.runs.folder import DELETED, UNFINISHED, now, write_label
from tui_trainer.runs.lock import changing
from tui_trainer.runs.places import runs_folder
from tui_trainer.runs.stored_run import StoredRun, label_of, read_run, trains
from tui_trainer.sentence import InputError
from tui_trainer.wording import listed, quoted

DELETED_FOR = timedelta(days=7)


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
        write_label(run.folder, msgspec.structs.replace(label_of(run.folder), **changes))


def delete(run: StoredRun) -> None:
    """Take a run out of the library, for `undelete` to bring back.

    Raises InputError for one that trains, or is gone; OSError.
    """
    with changing(run.folder.parent):
        _check_there(run)
        if trains(run.folder, run.info):
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
