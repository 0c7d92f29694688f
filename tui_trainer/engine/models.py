"""The network."""

import itertools
from collections.abc import Iterator

from torch import nn

from tui_trainer.catalog import ACTIVATIONS, DTYPES, MODELS
from tui_trainer.engine.own_model import Sizes, make_model
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import code_reference
from tui_trainer.random_numbers import RandomNumbers
from tui_trainer.sentence import InputError
from tui_trainer.setting_texts import MAX_WEIGHTS, hidden_widths
from tui_trainer.tasks.task import Task

KERNEL = 3  # width and height, in pixels, of what a convolution sees of a picture at once
LEAST_SIDE = 4  # pixels, of what is pooled to half its width and height


def widths(experiment: Experiment, task: Task) -> list[int]:
    """The numbers that go into the net, that go from layer to layer, and that come out of it."""
    return [task.in_features, *hidden_widths(experiment.hidden), task.outputs(experiment.loss)]


def net_of(experiment: Experiment, task: Task, random: RandomNumbers) -> nn.Module:
    """The net that the experiment names, one of ours or a person's own. Raises InputError, also for what goes wrong in
    their code.
    """
    reference = code_reference(experiment.model)
    if reference is None:
        return build_model(experiment, task, random)
    with random.drawn():
        return make_model(experiment, reference, task.samples.shape).to(DTYPES[experiment.dtype].load())


def build_model(experiment: Experiment, task: Task, random: RandomNumbers | None = None) -> nn.Sequential:
    """The kind of net that the experiment names, from the task's features to its outputs.

    Its weights are PyTorch's own initialisation, as right after `torch.manual_seed(seed)`: the
    first that is drawn of the run's random numbers. Raises InputError for more weights than there is room for, and for
    a convolutional net of what is no picture.
    """
    if experiment.model == "cnn" and not task.samples.shape:
        raise InputError("model: cnn is for pictures, and a sample here is a row of numbers; take mlp")
    if sum(_products(experiment, task, places=False)) > MAX_WEIGHTS:
        raise InputError(
            f"hidden: {experiment.hidden!r} for {task.in_features:,} features needs more than {MAX_WEIGHTS:,} weights; "
            "take narrower layers"
        )
    with (random or RandomNumbers(experiment.seed)).drawn():
        layers: list[nn.Module] = MODELS[experiment.model].load()(experiment, task)
    return nn.Sequential(*layers).to(DTYPES[experiment.dtype].load())


def mlp(experiment: Experiment, task: Task) -> list[nn.Module]:
    """Linear layers from the task's features to the hidden widths to its outputs, an activation between each two."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths(experiment, task)):
        if layers and experiment.activation != "identity":
            layers.append(ACTIVATIONS[experiment.activation].make())
        layers.append(nn.Linear(inputs, outputs))
    return layers


def cnn(experiment: Experiment, task: Task) -> list[nn.Module]:
    """A convolution to each hidden width with an activation after it, pooled as long as pictures are large; then a
    linear layer."""
    assert task.samples.shape
    layers: list[nn.Module] = [nn.Unflatten(1, task.samples.shape)]
    *stages, last = _stages(experiment, task)
    for stage in stages:
        layers.append(nn.Conv2d(stage[0], stage[1], KERNEL, padding=KERNEL // 2))
        if experiment.activation != "identity":
            layers.append(ACTIVATIONS[experiment.activation].make())
        if min(stage[2:]) >= LEAST_SIDE:
            layers.append(nn.MaxPool2d(2))
    channels, outputs, height, width = last
    return [*layers, nn.Flatten(), nn.Linear(channels * height * width, outputs)]


def _stages(experiment: Experiment, task: Task) -> Iterator[tuple[int, int, int, int]]:
    """The channels into and out of each convolution, and the height and width of its picture; then of what is left."""
    assert task.samples.shape
    channels, height, width = task.samples.shape
    for outputs in hidden_widths(experiment.hidden):
        yield channels, outputs, height, width
        channels = outputs
        if min(height, width) >= LEAST_SIDE:
            height, width = height // 2, width // 2
    yield channels, task.outputs(experiment.loss), height, width


def sizes_of(experiment: Experiment, task: Task) -> Sizes:
    """How large a net of ours is."""
    return Sizes(sum(_products(experiment, task)), widest(experiment, task))


def _products(experiment: Experiment, task: Task, places: bool = True) -> Iterator[int]:
    """The multiplications of each layer for a sample; of a convolution those at all places, or at one."""
    if experiment.model == "mlp":
        yield from (a * b for a, b in itertools.pairwise(widths(experiment, task)))
        return
    *stages, (channels, outputs, height, width) = _stages(experiment, task)
    for inputs, each, high, wide in stages:
        yield inputs * each * KERNEL**2 * (high * wide if places else 1)
    yield channels * height * width * outputs


def widest(experiment: Experiment, task: Task) -> int:
    """How many numbers the layer of most has for a sample."""
    if experiment.model == "mlp":
        return max(widths(experiment, task))
    return max(max(a, b) * height * width for a, b, height, width in _stages(experiment, task))
