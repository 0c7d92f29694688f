"""A stored run's samples, had again from where they came, and known to be the same."""

import os
from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np

from tui_trainer.data.batches import Batches, Targets
from tui_trainer.data.samples import Samples, load_samples, with_absolute_path
from tui_trainer.data.scaling import unscaled
from tui_trainer.engine.state import State
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import as_path, code_reference
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS
from tui_trainer.tasks import task_of
from tui_trainer.tasks.task import Task
from tui_trainer.wording import quoted


def task_again(run: StoredRun, experiment: Experiment, state: State | None, train: bool = False) -> Task:
    """What a run learned, with its samples, by these settings of it; `state`: that of its last checkpoint.

    train: whether it is to train, for which a person's own code is run; else what is known without that has to do.
    Raises InputError where they can't be had, or are others than those that it was trained on.
    """
    if (code_reference(experiment.data) or experiment.step) and not train:
        return _known(run, experiment)
    check_there(run)
    samples = load_samples(of_samples(run, experiment))
    check_same(run, samples, state)
    return task_of(samples, experiment.step)


def _known(run: StoredRun, experiment: Experiment) -> Task:
    """The same without samples, by what was measured: its losses and metrics can be looked at."""
    info = run.info
    targets: Targets = "classes" if "accuracy" in info.metrics else "numbers" if "r2" in info.metrics else ""
    held_out = info.test_loss is not None or bool(info.test_metrics)
    batches = Batches(
        experiment.data, None, None, targets=targets, has_held_out=held_out, known=_fingerprint(run, None)
    )
    nothing = np.empty((0, 1))
    scaling = unscaled(nothing)
    samples = Samples(nothing, nothing, nothing, nothing, None, (), scaling, scaling, batches=batches)
    return task_of(samples, experiment.step)


def of_samples(run: StoredRun, experiment: Experiment) -> Experiment:
    """Settings of a run with the seed that made its samples: a branch with another one has its parent's."""
    seed = run.info.samples_seed
    return experiment if seed is None else msgspec.structs.replace(experiment, seed=seed)


def check_there(run: StoredRun) -> None:
    """Raises InputError where a run's file is gone, saying how to name another."""
    path = as_path(run.experiment.data)
    if path and not os.path.exists(path):
        raise InputError(
            f"{path}: no such file or directory; if it was moved, --data of resume and export says where to"
        )


def check_same(run: StoredRun, samples: Samples, state: State | None) -> None:
    """Raises InputError for other samples than those that the run was trained on, as far as those are known."""
    known = _fingerprint(run, state)
    if known and samples.fingerprint != known:
        raise InputError(f"{run.id}: its data has changed since it was trained; train it afresh")


def moved(run: StoredRun, text: str, report: Callable[[str], object]) -> StoredRun:
    """The run with its data where this setting says it is now; whoever resumes it keeps that.

    `report` is called where nothing is known of the samples to compare with. Raises InputError for samples
    that can't be had, or are others than the run's.
    """
    experiment = with_absolute_path(msgspec.structs.replace(run.experiment, data=SETTINGS["data"].parse(text)))
    if code_reference(experiment.data):  # whoever resumes it sees whether that gives the same
        return replace(run, own=experiment)
    samples, known = (
        load_samples(of_samples(run, experiment)),
        _fingerprint(run, None if run.info.data else last_state(run.folder)),
    )
    if not known:
        report(f"{run.id}: it was kept without a mark of its samples, so those in {quoted(text)} are taken unseen")
    elif samples.fingerprint != known:
        raise InputError(f"--data: {quoted(text)} holds other samples than those that {run.id} was trained on")
    return replace(run, own=experiment)


def _fingerprint(run: StoredRun, state: State | None) -> str:
    """That of the samples that the run was trained on, where it is known."""
    return run.info.data.fingerprint if run.info.data else state.facts.data if state else ""
