"""Operations: shapes that are made to fit, by hand."""

import torch

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner

LINES = """\
import torch


def centred(x):
    # {centred}
    return x - ____


def differences(a, b):
    # {differences}
    return ____
"""


def check(learner: Learner) -> None:
    x = torch.tensor([[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]])
    result = learner.call("centred(x)", "centred", x=x)
    if isinstance(result.value, torch.Tensor) and torch.equal(result.value, x - x.mean()):
        raise Wrong("mean_of_all", call=result.call)
    result.equals(x - x.mean(dim=0))
    for a, b in ((torch.tensor([1.0, 2.0]), torch.tensor([10.0, 20.0, 40.0])), (torch.arange(4.0), torch.arange(4.0))):
        wanted = a.unsqueeze(1) - b
        result = learner.call("differences(a, b)", "differences", a=a, b=b)
        if isinstance(result.value, torch.Tensor) and torch.equal(result.value, a - b.unsqueeze(1)):
            raise Wrong("turned", call=result.call)
        result.equals(wanted)
