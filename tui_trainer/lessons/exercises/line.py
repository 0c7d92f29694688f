"""Line: two linear layers are one, whose weight and bias are to be written."""

import torch
from torch import nn

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner

LINES = """\
import torch
from torch import nn


def one_layer(first, second):
    # {both}
    weight = ____
    bias = ____
    return weight, bias


first, second = nn.Linear(1, 10), nn.Linear(10, 1)
print(one_layer(first, second))
"""


def check(learner: Learner) -> None:
    for sizes in ((1, 10, 1), (2, 3, 4)):
        first, second = nn.Linear(sizes[0], sizes[1]), nn.Linear(sizes[1], sizes[2])
        code = "one_layer(nn.Linear({}, {}), nn.Linear({}, {}))".format(*sizes[:2], *sizes[1:])
        result = learner.call(code, lambda first=first, second=second: learner["one_layer"](first, second))
        weight, bias = second.weight @ first.weight, second(first.bias)
        got = result.value
        if isinstance(got, tuple) and len(got) == 2 and isinstance(got[1], torch.Tensor):
            for key, wrong in (("only_second", second.bias), ("no_second", second.weight @ first.bias)):
                if got[1].shape == wrong.shape and torch.allclose(got[1], wrong):
                    raise Wrong(key, call=result.call)
        result.equals((weight, bias))
