"""A small net, trained and taken apart into its units, in plain PyTorch."""

from collections.abc import Sequence

from tui_trainer.source_code import Code

SCRIPT = """\
{head}import numpy as np
import torch
from torch import {imported}nn
{definition}
# The article's points, with noise of its own, brought to mean 0 and deviation 1.
points = np.linspace(0, 20, 200)
values = points + 2 * np.sin(points) + np.random.default_rng({seed}).normal(size=200)
x, y = (torch.tensor((v - v.mean()) / v.std()).unsqueeze(1) for v in (points, values))

torch.set_num_threads(1)  # faster for a net this small
torch.manual_seed({seed})
net = nn.Sequential(nn.Linear(1, {hidden}), {activation}, nn.Linear({hidden}, 1)).double()
optimizer = torch.optim.Adam(net.parameters(), lr={lr!r})
shuffling = torch.Generator().manual_seed({seed})
for step in range({steps}):
    batch = torch.randperm(200, generator=shuffling)  # all samples
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(x[batch]), y[batch])
    loss.backward()
    optimizer.step()

# The units in the data's own units: y = c + Σ v · f(w·x + b).
x, y = torch.tensor(points).unsqueeze(1), torch.tensor(values)
into, f, out = net.requires_grad_(False)
w = into.weight.flatten() / points.std()
b = into.bias - w * points.mean()
v = out.weight.flatten() * values.std()
c = out.bias * values.std() + values.mean()
order = torch.randperm({hidden}, generator=torch.Generator().manual_seed({draw}))  # the units' numbers in this draw
w, b, v = w[order], b[order], v[order]
for unit in range({hidden}):
    print("unit", unit + 1, "w", w[unit].item(), "b", b[unit].item(), "v", v[unit].item())
parts = v * f(w * x + b)
print("c", c.item(), "loss", (c + parts.sum(dim=1) - y).square().mean().item())
"""

OFF = """\

# Units that are off leave their mean; or v and c of the others are fitted anew.
off = {off}
flat = parts.clone()
flat[:, off] = parts[:, off].mean(dim=0)
print("without them: loss", (c + flat.sum(dim=1) - y).square().mean().item())
on = [unit for unit in range({hidden}) if unit not in off]
columns = torch.cat([f(w * x + b)[:, on], torch.ones(200, 1)], dim=1)
best = torch.linalg.lstsq(columns, y.unsqueeze(1), driver="gelsd").solution  # units may be flat or alike
print("refitted", (columns @ best - y.unsqueeze(1)).square().mean().item())
"""


def script(
    activation: Code, hidden: int, draw: int, off: Sequence[int], seed: int, lr: float, steps: int, run: str
) -> str:
    """It prints the trained units, c and the loss; then the losses without those that are off, counted from 1.

    draw: how the units are numbered; run: which run of the training screen the lesson looks into instead, if any; the
    script trains the lesson's own net.
    """
    return (SCRIPT + OFF * bool(off)).format(
        head=f"# The screen shows run {run!a}; this is the lesson's own net instead.\n" if run else "",
        imported="Tensor, " * ("Tensor" in activation.definition),
        definition=f"\n\n{activation.definition.strip()}\n\n" if activation.definition else "",
        activation=activation.expression,
        hidden=hidden,
        draw=draw,
        off=[unit - 1 for unit in off],
        seed=seed,
        lr=lr,
        steps=steps,
    )
