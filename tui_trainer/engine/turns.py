"""Several runs at once, in turns."""

import time
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from tui_trainer.engine.control import RunControl
from tui_trainer.engine.devices import choose_threads, find_device
from tui_trainer.engine.events import (
    Compiling,
    EpochsFinished,
    Event,
    ExecutionChanged,
    Paused,
    Progress,
    RunStarted,
    StepFinished,
)
from tui_trainer.engine.intervals import USUAL, Intervals
from tui_trainer.engine.pace import FRAME, MAX, NOTHING, TINY, Place, Turn, next_turn
from tui_trainer.engine.snapshots import LIMIT_BYTES, Snapshots
from tui_trainer.engine.trainer import Trainer
from tui_trainer.engine.world import ALONE, World
from tui_trainer.experiment import Experiment
from tui_trainer.marks import Part
from tui_trainer.rules import check_rules
from tui_trainer.sentence import InputError
from tui_trainer.settings import part_of
from tui_trainer.tasks import load_task
from tui_trainer.tasks.task import Task

EVERY = 10**9  # epochs


def prepare_trainers(
    experiments: Mapping[str, Experiment],
    control: RunControl,
    quote_cells: bool = False,
    intervals: Intervals = USUAL,
    tasks: Mapping[str, Task] | None = None,
    world: World = ALONE,
    ranks: Mapping[str, int] | None = None,
) -> list[Trainer]:
    """A trainer for each experiment, ready to start; equal data is loaded once, but for `tasks` that are there already.

    Raises InputError for settings that don't go together, and for data or a device that can't be had;
    `quote_cells` as in `load_samples`; world: the processes that train together; ranks: how many those were that began
    a run, where it was begun before.
    """
    for experiment in experiments.values():
        check_rules(experiment)
        find_device(experiment.device)
    given, loaded = tasks or {}, dict[Experiment, Task]()
    trainers = []
    for name, experiment in experiments.items():
        key = part_of(experiment, "data")
        task = given.get(name) or loaded.get(key) or load_task(experiment, quote_cells)
        # Workers that stay serve one run at a time.
        if name not in given and not (task.samples.batches and task.samples.batches.stays):
            loaded[key] = task
        world.check(experiment, task)
        # Batches are gone once they were learned from: nothing could be computed from there once more. And when a state
        # is taken is this process's own affair.
        keeps = world.leads and world.whole and not task.samples.batches
        snapshots = Snapshots(LIMIT_BYTES // len(experiments) if keeps else 0)
        of_all = (ranks or {}).get(name, 0)
        trainers.append(Trainer(name, experiment, task, control, intervals, snapshots, world, of_all))
    work = max(t.multiplications(t.sampler.batch) // (1 if t.samples.batches else world.size) for t in trainers)
    choose_threads(work, world.local_size)
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
        # However its samples, its net and its batch are spelled; what a loader gives, its fingerprint doesn't know.
        parts: tuple[Part, ...] = ("model", "step", "run", *(("data",) if samples.batches else ()))
        rest = replace(part_of(e, *parts), batch_size=trainer.sampler.batch)
        run = (samples.fingerprint if samples_differ else "", rest)
        if run in names:
            raise InputError(f"{names[run]} and {trainer.name} are the same run under two names; give one of them")
        names[run] = trainer.name


def take_turns(trainers: Sequence[Trainer]) -> Iterator[Event]:
    """Train in turns, until all have finished: an epoch each, or as many as the slowest does in a moment.

    At a pace, a turn is what is due by then. When paused, it is a step. None sleeps before all have paused: it would
    take their turns from the others, which may have an epoch to end before they see the request that it has seen.
    """
    runs = {trainer.name: (trainer, trainer.fit()) for trainer in trainers}
    paused = set[str]()
    pacer = Pacer()
    while runs:
        there = [trainer for trainer, _ in runs.values()]
        turn = pacer.wait_for_turn(there, watched=not paused)
        most = min(trainer.epochs_in_a_call for trainer in there)
        for name, (trainer, events) in list(runs.items()):
            if name in paused and paused != runs.keys() and not trainer.control.unread:
                continue
            trainer.turn, trainer.due = (most, None) if turn is None else (EVERY, pacer.due(trainer, turn))
            for event in events:
                (paused.add if isinstance(event, Paused) else paused.discard)(name)
                yield event
                if _ends_turn(event, trainer):
                    break
            else:
                del runs[name]


def _ends_turn(event: Event, trainer: Trainer) -> bool:
    """Whether it is the others' turn after this event."""
    if trainer.due is None:
        return not isinstance(event, RunStarted | Progress | Compiling | ExecutionChanged)
    return isinstance(event, Paused | StepFinished) or (trainer.rests and isinstance(event, EpochsFinished | Progress))


class Pacer:
    """Keeps runs that take turns to the pace that is asked for, all of them together.

    Its clock runs only while they train: neither a pause nor a machine that is too slow leaves anything to make up for.
    """

    def __init__(self) -> None:
        self._due_at: float | None = None  # when the turn before was due; None where nobody watched
        self._owed: dict[str, float] = {}  # steps, less than one for each run

    def wait_for_turn(self, trainers: Sequence[Trainer], watched: bool) -> Turn | None:
        """Sleep until the next turn of these runs is due: None where it is as long as it likes.

        It is over at once when something comes in, with a turn in which nothing is due but that. Unless it is watched,
        time does not count.
        """
        control = trainers[0].control.of_all
        pace = control.pace
        if pace == MAX or not watched:
            self._due_at = None
            return None
        if self._due_at is None:
            self._due_at = time.monotonic()
            return NOTHING  # they begin, and say so
        place = Place(
            epoch=min(trainer.place for trainer in trainers),
            epochs=max(trainer.experiment.epochs for trainer in trainers),
            steps=max(trainer.sampler.per_epoch for trainer in trainers),
        )
        turn = next_turn(pace, place, min(trainer.steps_in_a_call for trainer in trainers))
        due_at = self._due_at + turn.seconds

        def came_in() -> bool:
            return control.pace != pace or any(trainer.control.unread for trainer in trainers)

        if control.wait(came_in, max(0.0, due_at - time.monotonic())):
            return NOTHING
        now = time.monotonic()
        self._due_at = due_at if now - due_at < FRAME else now
        return turn

    def due(self, trainer: Trainer, turn: Turn) -> int:
        """How many steps this run takes in a turn: to the end of an epoch, where a turn has whole ones."""
        per_epoch = trainer.sampler.per_epoch
        if turn.epochs >= 1:
            return trainer.sampler.left + (round(turn.epochs) - 1) * per_epoch
        owed = self._owed.get(trainer.name, 0.0) + turn.epochs * per_epoch
        steps = int(owed + TINY)
        self._owed[trainer.name] = owed - steps
        return steps
