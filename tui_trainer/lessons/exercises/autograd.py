"""Autograd: a gradient by hand, and by backward."""

from typing import Any

import torch

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner, close

LINES = """\
import torch


def by_hand(w, b, x, y):
    # {by_hand}
    error = w * x + b - y
    of_w = ____
    of_b = ____
    return of_w, of_b


def by_autograd(w, b, x, y):
    # {by_autograd}
    w = torch.tensor(w, ____)
    b = torch.tensor(b, ____)
    loss = (w * x + b - y) ** 2
    ____
    return w.grad.item(), b.grad.item()
"""


def check(learner: Learner) -> None:
    for w, b, x, y in ((2.0, 1.0, 3.0, 5.0), (-1.0, 0.5, 4.0, 2.0)):
        arguments: dict[str, Any] = {"w": w, "b": b, "x": x, "y": y}
        wanted = _gradients(**arguments)
        result = learner.call("by_hand(w, b, x, y)", "by_hand", **arguments)
        got = result.value
        if isinstance(got, tuple) and len(got) == 2 and close(2 * got[0], wanted[0]) and close(2 * got[1], wanted[1]):
            raise Wrong("half", call=result.call)
        result.equals(wanted)
        learner.call("by_autograd(w, b, x, y)", "by_autograd", **arguments).equals(wanted)


def _gradients(w: float, b: float, x: float, y: float) -> tuple[float, float]:
    leaves = torch.tensor([w, b], requires_grad=True)
    ((leaves[0] * x + leaves[1] - y) ** 2).backward()
    assert leaves.grad is not None
    return leaves.grad[0].item(), leaves.grad[1].item()
