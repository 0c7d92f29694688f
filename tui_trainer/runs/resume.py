"""Runs resumed where they were left, from their folders."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from tui_trainer.comparison import Comparison
from tui_trainer.engine import edits
from tui_trainer.engine.devices import describe
from tui_trainer.engine.events import SettingChanged
from tui_trainer.engine.intervals import USUAL, Intervals
from tui_trainer.engine.requests import Change
from tui_trainer.engine.snapshots import Snapshots
from tui_trainer.engine.state import STEP, State, put_state
from tui_trainer.engine.step import RATE_FACTOR
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.engine.world import ALONE, World
from tui_trainer.experiment import Experiment
from tui_trainer.files import reason
from tui_trainer.own_settings import placed_like
from tui_trainer.runs import checkpoint, kept_past, metrics
from tui_trainer.runs.checkpoint import BEFORE, NAME
from tui_trainer.runs.code import changed_since, check_code, write_code
from tui_trainer.runs.folder import write_experiment
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.group_writer import GroupWriter
from tui_trainer.runs.history import History
from tui_trainer.runs.lock import Locked
from tui_trainer.runs.record import Record
from tui_trainer.runs.run_writer import OPEN, RunWriter
from tui_trainer.runs.samples import check_same, check_there, task_again
from tui_trainer.runs.sealed import Damaged
from tui_trainer.runs.stored_run import StoredRun, read_run
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS
from tui_trainer.wording import count


def resume(
    runs: Sequence[StoredRun],
    report: Callable[[str], object],
    changes: Sequence[Change] = (),
    intervals: Intervals = USUAL,
    anyway: bool = False,
    world: World = ALONE,
) -> RunGroup:
    """These runs, each at its last checkpoint, ready to train on and to be written.

    `changes`: of live settings, kept as if they were made on the way. A run that was ended before its
    first checkpoint begins afresh. `report` is called with what was wrong with files that can't be used, and with whose
    code is run. anyway: also where that code is another one by now. Raises InputError where a run can't go on.
    """
    for run in runs:
        check_code(run.folder, run.experiment, anyway, report)
    writers = _lock(runs)
    try:
        return _resume(runs, writers, report, changes, intervals, world)
    except BaseException as error:
        for writer in writers.values():
            writer.lock.release()
        if isinstance(error, OSError):
            raise InputError(f"{runs[0].id}: {error.filename or metrics.NAME}: {reason(error)}") from None
        raise


def _lock(runs: Sequence[StoredRun]) -> dict[str, RunWriter]:
    writers: dict[str, RunWriter] = {}
    for run in runs:
        try:
            writers[run.info.name] = RunWriter(run.folder, run.info)
        except (Locked, OSError) as error:
            for writer in writers.values():
                writer.lock.release()
            if isinstance(error, Locked):
                raise InputError(f"{run.id}: {error} trains it; tui-trainer watch shows it") from None
            raise InputError(f"{run.id}: {reason(error)}; it can't be written") from None
    return writers


def _resume(
    runs: Sequence[StoredRun],
    writers: Mapping[str, RunWriter],
    report: Callable[[str], object],
    changes: Sequence[Change],
    intervals: Intervals,
    world: World,
) -> RunGroup:
    states, experiments, control = {}, {}, world.control()
    for run in runs:
        name, experiment = run.info.name, run.experiment
        if (run.folder / NAME).exists() or (run.folder / BEFORE).exists():
            try:
                states[name] = checkpoint.read(run.folder)
            except Damaged as damaged:
                raise InputError(f"{run.id}: no checkpoint can be used ({damaged}); train it afresh") from None
            # Its settings as they are by now; and its file as it is called from everywhere.
            experiment = placed_like(states[name][0].facts.experiment, experiment)
            if trouble := states[name][2]:
                report(f"{name}  {trouble}; the checkpoint before is taken")
        experiments[name] = experiment
        check_there(run)
    changed = {name: _changed(e, changes) for name, e in experiments.items()}
    tasks = {
        run.info.name: task_again(run, changed[run.info.name], states.get(run.info.name, (None,))[0], True)
        for run in runs
        if run.info.samples_seed is not None
    }
    ranks = {run.info.name: run.info.ranks for run in runs}
    trainers = prepare_trainers(changed, control, intervals=intervals, tasks=tasks, world=world, ranks=ranks)
    records = []
    for run, trainer in zip(runs, trainers, strict=True):
        state, size, _ = states.get(trainer.name, (None, 0, ""))
        if trainer.ranks != world.size:
            begun = f"begun with {count(trainer.ranks, 'rank')} and resumed with {world.size}"
            report(f"{run.id}: {begun}: it goes on equal to rounding, not to the bit")
        if state:
            if "optimizer" in changed_since(run.folder, trainer.code):
                state.tensors.pop(f"{STEP}{RATE_FACTOR}", None)  # groups of weights have the rates of the text of now
            put_state(trainer, state)
            _take_past(run, trainer, state)
        check_same(run, trainer.samples, state)
        record, size = _record(run, trainer, size, report)
        if state:
            record.history = _up_to(record.history, state)
        records.append(record)
        write_code(run.folder, trainer.code)
        writers[trainer.name].resume_at(record, size)
        if run.experiment.data != read_run(run.folder).experiment.data:
            write_experiment(run.folder, run.experiment)  # for the next time: where its data is by now
    group = RunGroup(Comparison.covering([t.experiment for t in trainers]), trainers, control, report, records)
    group.writer = GroupWriter(writers, group.request, report)
    for trainer in trainers:
        for event in _setting_changes(experiments[trainer.name], trainer):
            group.take(event)
    return group


def _changed(experiment: Experiment, changes: Sequence[Change]) -> Experiment:
    for change in changes:
        experiment = replace(experiment, **{change.setting: change.of(getattr(experiment, change.setting))})
    return experiment


def _take_past(run: StoredRun, trainer: Trainer, state: State) -> None:
    """Have a trainer know the run's past, as far as it is kept; else it begins with this state."""
    try:
        kept = kept_past.read(run.folder, run.experiment)
    except Damaged:
        kept = Snapshots()
    if kept.known is not None and kept.known >= state.facts.steps:
        trainer.snapshots.begin(kept.origin, kept.states, kept.stretches, state.facts.steps)
        if (last := trainer.snapshots.stretches[-1:]) and last[0].steps == trainer.steps:
            edits.put(trainer.step, last[0].edits)  # which may have come after the checkpoint
    else:
        trainer.snapshots.begin(state)


