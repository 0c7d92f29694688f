"""Nets of many linear layers, and the line that each of them is, in plain PyTorch."""

from collections.abc import Sequence

from tui_trainer.source_code import Code

SCRIPT = """\
import numpy as np
import torch
from torch import {torch}nn
from torch.nn.functional import mse_loss

{definition}# The article's points, brought to mean 0 and deviation 1.
points = np.linspace(0, 20, 200)
values = points + 2 * np.sin(points) + np.random.default_rng(0).normal(size=200)
x, y = (torch.tensor((v - v.mean()) / v.std()).float().unsqueeze(1) for v in (points, values))

for layers, steps, rate in {nets}:
    widths = [1, *[{width}] * (layers - 1), 1]
    linear = [nn.Linear(*sizes) for sizes in zip(widths, widths[1:])]
    generator = torch.Generator().manual_seed(0)
    for layer in linear:
        nn.init.orthogonal_(layer.weight, generator=generator)
        nn.init.uniform_(layer.bias, -{bias}, {bias}, generator=generator)
    net = nn.Sequential({net})
{bent}    optimizer = torch.optim.{optimizer}(net.parameters(), lr=rate)
    for step in range(steps):
        optimizer.zero_grad()
        mse_loss(net(x), y).backward()
        optimizer.step()
    predicted = net(x).detach().double().squeeze(1).numpy() * values.std() + values.mean()
    print(layers, "layers: loss", np.mean((predicted - values) ** 2))
{multiplied}
slope, intercept = np.polyfit(points, values, 1)
print("floor", slope, intercept, np.mean((slope * points + intercept - values) ** 2))
"""

BENT = """\
    for layer in linear[1:]:
        net.extend([{activation}, layer])
"""

MULTIPLIED = """\
    weight, bias = torch.ones(1, 1).double(), torch.zeros(1).double()
    for w, b in [(layer.weight.double(), layer.bias.double()) for layer in linear]:
        weight, bias = w @ weight, w @ bias + b  # multiplied out
    slope = weight.item() * values.std() / points.std()
    intercept = bias.item() * values.std() + values.mean() - slope * points.mean()
    apart = np.abs(slope * points + intercept - predicted).max() / np.ptp(values)
    print(layers, "layers: line", slope, intercept, "apart", apart)
"""


def script(nets: Sequence[tuple[int, int, float]], width: int, bias: float, activation: Code | None) -> str:
    """nets: of each, how many layers, how many steps it is trained, and at which rate.

    It prints the loss of each, and the line that it is where no activation bends it.
    """
    definition = activation.definition if activation else ""
    return SCRIPT.format(
        torch="Tensor, " * bool(definition),
        definition=f"\n{definition}\n\n" * bool(definition),
        nets=[*nets],
        width=width,
        bias=bias,
        net="linear[0]" if activation else "*linear",
        bent=BENT.format(activation=activation.expression) if activation else "",
        optimizer="Adam" if activation else "SGD",
        multiplied="" if activation else MULTIPLIED,
    )
