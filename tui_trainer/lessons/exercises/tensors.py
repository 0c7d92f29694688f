"""Tensors: a dtype that is asked for, a column, and the bytes that a tensor takes."""

import torch

from tui_trainer.lessons.exercises.learner import Learner

LINES = """\
import torch

# {half}
half = torch.tensor([1, 2, 3], ____)


def column(x):
    # {column}
    return ____


def bytes_of(x):
    # {bytes_of}
    return ____
"""


def check(learner: Learner) -> None:
    learner.call("half", lambda: learner["half"]).equals(torch.tensor([1, 2, 3], dtype=torch.float16))
    for x in (torch.tensor([1.0, 2.0, 3.0]), torch.arange(8)):
        learner.call("column(x)", "column", x=x).equals(x.reshape(-1, 1))
    for x in (torch.zeros(3, dtype=torch.float16), torch.zeros(2, 5), torch.zeros(4, dtype=torch.int64)):
        learner.call(f"bytes_of(x), x.dtype = {x.dtype}", "bytes_of", x=x).equals(x.numel() * x.element_size())
