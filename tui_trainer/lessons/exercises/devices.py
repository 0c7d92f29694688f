"""Devices: the `.to` that is missing. Checked with meta, which every machine has."""

import torch
from torch import nn

from tui_trainer.lessons.exercises.learner import Learner

LINES = """\
import torch


def predict(model, x, device):
    # {predict}
    ____
    ____
    return model(x)


def add(x, y):
    # {add}
    return x + ____
"""


def check(learner: Learner) -> None:
    x = torch.arange(3.0).reshape(3, 1)
    for name in ("cpu", "meta"):
        model, device = nn.Linear(1, 2), torch.device(name)
        wanted = model(x).to(device)
        learner.call(f"predict(model, x, {name})", lambda m=model, d=device: learner["predict"](m, x, d)).equals(wanted)
    for here, there in (("cpu", "cpu"), ("meta", "cpu")):
        call = f"add(x, y), x.device = {here}, y.device = {there}"
        pair = x.to(here), 10 * x.to(there)
        learner.call(call, lambda pair=pair: learner["add"](*pair)).equals((11 * x).to(here))
