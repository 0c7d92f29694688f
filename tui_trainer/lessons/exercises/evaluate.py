"""Evaluate: what a trained model predicts, as NumPy has it."""

import numpy as np
from torch import Tensor, nn

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner

LINES = """\
import numpy as np
import torch


def predict(model, X):
    # {mode}
    ____
    # {context}
    with ____:
        # {input}
        Y = model(torch.tensor(____))
    # {result}
    return ____
"""


def check(learner: Learner) -> None:
    for count in (3, 7):
        model, x = _Watched(), np.linspace(0, 20, count)
        result = learner.call("predict(model, X)", lambda X, model=model: learner["predict"](model, X), X=x)
        if not model.asked:
            raise Wrong("not_asked", call=result.call)
        if model.training:
            raise Wrong("train_mode", call=result.call)
        if model.graph:
            raise Wrong("graph", call=result.call)
        result.equals(model.curve(x))


class _Watched(nn.Module):
    """A model that knows in which mode it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)
        self.asked = self.graph = False

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layer(x)
        self.asked, self.graph = True, self.graph or result.requires_grad
        return result

    def curve(self, x: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> object:
        w, b = self.layer.weight.item(), self.layer.bias.item()
        return (w * x + b).astype(np.float32)