def _up_to(history: History, state: State) -> History:
    """A history up to the state's epoch: with the span that was not full, and NaN where metrics were lost."""
    epoch, begun = state.facts.epoch, state.tensors[OPEN].numpy() if OPEN in state.tensors else np.empty((2, 0))
    if history.downsampling.epoch > epoch:
        history = History()  # spoiled: none of it can be trusted
    history.fill(epoch - begun.shape[1])
    history.append(*begun[:, history.downsampling.epoch - (epoch - begun.shape[1]) :])
    return history


def _setting_changes(before: Experiment, trainer: Trainer) -> Iterator[SettingChanged]:
    """What is another setting than before, as the trainer tells it of a change on the way."""
    e, device = trainer.experiment, describe(trainer.device)
    for name, setting in SETTINGS.items():
        old, new = getattr(before, name), getattr(e, name)
        if old != new:
            yield SettingChanged(trainer.name, name, setting.show(old), setting.show(new), trainer.epoch, e, device)


def _record(run: StoredRun, trainer: Trainer, size: int, report: Callable[[str], object]) -> tuple[Record, int]:
    """What is known of the run up to its checkpoint, and its metrics' size; those that came after it are forgotten."""
    record = Record.of(trainer).of_stored(run)
    stored = metrics.read(run.folder, stop=size, history=record.history)
    if stored.damaged:
        report(
            f"{trainer.name}  {count(stored.damaged, 'damaged line')} in {metrics.NAME}: what stood there is missing"
        )
    if (run.folder / metrics.NAME).exists():
        handle = os.open(run.folder / metrics.NAME, os.O_WRONLY | os.O_NOFOLLOW)
        os.ftruncate(handle, stored.size)
        os.close(handle)
    record.epoch, record.steps, record.seconds = trainer.epoch, trainer.steps, trainer.seconds
    return record, stored.size
