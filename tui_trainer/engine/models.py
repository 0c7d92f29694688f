"""The network, and the straight line that it equals when nothing in it bends."""

import itertools

import torch
from torch import nn

from tui_trainer.catalog import ACTIVATIONS, DTYPES
from tui_trainer.data.line import Line
from tui_trainer.data.points import Data
from tui_trainer.engine.random_numbers import RandomNumbers
from tui_trainer.experiment import Experiment, hidden_widths


def build_model(experiment: Experiment, random: RandomNumbers | None = None) -> nn.Sequential:
    """Linear layers from 1 to the hidden widths to 1, with the activation between each two.

    Its weights are PyTorch's own initialisation, as right after `torch.manual_seed(seed)`: the
    first that is drawn of the run's random numbers.
    """
    widths = [1, *hidden_widths(experiment.hidden), 1]
    layers: list[nn.Module] = []
    with (random or RandomNumbers(experiment.seed)).drawn():
        for inputs, outputs in itertools.pairwise(widths):
            if layers and experiment.activation != "identity":
                layers.append(ACTIVATIONS[experiment.activation].make())
            layers.append(nn.Linear(inputs, outputs))
    return nn.Sequential(*layers).to(DTYPES[experiment.dtype].load())


def multiplications(experiment: Experiment, batch: int) -> int:
    """How many multiplications a step's forward pass takes, on so many samples."""
    widths = [1, *hidden_widths(experiment.hidden), 1]
    return sum(a * b for a, b in itertools.pairwise(widths)) * batch


def equivalent_line(model: nn.Module, data: Data) -> Line | None:
    """The line y = a x + b that a net without an activation equals, in the data's own units.

    The layers' maps are multiplied out in float64, whatever their number. None for a net that
    bends, and for one whose weights are no longer finite.
    """
    if not all(isinstance(layer, nn.Linear) for layer in model.children()):
        return None
    weight = torch.ones(1, 1, dtype=torch.float64)
    bias = torch.zeros(1, dtype=torch.float64)
    with torch.inference_mode():
        for layer in model.children():
            assert isinstance(layer, nn.Linear)
            w, b = layer.weight.cpu().double(), layer.bias.cpu().double()
            weight, bias = w @ weight, w @ bias + b
    if not (weight.isfinite().all() and bias.isfinite().all()):
        return None
    slope = weight.item() * data.y_scaling.deviation / data.x_scaling.deviation
    at_mean = bias.item() * data.y_scaling.deviation + data.y_scaling.mean
    return Line(slope, at_mean - slope * data.x_scaling.mean)
