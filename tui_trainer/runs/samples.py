"""A kept run's points, had again from where they came, and known to be the same."""

import os
from collections.abc import Callable
from dataclasses import replace

import msgspec

from tui_trainer.data.points import Data, anchored, load_data
from tui_trainer.engine.state import State
from tui_trainer.experiment import Experiment, InputError, as_path
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.shelf import KeptRun
from tui_trainer.settings import SETTINGS, quoted


def samples(run: KeptRun, experiment: Experiment, state: State | None) -> Data:
    """The points of a run, by these settings of it; `state`: that of its last checkpoint.

    Raises InputError where they can't be had, or are others than those that it was trained on.
    """
    check_there(run)
    data = load_data(experiment)
    check_same(run, data, state)
    return data


def check_there(run: KeptRun) -> None:
    """Raises InputError where a run's file is gone, saying how to name another."""
    path = as_path(run.experiment.data)
    if path and not os.path.exists(path):
        raise InputError(
            f"{path}: no such file or directory; if it was moved, --data of resume and export says where to"
        )


def check_same(run: KeptRun, data: Data, state: State | None) -> None:
    """Raises InputError for other points than those that the run was trained on, as far as those are known."""
    known = _fingerprint(run, state)
    if known and data.fingerprint != known:
        raise InputError(f"{run.id}: its data has changed since it was trained; train it afresh")


def moved(run: KeptRun, text: str, tell: Callable[[str], object]) -> KeptRun:
    """The run with its data where this setting says it is now; whoever resumes it keeps that.

    `tell` is told where nothing is known of the points to compare with. Raises InputError for points
    that can't be had, or are others than the run's.
    """
    experiment = anchored(msgspec.structs.replace(run.experiment, data=SETTINGS["data"].parse(text)))
    data, known = load_data(experiment), _fingerprint(run, None if run.info.data else last_state(run.folder))
    if not known:
        tell(f"{run.id}: it was kept without a mark of its points, so those in {quoted(text)} are taken unseen")
    elif data.fingerprint != known:
        raise InputError(f"--data: {quoted(text)} holds other points than those that {run.id} was trained on")
    return replace(run, experiment=experiment)


def _fingerprint(run: KeptRun, state: State | None) -> str:
    """That of the points that the run was trained on, where it is known."""
    return run.info.data.fingerprint if run.info.data else state.facts.data if state else ""
