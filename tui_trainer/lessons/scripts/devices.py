"""Where tensors live, and a small model on two devices, in plain PyTorch."""

SHOW = """\
def show(name, tensor):
    numbers = None if tensor.is_meta else tensor.tolist()
    print(name, "on", tensor.device, list(tensor.shape), numbers)

"""

MACHINE = """\
import torch

print("available", torch.cuda.is_available())
device = "cuda" if torch.cuda.is_available() else "cpu"
print("device", device)
"""

MOVE = (
    """\
import torch
from torch import nn


"""
    + SHOW
    + """
a = torch.ones(3)
show("a", a)
a.to("{second}")  # not assigned: a stays
show("a", a)
b = a.to("{second}")
show("b", b)
layer = nn.Linear(1, 1)
nn.init.ones_(layer.weight)
layer.to("{second}")  # a module moves
show("layer.weight", layer.weight)
try:
    show("a + b", a + b)
except RuntimeError as error:
    print("a + b failed:", error)
"""
)

MODEL = (
    """\
import torch
from torch import nn
from torch.nn.functional import mse_loss


"""
    + SHOW
    + """
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
)

VIEWS = {"machine": MACHINE, "move": MOVE, "model": MODEL, "question": MODEL}


def script(view: str, second: str, x: str, y: str, weights: str) -> str:
    """What of the lesson is shown, and the devices that x, y and the weights are on.

    It prints what each line made, and what failed.
    """
    return VIEWS[view].format(second=second, x=x, y=y, weights=weights)
