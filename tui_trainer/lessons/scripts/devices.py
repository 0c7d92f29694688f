"""A small model on two devices, in plain PyTorch."""

SCRIPT = """\
import torch
from torch import nn
from torch.nn.functional import mse_loss

second = torch.device({second!r})
a = torch.ones(3)
b = a.to(second)
try:
    print(a + b)
except RuntimeError as error:
    print("a + b:", error)

model = nn.utils.skip_init(nn.Linear, 1, 1)
nn.init.ones_(model.weight)
nn.init.zeros_(model.bias)
x = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
y = 2 * x + 1

model = model.to({weights})
x, y = x.to({x}), y.to({y})
prediction = model(x)
print("forward", prediction)
loss = mse_loss(prediction, y)
print("loss", loss)
loss.backward()
print("backward", model.weight.grad)
"""


def script(second: str, x: bool, y: bool, weights: bool) -> str:
    """x, y, weights: whether each is on the second device. What fails in the lesson fails here."""
    homes = {"x": x, "y": y, "weights": weights}
    return SCRIPT.format(second=second, **{name: "second" if moved else '"cpu"' for name, moved in homes.items()})
