"""Activations: tanh and its slope, by hand."""

import torch

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner

LINES = """\
import torch


def tanh(x):
    # {tanh}
    up, down = torch.exp(x), torch.exp(-x)
    return ____


def slope(x):
    # {slope}
    return ____


x = torch.linspace(-3, 3, 7)
print(tanh(x), slope(x))
"""


def check(learner: Learner) -> None:
    for x in (torch.tensor([0.0, 1.0, -2.0]), torch.linspace(-3, 3, 7).reshape(7, 1)):
        learner.call("tanh(x)", "tanh", x=x).equals(torch.tanh(x))
        result = learner.call("slope(x)", "slope", x=x)
        if isinstance(result.value, torch.Tensor) and result.value.shape == x.shape:
            if torch.allclose(result.value, 1 - x**2):
                raise Wrong("of_x", call=result.call)
            if torch.allclose(result.value, 1 - torch.tanh(x)):
                raise Wrong("not_squared", call=result.call)
        result.equals(1 - torch.tanh(x) ** 2)
