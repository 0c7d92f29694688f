"""Nets of many linear layers, and the line that each of them is, in plain PyTorch."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from tui_trainer.source_code import Code

SCRIPT = """\
from collections.abc import Iterable

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import SGD, Adam, Optimizer

BIAS = {bias!r}


{functions}

# The article's points, brought to mean 0 and deviation 1.
points = np.linspace(0, 20, 200)
values = points + 2 * np.sin(points) + np.random.default_rng(0).normal(size=200)
x, y = (torch.tensor((v - v.mean()) / v.std(), dtype=torch.float32).unsqueeze(1) for v in (points, values))

for layers, steps, rate in {nets}:
    widths = [1, *[{width}] * (layers - 1), 1]
    parts = []
    for inputs, outputs in zip(widths, widths[1:]):
        {activation}parts.append(nn.Linear(inputs, outputs))
    net = nn.Sequential(*parts)
    start_orthogonal(net)
    optimizer = {optimizer}(net.parameters(), lr=rate)
    for _ in range(steps):
        train_step(net, optimizer, x, y)
    with torch.inference_mode():
        prediction = net(x).squeeze(1).double().numpy() * values.std() + values.mean()
    print(layers, "layers: loss", np.mean((prediction - values) ** 2))
"""


def script(
    nets: Sequence[tuple[int, int, float]],
    width: int,
    bias: float,
    activation: Code | None,
    functions: Sequence[Callable[..., Any]],
) -> str:
    """nets: of each, how many layers, how many steps it is trained, and at which rate. It prints the loss of each."""
    return SCRIPT.format(
        functions="\n\n".join(inspect.getsource(function) for function in functions),
        nets=[*nets],
        width=width,
        bias=bias,
        activation=f"if parts:\n            parts.append({activation.expression})\n        " if activation else "",
        optimizer="Adam" if activation else "SGD",
    )
