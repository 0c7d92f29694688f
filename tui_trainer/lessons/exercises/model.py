"""Model: a class with `__init__` and a `forward` that does what no row of layers does."""

import torch
from torch import nn

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner

LINES = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        # {init}
        self.first = ____
        self.second = ____

    def forward(self, x):
        # {forward}
        return ____


print(Net(10))
"""


def check(learner: Learner) -> None:
    x = torch.linspace(-2, 2, 4).reshape(4, 1)
    for hidden in (10, 3):
        made = learner.call(f"Net({hidden})", lambda hidden=hidden: learner["Net"](hidden))
        model = made.of_type(nn.Module)
        for name, shape in (("first", (hidden, 1)), ("second", (1, hidden))):
            layer = learner.call(f"Net({hidden}).{name}", lambda name=name, model=model: getattr(model, name)).of_type(
                nn.Linear
            )
            if tuple(layer.weight.shape) != shape:
                wanted = f"Linear({shape[1]}, {shape[0]})"
                got = f"Linear({layer.in_features}, {layer.out_features})"
                raise Wrong("layer", name=f"Net({hidden}).{name}", got=got, wanted=wanted)
        result = learner.call("forward(x)", model, x=x)
        wanted = x + model.second(model.first(x))
        if isinstance(result.value, torch.Tensor) and result.value.shape == wanted.shape:
            if torch.allclose(result.value, model.second(model.first(x))):
                raise Wrong("no_skip", call=result.call)
            if torch.allclose(result.value, model.second(x + model.first(x))):
                raise Wrong("too_early", call=result.call)
        result.equals(wanted)
