"""An activation, its slope, and nets that train with it, in plain PyTorch."""

from tui_trainer.lessons.activation_race import SEEDS, UNITS
from tui_trainer.lessons.vanishing import AXIS, FINE, VANISHED
from tui_trainer.source_code import Code

SLOPE = """\
import numpy as np
import torch
from torch import {imported}nn
{definition}
f = {activation}

# Its slope over the axis, by autograd.
z = torch.linspace({low!r}, {high!r}, {fine}, dtype=torch.float64, requires_grad=True)
(slope,) = torch.autograd.grad(f(z).sum(), z)
print("slope", slope[::1000].tolist())
print("steepest", slope.max().item(), "all but 0 at", (slope.abs() < {vanished!r}).double().mean().item())

# The article's points, brought to mean 0 and deviation 1.
points = np.linspace(0, 20, 200)
values = points + 2 * np.sin(points) + np.random.default_rng(0).normal(size=200)
x, y = (torch.tensor((v - v.mean()) / v.std(), dtype=torch.float32).unsqueeze(1) for v in (points, values))

# Nets of {units} units, one from each seed, side by side: f(x @ w + b) @ v + c is of shape (seeds, samples, 1).
torch.set_num_threads(1)  # faster for nets this small
layers = []
for seed in range({seeds}):
    torch.manual_seed(seed)
    layers.append((nn.Linear(1, {units}), nn.Linear({units}, 1)))
w, v = (nn.Parameter(torch.stack([layer.weight.detach().T for layer in each])) for each in zip(*layers))
b, c = (nn.Parameter(torch.stack([layer.bias.detach()[None] for layer in each])) for each in zip(*layers))
"""

RACE = """\
optimizer = torch.optim.Adam([w, b, v, c], lr={lr!r})
for step in range({steps}):
    optimizer.zero_grad()
    losses = ((f(x @ w + b) @ v + c - y) ** 2).mean(dim=(1, 2))
    losses.sum().backward()
    optimizer.step()
losses = losses.detach().double().numpy() * values.std() ** 2
print("median loss", np.median(losses), "least", losses.min(), "most", losses.max())
"""

INPUTS = """\

# Where the units' inputs lie by now: is there a slope?
inputs = (x @ w + b).detach().requires_grad_()
(slope,) = torch.autograd.grad(f(inputs).sum(), inputs)
flat, dead = slope.abs() < {vanished!r}, (slope == 0).all(dim=1)
print("all but 0 at", flat.double().mean().item())
print("dead units", dead.sum().item(), "saturated", (flat.all(dim=1) & ~dead).sum().item())
"""


def script(activation: Code, steps: int, lr: float) -> str:
    """It prints the activation's slope over the axis; its losses in the race; the slope where inputs lie in the end."""
    low, high = AXIS
    return (SLOPE + RACE * (steps > 0) + INPUTS).format(
        imported="Tensor, " * ("Tensor" in activation.definition),
        definition=f"\n\n{activation.definition.strip()}\n\n" if activation.definition else "",
        activation=activation.expression,
        low=low,
        high=high,
        fine=FINE,
        vanished=VANISHED,
        units=UNITS,
        seeds=SEEDS,
        steps=steps,
        lr=lr,
    )
