"""Runs that several processes train together: begun and resumed by all of them alike, or by none.

What one of them refuses, all do. Only the first has the runs' folders: it tells the others what stands there. Alone,
a process is all of them.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeVar

import msgspec
import torch

from tui_trainer import __version__
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples, with_absolute_path
from tui_trainer.engine.requests import Change
from tui_trainer.engine.state import put_state, take_state
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.engine.world import World
from tui_trainer.experiment import Experiment
from tui_trainer.runs import checkpoint
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.resume import resume
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.tasks import task_of

Result = TypeVar("Result")


def agreed(world: World, work: Callable[[], Result]) -> Result:
    """What this gives here, once no process has refused it. Raises the first one's InputError in all of them."""
    result, refused = None, ""
    try:
        result = work()
    except InputError as error:
        refused = str(error)
    for rank, words in enumerate(world.exchange(refused.encode())):
        if words:
            raise InputError(f"rank {rank}: {words.decode()}" if rank else words.decode())
    return result  # type: ignore[return-value]


def begin(world: World, comparison: Comparison, report: Callable[[str], object]) -> RunGroup:
    """The runs of a comparison, untrained, and written from here on. Raises InputError."""
    group = agreed(world, lambda: RunGroup.of(comparison, report, world))
    _check_alike(world, group)
    agreed(world, lambda: group.store() if world.leads else None)
    return group


def go_on(
    world: World,
    runs: Sequence[StoredRun],
    report: Callable[[str], object],
    changes: Sequence[Change] = (),
    anyway: bool = False,
) -> RunGroup:
    """Stored runs, which the first process has found, at their last checkpoints: see `resume`. Raises InputError."""
    ours = agreed(world, lambda: resume(runs, report, changes, anyway=anyway, world=world) if world.leads else None)
    received = world.exchange(_packed(ours) if ours else b"")[0]
    group = agreed(world, lambda: ours or _unpacked(received, world))
    _check_alike(world, group)
    return group


class _Begun(msgspec.Struct):
    """What the others have to know of a run that goes on."""

    experiment: Experiment
    samples_seed: int | None
    ranks: int
    state: bytes


def _packed(group: RunGroup) -> bytes:
    return msgspec.msgpack.encode(
        {
            name: _Begun(t.experiment, record.samples_seed, t.ranks, checkpoint.to_bytes(take_state(t), 0))
            for name, (t, record) in group.runs.items()
        }
    )


def _unpacked(received: bytes, world: World) -> RunGroup:
    begun = msgspec.msgpack.decode(received, type=dict[str, _Begun])
    control = world.control()
    experiments = {name: each.experiment for name, each in begun.items()}
    seeds = {name: each.samples_seed for name, each in begun.items() if each.samples_seed is not None}
    tasks = {
        name: task_of(load_samples(msgspec.structs.replace(experiments[name], seed=seed)))
        for name, seed in seeds.items()
    }
    ranks = {name: each.ranks for name, each in begun.items()}
    trainers = prepare_trainers(experiments, control, tasks=tasks, world=world, ranks=ranks)
    for trainer in trainers:
        put_state(trainer, checkpoint.from_bytes(begun[trainer.name].state)[0])
    return RunGroup(Comparison.covering([*experiments.values()]), trainers, control)


def _check_alike(world: World, group: RunGroup) -> None:
    """Raise InputError in all processes where one has other code, settings or data than the first."""
    mine = {
        "version of tui-trainer": __version__,
        "version of torch": str(torch.__version__),
        "--shard": str(not world.whole),
        "settings": _digest(group.comparison.to_toml()),
        "code": _digest(*(source.sha256 for trainer in group.trainers for source in trainer.code.values())),
        "data": _digest(*(trainer.samples.fingerprint for trainer in group.trainers)),
    }
    first, *others = (msgspec.json.decode(received) for received in world.exchange(msgspec.json.encode(mine)))
    for rank, other in enumerate(others, start=1):
        for what, value in first.items():
            if other.get(what) != value:
                raise InputError(f"rank {rank}: not the {what} of rank 0; give all processes the same")


def _digest(*texts: str) -> str:
    return sha256("\0".join(texts).encode()).hexdigest()


def of_job(name: str, comparison: Comparison) -> list[StoredRun]:
    """The newest runs that a job has begun with these settings, as many as they make; none where there are none."""
    wanted = {name: with_absolute_path(experiment) for name, experiment in comparison.runs.items()}
    groups: dict[str, dict[str, StoredRun]] = {}
    for run in all_runs()[0] if name else ():
        if run.info.job == name:
            groups.setdefault(run.info.group, {})[run.info.name] = run
    fits = (
        group
        for group in groups.values()
        if group.keys() == wanted.keys() and all(_began_as(run, wanted[name]) for name, run in group.items())
    )
    newest = next(fits, {})
    return [newest[name] for name in wanted if newest]


def _began_as(run: StoredRun, wanted: Experiment) -> bool:
    """Whether a run was started with these settings; the same data and settings choose the same loss, if any may."""
    chosen = {"loss": run.experiment.loss} if wanted.loss == "auto" else {}
    return run.experiment == msgspec.structs.replace(wanted, **chosen)


def begin_or_go_on(
    world: World, comparison: Comparison, report: Callable[[str], object], job: str = ""
) -> RunGroup | list[StoredRun]:
    """The runs that this job has begun before with these settings, resumed, or else new ones; no job: new ones.

    Returns what was begun where all of that has ended. Raises InputError.
    """
    begun = agreed(world, lambda: of_job(job, comparison) if world.leads else [])
    left = [run for run in begun if run.unfinished]
    stand = world.agree(2 if left else 1 if begun else 0)
    if stand == 2:
        return go_on(world, left, report)
    return begun if stand else begin(world, comparison, report)
