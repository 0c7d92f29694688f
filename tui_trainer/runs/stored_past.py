"""The past of a stored run: from what its folder keeps of it or, where that is nothing, from its settings alone."""

import msgspec

from tui_trainer.engine.past import Past
from tui_trainer.engine.replay import Replay
from tui_trainer.engine.snapshots import Snapshots, Stretch
from tui_trainer.engine.state import State
from tui_trainer.experiment import Experiment
from tui_trainer.runs import kept_past, metrics
from tui_trainer.runs.record import Record
from tui_trainer.runs.sealed import Damaged
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS


def stored_past(run: StoredRun, record: Record, on_cpu: Experiment, last: State | None) -> Past:
    """The past of a run, read at the first need. on_cpu: its settings to be looked at under; last: its checkpoint."""

    def load() -> Snapshots:
        try:
            return kept_past.read(run.folder, run.experiment)
        except Damaged as damaged:
            return _without(run, last, str(damaged))

    return Past(load, lambda: Replay(record.name, on_cpu, record.task, ranks=run.info.ranks), record.loss_of)


def _without(run: StoredRun, last: State | None, why: str) -> Snapshots:
    """What can be known of the past where none is kept: the steps were as metrics.jsonl has the changes on the way."""
    snapshots = Snapshots()
    if run.info.at:
        snapshots.begin(last)
        snapshots.why = f"{run.id}: {why}; a branch can't be computed without it"
        return snapshots
    facts = last.facts if last else None
    # No more than its end may be kept amid an epoch.
    states = [last] if last and not last.facts.place else []
    threads, steps = (facts.threads, facts.steps) if facts else (1, run.info.steps)
    snapshots.begin(None, states, _stretches(run, threads), max(steps, run.info.steps) + 1)
    return snapshots


def _stretches(run: StoredRun, threads: int) -> list[Stretch]:
    experiment, execution = run.experiment, "eager"
    stretches = [Stretch(steps=0, experiment=experiment, execution=execution, threads=threads)]
    for line in metrics.read(run.folder).changes:
        execution = line.execution or execution
        setting = SETTINGS.get(line.setting)
        if setting and setting.live:
            try:
                experiment = msgspec.structs.replace(experiment, **{line.setting: setting.parse(line.new)})
            except InputError:  # as a spoiled file may have it
                continue
        if line.setting == "device":
            execution = "eager"  # until the next line says otherwise
        stretches.append(Stretch(steps=line.steps, experiment=experiment, execution=execution, threads=threads))
    return stretches
