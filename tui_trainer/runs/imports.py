"""Runs of other programs, brought into the list to be looked at: TensorBoard's, and those of Lightning's CSVLogger.

They are copied, as runs of scripts, and marked as imported; brought in again, they are written anew.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.files import reason, write_whole
from tui_trainer.runs import import_csv, import_tensorboard, metrics
from tui_trainer.runs.config import plain_config, write_config
from tui_trainer.runs.folder import Info, new_script_folder, now, usable_runs_folder, write_info
from tui_trainer.runs.foreign import Read, lines_of
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.measures import measure
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.wording import count

MOST_FOLDERS = 10_000
MOST_BESIDE = 200
READERS = import_csv, import_tensorboard
BESIDE = "runs", "lightning_logs", "tb_logs", "logs"  # where their writers write, if they get no other


def import_runs(folder: Path, report: Callable[[str], object]) -> list[str]:
    """Bring in all that is found in a folder and those in it. Returns what the runs are called.

    What can't be read is reported in a line, and left out. Raises InputError where there is nothing of the kind, or
    runs can't be kept.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no folder; give one with files of TensorBoard or of Lightning's CSVLogger")
    usable_runs_folder()
    known = {run.info.imported: run for run in all_runs()[0] if run.info.imported}
    names: list[str] = []
    found = False
    for place in _folders(folder):
        reader = _reader(place)
        if not reader:
            continue
        found = True
        try:
            names.append(_bring_in(place, folder, reader.read(place, report), known.get(_source(place))))
        except (InputError, OSError) as error:
            report(f"{place}: {reason(error) if isinstance(error, OSError) else error}; not imported")
    if not found:
        raise InputError(f"{folder}: no events.out.tfevents file and no metrics.csv in it; give another folder")
    return names


def beside(kept: Iterable[StoredRun]) -> str:
    """Where the working directory has runs of other programs that are not brought in yet: how to, in a line."""
    known = {run.info.imported for run in kept}
    found = {
        name: sum(
            _source(place) not in known and _reader(place) is not None for place in _folders(Path(name), MOST_BESIDE)
        )
        for name in BESIDE
    }
    return "; ".join(
        f"tui-trainer runs --import {name} brings in {count(runs, 'run')} of TensorBoard or CSVLogger"
        for name, runs in found.items()
        if runs
    )


def _reader(place: Path) -> Any:
    """The module that reads what is in a folder, where there is one."""
    try:
        return next((each for each in READERS if each.fits(place)), None)
    except OSError:  # one that can be listed, and not entered
        return None


def _folders(folder: Path, most: int = MOST_FOLDERS) -> Iterator[Path]:
    """It and those in it, in their order."""
    for number, (place, inner, _) in enumerate(os.walk(folder.absolute())):
        if number >= most:
            return
        inner.sort()
        yield Path(place)


def _source(place: Path) -> str:
    """What a run says of where it was imported from."""
    return printable(str(place))


def _bring_in(place: Path, base: Path, read: Read, before: StoredRun | None) -> str:
    """Write a run's folder, or that of before anew. Raises InputError, OSError."""
    lines = [*lines_of(read)]
    if not lines:
        raise InputError("no numbers were logged there")
    name = str(place.relative_to(base.absolute())) if place != base.absolute() else place.name
    last = {name: numbers[-1].value for name, numbers in read.logged.items() if np.isfinite(numbers[-1].value)}
    losses = measure("loss", read.logged)
    finite = [each.value for each in read.logged.get(losses.training, []) if np.isfinite(each.value)]
    began = read.began or now()
    info = Info(name=printable(name), group=printable(str(base)), status=Status.COMPLETED, started=began, updated=now())
    info.script = info.imported = _source(place)
    info.steps, info.epoch, info.seconds = lines[-1].steps, max(line.epoch for line in lines), lines[-1].seconds
    info.metrics, info.loss, info.best = last, last.get(losses.training), min(finite, default=None)
    config = plain_config(read.config)
    folder = before.folder if before else new_script_folder(info, config)
    write_whole(folder / metrics.NAME, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    write_config(folder, config)
    write_info(folder, info)
    return folder.name
