"""Several runs at once, in turns."""

import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from tui_trainer.data.points import Data, load_data
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.devices import choose_threads, find_device
from tui_trainer.engine.events import Event, Progress, RunStarted
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment, hidden_widths

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
    choose_threads(max(_multiplications(t.experiment, len(t.dataset)) for t in trainers))
    return trainers


def race(trainers: Sequence[Trainer]) -> Iterator[Event]:
    """Train in turns, an epoch each (when paused: a step each), until all have finished."""
    turns = deque(trainer.fit() for trainer in trainers)
    while turns:
        run = turns.popleft()
        for event in run:
            yield event
            if not isinstance(event, RunStarted | Progress):
                turns.append(run)
                break


def _multiplications(experiment: Experiment, samples: int) -> int:
    """How many multiplications a step's forward pass takes."""
    widths = [1, *hidden_widths(experiment.hidden), 1]
    weights = sum(a * b for a, b in itertools.pairwise(widths))
    return weights * min(experiment.batch_size, samples)
