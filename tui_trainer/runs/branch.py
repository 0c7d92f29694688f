"""Branches: new runs that go on from a moment of others, under settings that may be changed.

`branch([Fork(record, moment, experiment)])` is a group like any other, whose runs begin with what their parents were
at that moment: weights, the optimizer and the order of what is to come. So a branch with nothing changed repeats its
parent, to the bit. `settings_at` gives the settings that it then has. With another optimizer, that one begins afresh;
with another seed, the order does, and all else that is drawn, while the samples stay. What can't be changed is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from msgspec.structs import replace

from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.intervals import USUAL, Intervals
from tui_trainer.engine.past import Moment
from tui_trainer.engine.state import MODEL, OPTIMIZER, State, put_state, weights
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.experiment import Experiment, is_own
from tui_trainer.named_data import code_reference
from tui_trainer.own_settings import placed_like
from tui_trainer.runs.differences import differing
from tui_trainer.runs.folder import At
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.record import Record
from tui_trainer.sentence import InputError
from tui_trainer.settings import ROLES, SETTINGS


@dataclass(frozen=True)
class Fork:
    """Where a branch leaves its parent, and the settings under which it goes on."""

    parent: Record
    moment: Moment
    experiment: Experiment


def settings_at(parent: Record, moment: Moment) -> Experiment:
    """The settings of a branch with nothing changed: those of the moment, but up to where its parent goes by now."""
    return replace(placed_like(moment.experiment, parent.experiment), epochs=parent.experiment.epochs)


def changeable(setting: str) -> bool:
    """Whether a branch may have another value of this setting than its parent."""
    if is_own(setting):
        return False
    mark = SETTINGS[setting].branches
    return not SETTINGS[setting].affects & {"data", "model"} if mark is None else mark


def branch(
    forks: Sequence[Fork], report: Callable[[str], object] = lambda words: None, intervals: Intervals = USUAL
) -> RunGroup:
    """The branches, ready to train. Raises InputError for what can't be changed at a branch, or not be trained with."""
    named = _names(forks)
    for fork in named.values():
        _check(fork)
    control = RunControl()
    experiments = {name: fork.experiment for name, fork in named.items()}
    tasks = {name: fork.parent.task for name, fork in named.items()}
    ranks = {name: fork.parent.ranks for name, fork in named.items()}
    trainers = prepare_trainers(experiments, control, intervals=intervals, tasks=tasks, ranks=ranks)
    records = []
    for trainer, fork in zip(trainers, named.values(), strict=True):
        origin = _origin(trainer, fork)
        put_state(trainer, origin)
        trainer.snapshots.begin(origin)
        records.append(_record(trainer, fork))
    return RunGroup(Comparison.covering([*experiments.values()]), trainers, control, report, records)


def _names(forks: Sequence[Fork]) -> Mapping[str, Fork]:
    """The forks by what their runs are called. Raises InputError for two that are the same."""
    differ, named = differing([fork.experiment for fork in forks]), dict[str, Fork]()
    for fork in forks:
        name = f"{fork.parent.name} @{fork.moment.epoch}"
        if name in named or len(forks) > len({(id(f.parent), f.moment.epoch) for f in forks}):
            name = " ".join([name, *differ.of(fork.experiment)])
        if name in named:
            raise InputError(f"{name}: it is the same branch twice; give other settings")
        named[name] = fork
    return named


def _check(fork: Fork) -> None:
    before, now, at = fork.moment.experiment, fork.experiment, fork.moment.epoch
    if before.own != now.own:
        raise InputError("a branch goes on with its parent's parameters of its own code; r trains afresh with others")
    for name in SETTINGS:
        of_file = name == "data" or (name in ROLES and code_reference(getattr(now, name)))  # which may have been moved
        if not of_file and not changeable(name) and _value(before, name) != _value(now, name):
            was = SETTINGS[name].show(getattr(before, name))
            raise InputError(f"{name}: a branch goes on with its parent's, {was}; r trains afresh with another")
    if now.epochs <= at:
        raise InputError(
            f"epochs: {now.epochs:,} is no more than the {at:,} of its parent before the branch; give more"
        )


def _value(experiment: Experiment, name: str) -> object:
    """A setting's value in its one spelling."""
    value, canonical = getattr(experiment, name), SETTINGS[name].canonical
    return canonical(value) if canonical else value


def _origin(trainer: Trainer, fork: Fork) -> State:
    """The state that a branch begins with."""
    state, before, now = fork.moment.state, fork.moment.experiment, fork.experiment
    tensors = {name: value for name, value in state.tensors.items() if not name.startswith(MODEL)}
    names, kept = list(trainer.model.state_dict()), weights(state)
    if set(names) != set(kept):  # by their place: another activation may stand between them, or none
        kept = dict(zip(names, kept.values(), strict=True))
    tensors |= {f"{MODEL}{name}": value for name, value in kept.items()}
    fresh = state.facts.fresh or before.optimizer != now.optimizer
    if fresh:
        tensors = {name: value for name, value in tensors.items() if not name.startswith(OPTIMIZER)}
    if before.seed != now.seed:
        seeded = torch.Generator().manual_seed(now.seed).get_state()
        tensors |= {"order.random": seeded, "random.cpu": seeded}
        tensors.pop("random.cuda", None)
    seconds = float(fork.parent.history.seconds_at(np.array([fork.moment.epoch], dtype=np.float64))[0])
    facts = replace(state.facts, name=trainer.name, experiment=now, fresh=fresh, seconds=seconds)
    return State(facts, tensors)


def _record(trainer: Trainer, fork: Fork) -> Record:
    record = Record.of(trainer)
    record.parent, record.at = fork.parent.id or fork.parent.name, At(epoch=trainer.epoch, steps=trainer.steps)
    seed = fork.parent.experiment.seed if fork.parent.samples_seed is None else fork.parent.samples_seed
    record.samples_seed = seed if seed != trainer.experiment.seed else None
    record.history.fill(trainer.epoch)
    record.epoch, record.steps, record.seconds = trainer.epoch, trainer.steps, trainer.seconds
    return record
