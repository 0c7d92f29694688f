"""Stochastic: the gradient of a batch, and a step for each batch."""

import torch
from torch import Tensor

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner, close

LINES = """\
import torch


def gradient(w, x, y):
    # {gradient}
    return ____


def epoch(w, x, y, rate, batches):
    # {epoch}
    for batch in batches:
        w = ____
    return w


x, y = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([2.0, 4.0, 6.0, 8.0])
print(epoch(0.0, x, y, 0.05, [[2, 0], [3, 1]]))
"""


def check(learner: Learner) -> None:
    x, y = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([3.0, 3.0, 9.0])
    for w in (0.0, 3.0):
        wanted = _gradient(w, x, y)
        result = learner.call("gradient(w, x, y)", "gradient", w=w, x=x, y=y)
        got = result.value
        if isinstance(got, (float, Tensor)) and torch.as_tensor(got).numel() == 1:
            if close(float(got), wanted * len(x)):
                raise Wrong("sum", call=result.call, got=f"{float(got):g}", wanted=f"{wanted:g}")
            if close(float(got) * 2, wanted):
                raise Wrong("half", call=result.call)
        result.equals(wanted)
    for batches in ([[0], [2], [1]], [[2, 0], [1]]):
        wanted, all_of_them = 0.0, 0.0
        for batch in batches:
            wanted -= 0.05 * _gradient(wanted, x[batch], y[batch])
            all_of_them -= 0.05 * _gradient(all_of_them, x, y)
        call = f"epoch(0.0, x, y, 0.05, {batches})"
        result = learner.call(call, lambda batches=batches: learner["epoch"](0.0, x, y, 0.05, batches))
        if isinstance(result.value, (float, Tensor)) and close(float(result.value), all_of_them):
            raise Wrong("not_the_batch", call=result.call)
        result.equals(wanted)


def _gradient(w: float, x: Tensor, y: Tensor) -> float:
    return (2 * (w * x - y) * x).mean().item()
