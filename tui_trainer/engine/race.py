"""Several runs at once, in turns."""

from collections.abc import Iterator, Mapping, Sequence

from tui_trainer.data.points import Data, load_data
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.devices import choose_threads, find_device
from tui_trainer.engine.events import Event, ExecutionChanged, Progress, RunStarted
from tui_trainer.engine.models import multiplications
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment

DATA_SETTINGS = ("data", "samples", "noise", "x", "y", "test_fraction", "scale", "seed")


def line_up(experiments: Mapping[str, Experiment], control: RunControl) -> list[Trainer]:
    """A trainer for each experiment, ready to start; equal data is loaded once.

    Raises InputError for data or a device that can't be had.
    """
    for experiment in experiments.values():
        find_device(experiment.device)
    loaded: dict[tuple[object, ...], Data] = {}
    trainers = []
    for name, experiment in experiments.items():
        key = tuple(getattr(experiment, setting) for setting in DATA_SETTINGS)
        data = loaded[key] = loaded.get(key) or load_data(experiment)
        trainers.append(Trainer(name, experiment, data, control))
    choose_threads(max(multiplications(t.experiment, t.order.batch) for t in trainers))
    return trainers


def race(trainers: Sequence[Trainer]) -> Iterator[Event]:
    """Train in turns, until all have finished: an epoch each, or as many as the slowest does in a moment.

    When paused, a turn is a step.
    """
    runs = {trainer.name: (trainer, trainer.fit()) for trainer in trainers}
    while runs:
        turn = min(trainer.epochs_in_a_call for trainer, _ in runs.values())
        for name, (trainer, events) in list(runs.items()):
            trainer.turn = turn
            for event in events:
                yield event
                if not isinstance(event, RunStarted | Progress | ExecutionChanged):
                    break
            else:
                del runs[name]
