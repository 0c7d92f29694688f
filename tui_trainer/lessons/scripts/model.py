"""A model as a class and as a row of layers, its parameters and its loss, in plain PyTorch."""

import inspect
from typing import TYPE_CHECKING

from tui_trainer.lessons.nets import SEED, Net, Skip

if TYPE_CHECKING:
    from tui_trainer.lessons.model_pages import Given

NET = """\
import torch
from torch import Tensor, nn


{net}

torch.manual_seed({seed})
net = Net({hidden})
"""

ROW = """\
torch.manual_seed({seed})
row = nn.Sequential(nn.Linear(1, {hidden}), nn.Linear({hidden}, 1))
"""

ONE = """\
x = torch.ones(1, 1)
with torch.inference_mode():
    print(x.item(), net(x).item(), row(x).item())
"""

NAMED = """\
for (name, ours), (other, theirs) in zip(net.named_parameters(), row.named_parameters()):
    print(name, other, list(ours.shape), torch.equal(ours, theirs))
"""

OUTPUTS = """\
x = torch.linspace(-1, 1, {batch}).unsqueeze(1)
with torch.inference_mode():
    for at, one, other in zip(x, net(x), row(x)):
        print(at.item(), one.item(), other.item())
"""

PICTURE = """\
print("inner", net.inner.weight.numel())
print("outer", net.outer.weight.numel())
"""

SHAPES = """\
h = torch.linspace(-1, 1, {batch}).unsqueeze(1)
for layer in (net.inner, net.outer):
    h = layer(h)
    count = sum(parameter.numel() for parameter in layer.parameters())
    print(list(h.shape), list(layer.weight.shape), count)
print(sum(parameter.numel() for parameter in net.parameters()))
"""

PRINTED = """\
print(net)
"""

SKIP = """\


{skip}

torch.manual_seed({seed})
skip = Skip({hidden})
x = torch.linspace(-1, 1, {batch}).unsqueeze(1).requires_grad_()
f, y = net(x), skip(x)
slopes = [torch.autograd.grad(out.sum(), x)[0] for out in (f, y)]
for row in zip(x, f, x + f, y, *slopes):
    print(*(number.item() for number in row))
"""

LOSS = """\
import torch
from torch import nn

y = torch.tensor({targets})
prediction = torch.full_like(y, {prediction})
errors = prediction - y
print("by hand", (errors**2).mean().item(), errors.abs().mean().item())
print("nn", nn.MSELoss()(prediction, y).item(), nn.L1Loss()(prediction, y).item())
"""

SQUARES = """\
from statistics import mean, median

import torch
from torch import nn

targets = {targets}
y = torch.tensor(targets)
for prediction in sorted([{prediction}, median(targets), mean(targets)]):
    for loss in (nn.MSELoss(), nn.L1Loss()):
        p = torch.tensor(prediction, requires_grad=True)
        value = loss(p.expand_as(y), y)
        value.backward()
        print(prediction, type(loss).__name__, value.item(), p.grad.item())
"""

VIEWS = {
    "class": NET + ROW + ONE,
    "named": NET + ROW + NAMED,
    "outputs": NET + ROW + OUTPUTS,
    "picture": NET + PICTURE,
    "shapes": NET + SHAPES,
    "printed": NET + PRINTED,
    "skip": NET + SKIP,
    "loss": LOSS,
    "squares": SQUARES,
}


def script(view: str, given: "Given") -> str:
    """It prints the parameters and outputs of both nets, or what else the page shows: shapes, counts, losses."""
    return VIEWS[view].format(
        net=inspect.getsource(Net),
        skip=inspect.getsource(Skip),
        seed=SEED,
        hidden=given.hidden,
        batch=given.batch,
        targets=list(given.targets),
        prediction=given.prediction,
    )
