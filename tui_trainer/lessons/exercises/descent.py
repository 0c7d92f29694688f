"""Descent: the article's loop for one number."""

from collections.abc import Callable

import torch
from torch import Tensor

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner, close

LINES = """\
import torch


def descend(f, start, rate, steps):
    x = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=rate)
    for step in range(steps):
        # {zero}
        ____
        # {value}
        loss = ____
        # {gradient}
        ____
        # {step}
        ____
    return x.item()


print(round(descend(lambda x: (x - 2) ** 2, -3.5, 0.1, 200), 4))
"""
BOWL = "lambda x: (x - 2) ** 2"


def check(learner: Learner) -> None:
    for steps in (1, 2, 3, 200):
        _compare(learner, BOWL, lambda x: (x - 2) ** 2, -3.5, 0.1, steps)
    _compare(learner, "lambda x: x ** 3 - x", lambda x: x**3 - x, 1.0, 0.05, 4)


def _compare(learner: Learner, code: str, f: Callable[[Tensor], Tensor], start: float, rate: float, steps: int) -> None:
    wanted = _descend(f, start, rate, steps)
    result = learner.call(
        f"descend({code}, {start}, {rate}, {steps})", lambda: learner["descend"](f, start, rate, steps)
    )
    if isinstance(result.value, float) and not close(result.value, wanted):
        if close(result.value, start):
            raise Wrong("unmoved", call=result.call, got=f"{start:g}")
        if close(result.value, _descend(f, start, rate, steps, zero=False)):
            raise Wrong("accumulated", call=result.call, got=f"{result.value:.4f}", wanted=f"{wanted:.4f}")
    result.equals(wanted)


def _descend(f: Callable[[Tensor], Tensor], start: float, rate: float, steps: int, zero: bool = True) -> float:
    """By hand; zero: whether each step's gradient stands alone, or those before are in it."""
    x, sum_of_all = torch.tensor(start), torch.tensor(0.0)
    for _ in range(steps):
        gradient = torch.func.grad(f)(x)
        sum_of_all = gradient if zero else sum_of_all + gradient
        x = x - rate * sum_of_all
    return x.item()
