"""Several runs at once, in turns."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from tui_trainer.engine.control import RunControl
from tui_trainer.engine.devices import choose_threads, find_device
from tui_trainer.engine.events import Compiling, Event, ExecutionChanged, Paused, Progress, RunStarted
from tui_trainer.engine.intervals import USUAL, Intervals
from tui_trainer.engine.models import multiplications
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment, InputError, check_rules
from tui_trainer.settings import part_of
from tui_trainer.tasks import load_task
from tui_trainer.tasks.task import Task


def prepare_trainers(
    experiments: Mapping[str, Experiment],
    control: RunControl,
    quote_cells: bool = False,
    intervals: Intervals = USUAL,
) -> list[Trainer]:
    """A trainer for each experiment, ready to start; equal data is loaded once.

    Raises InputError for settings that don't go together, and for data or a device that can't be had;
    `quote_cells` as in `load_samples`.
    """
    for experiment in experiments.values():
        check_rules(experiment)
        find_device(experiment.device)
    loaded: dict[Experiment, Task] = {}
    trainers = []
    for name, experiment in experiments.items():
        key = part_of(experiment, "data")
        task = loaded[key] = loaded.get(key) or load_task(experiment, quote_cells)
        trainers.append(Trainer(name, experiment, task, control, intervals))
    choose_threads(max(multiplications(t.experiment, t.task, t.sampler.batch) for t in trainers))
    return trainers


def check_distinct(trainers: Sequence[Trainer]) -> None:
    """Raise InputError where two of these would be the same run under two names, or a part to hold out is no sample."""
    samples_differ = len({id(trainer.task) for trainer in trainers}) > 1
    names: dict[tuple[str, Experiment], str] = {}
    for trainer in trainers:
        e, samples = trainer.experiment, trainer.samples
        if e.test_fraction and not len(samples.x_test):
            raise InputError(
                f"test_fraction: {e.test_fraction} holds out none of {len(samples.x)} samples; give a larger one"
            )
        # However its samples, its net and its batch are spelled.
        rest = replace(part_of(e, "model", "step", "run"), batch_size=trainer.sampler.batch)
        run = (samples.fingerprint if samples_differ else "", rest)
        if run in names:
            raise InputError(f"{names[run]} and {trainer.name} are the same run under two names; give one of them")
        names[run] = trainer.name


def take_turns(trainers: Sequence[Trainer]) -> Iterator[Event]:
    """Train in turns, until all have finished: an epoch each, or as many as the slowest does in a moment.

    When paused, a turn is a step. None sleeps before all have paused: it would take their turns from the others, which
    may have an epoch to end before they see the request that it has seen.
    """
    runs = {trainer.name: (trainer, trainer.fit()) for trainer in trainers}
    paused = set[str]()
    while runs:
        turn = min(trainer.epochs_in_a_call for trainer, _ in runs.values())
        for name, (trainer, events) in list(runs.items()):
            if name in paused and paused != runs.keys() and not trainer.control.unread:
                continue
            trainer.turn = turn
            for event in events:
                (paused.add if isinstance(event, Paused) else paused.discard)(name)
                yield event
                if not isinstance(event, RunStarted | Progress | Compiling | ExecutionChanged):
                    break
            else:
                del runs[name]
