"""A small model on two devices, in plain PyTorch."""

SCRIPT = """\
import torch
from torch import nn
from torch.nn.functional import mse_loss


def show(name, tensor):
    numbers = None if tensor.is_meta else tensor.tolist()
    print(name, "on", tensor.device, list(tensor.shape), numbers)


a = torch.ones(3)
b = a.to("{second}")
show("a", a)
show("b", b)
try:
    show("a + b", a + b)
except RuntimeError as error:
    print("a + b failed:", error)

model = nn.Linear(1, 1)
nn.init.ones_(model.weight)
nn.init.zeros_(model.bias)
model.to("{weights}")
x = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
x, y = x.to("{x}"), (2 * x + 1).to("{y}")
try:
    prediction = model(x)
    show("forward", prediction)
    loss = mse_loss(prediction, y)
    show("loss", loss)
    loss.backward()
    show("backward", model.weight.grad)
except RuntimeError as error:
    print("failed:", error)
"""


def script(second: str, x: str, y: str, weights: str) -> str:
    """The devices that x, y and the weights are on. It prints what each line made, and what failed."""
    return SCRIPT.format(second=second, x=x, y=y, weights=weights)
