"""The network."""

import itertools

from torch import nn

from tui_trainer.catalog import ACTIVATIONS, DTYPES
from tui_trainer.engine.random_numbers import RandomNumbers
from tui_trainer.experiment import MAX_WEIGHTS, Experiment, InputError, hidden_widths
from tui_trainer.tasks.task import Task


def widths(experiment: Experiment, task: Task) -> list[int]:
    """The numbers that go into the net, that go from layer to layer, and that come out of it."""
    return [task.in_features, *hidden_widths(experiment.hidden), task.outputs(experiment.loss)]


def build_model(experiment: Experiment, task: Task, random: RandomNumbers | None = None) -> nn.Sequential:
    """Linear layers from the task's features to the hidden widths to its outputs, with the activation between each two.

    Its weights are PyTorch's own initialisation, as right after `torch.manual_seed(seed)`: the
    first that is drawn of the run's random numbers. Raises InputError for more weights than there is room for.
    """
    if multiplications(experiment, task, batch=1) > MAX_WEIGHTS:
        raise InputError(
            f"hidden: {experiment.hidden!r} for {task.in_features:,} features needs more than {MAX_WEIGHTS:,} weights; "
            "take narrower layers"
        )
    layers: list[nn.Module] = []
    with (random or RandomNumbers(experiment.seed)).drawn():
        for inputs, outputs in itertools.pairwise(widths(experiment, task)):
            if layers and experiment.activation != "identity":
                layers.append(ACTIVATIONS[experiment.activation].make())
            layers.append(nn.Linear(inputs, outputs))
    return nn.Sequential(*layers).to(DTYPES[experiment.dtype].load())


def multiplications(experiment: Experiment, task: Task, batch: int) -> int:
    """How many multiplications a step's forward pass takes, on so many samples."""
    return sum(a * b for a, b in itertools.pairwise(widths(experiment, task))) * batch
