"""Loop: the article's six numbers, in their order."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tui_trainer.lessons.exercises.exercise import Wrong
from tui_trainer.lessons.exercises.learner import Learner

LINES = """\
import torch


def train(model, loss_func, training_loader, epochs=100, device="cpu"):
    # {optimizer}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.to(device)
    # {mode}
    ____
    for epoch in range(epochs):
        for inputs, labels in training_loader:
            # {device}
            ____
            # {zero_grad}
            ____
            # {loss}
            loss = ____
            # {step}
            ____
"""
CALL = "train(model, nn.MSELoss(), loader, {epochs})"
Batches = Sequence[tuple[Tensor, Tensor]]


def check(learner: Learner) -> None:
    x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    batches = [(x[:2], 2 * x[:2] + 1), (x[2:], 2 * x[2:] + 1)]
    for loader, epochs in ((batches[:1], 1), (batches, 1), (batches, 3)):
        _compare(learner, loader, epochs)
    _moves(learner, batches[:1])


def _compare(learner: Learner, loader: Batches, epochs: int) -> None:
    torch.manual_seed(1)
    model = _Watched()
    start = copy.deepcopy(model)
    code = CALL.format(epochs=epochs)
    learner.call(code, lambda: learner["train"](model, nn.MSELoss(), loader, epochs))
    steps = epochs * len(loader)
    if model.calls != steps:
        raise Wrong("calls", call=code, got=model.calls, wanted=steps)
    if not model.trained_in_train_mode:
        raise Wrong("train_mode", call=code)
    right, piled_up = (_weights(start, loader, epochs, zero) for zero in (True, False))
    got = model.layer.weight.item(), model.layer.bias.item()
    if _near(got, right):
        return
    values: dict[str, str | int] = {"call": code, "step": steps, "got": _told(got), "wanted": _told(right)}
    if _near(got, (start.layer.weight.item(), start.layer.bias.item())):
        raise Wrong("unmoved", **values)
    raise Wrong("accumulated" if steps > 1 and _near(got, piled_up) else "weights", **values)


def _moves(learner: Learner, loader: Batches) -> None:
    """See that batches go where the model is."""
    code = 'train(model, nn.MSELoss(), loader, 1, "meta")'
    learner.call(code, lambda: learner["train"](_Watched(), nn.MSELoss(), loader, 1, "meta"))


class _Watched(nn.Module):
    """A model that knows how often it was asked, and in which mode; it comes in eval mode."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)
        self.calls, self.trained_in_train_mode = 0, True
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.trained_in_train_mode &= self.training
        result: Tensor = self.layer(x)
        return result


def _weights(start: _Watched, loader: Batches, epochs: int, zero: bool) -> tuple[float, float]:
    """Where so many epochs lead, by hand; zero: whether each step's gradient stands alone."""
    w, b, of_w, of_b = start.layer.weight.item(), start.layer.bias.item(), 0.0, 0.0
    for _ in range(epochs):
        for x, y in loader:
            error = w * x + b - y
            slopes = (2 * error * x).mean().item(), (2 * error).mean().item()
            of_w, of_b = slopes if zero else (of_w + slopes[0], of_b + slopes[1])
            w, b = w - 0.1 * of_w, b - 0.1 * of_b
    return w, b


def _near(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return bool(torch.allclose(torch.tensor(a), torch.tensor(b), rtol=1e-4, atol=1e-5))


def _told(weights: tuple[float, float]) -> str:
    return "w = {:.4f}, b = {:.4f}".format(*weights)
