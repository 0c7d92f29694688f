"""Network: what one hidden unit adds to the output."""

import torch
from torch import nn

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner

LINES = """\
import torch
from torch import nn


def unit_curve(model, unit, x):
    first, second = model[0], model[2]
    # {bent}
    bent = ____
    # {share}
    return ____


model = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
print(unit_curve(model, 0, torch.linspace(0, 20, 5)))
"""


def check(learner: Learner) -> None:
    first, second = nn.Linear(1, 4), nn.Linear(4, 1)
    model = nn.Sequential(first, nn.Tanh(), second)
    x = torch.linspace(0, 20, 5)
    for unit in range(4):
        w, b, v = first.weight[unit, 0], first.bias[unit], second.weight[0, unit]
        bent = torch.tanh(w * x + b)
        code = f"unit_curve(model, {unit}, x)"
        result = learner.call(code, lambda x, unit=unit: learner["unit_curve"](model, unit, x), x=x)
        if isinstance(result.value, torch.Tensor) and result.value.shape == bent.shape:
            for key, wrong in (
                ("only_bent", bent),
                ("no_bias", v * torch.tanh(w * x)),
                ("not_bent", v * (w * x + b)),
                ("output_bias", v * bent + second.bias),
            ):
                if torch.allclose(result.value, wrong):
                    raise Wrong(key, call=result.call)
        result.equals(v * bent)
