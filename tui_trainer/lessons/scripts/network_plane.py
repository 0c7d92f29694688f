"""A small net on samples in the plane, taken apart into its units, in plain PyTorch."""

from collections.abc import Sequence

from tui_trainer.lessons.scripts import plane

UNITS = """\

# The units in the data's own units: w1 x1 + w2 x2 + b.
w = layers[0].weight.detach() / torch.tensor(deviation)
b = layers[0].bias.detach() - w @ torch.tensor(mean)
order = torch.randperm({units}, generator=torch.Generator().manual_seed({draw}))  # the units' numbers in this draw
for unit, place in enumerate(order, 1):
    print("unit", unit, "w1", w[place, 0].item(), "w2", w[place, 1].item(), "b", b[place].item())
"""

OFF = """\

# Units that are off leave their mean.
hidden, off = net[:-1](x).detach(), order[{off}]
hidden[:, off] = hidden[:, off].mean(dim=0)
scores = layers[1](hidden)
print("without them: loss", cross_entropy(scores, y).item(), "wrong", (scores.argmax(dim=1) != y).sum().item())
"""


def script(data: str, units: int, activation: str, draw: int, off: Sequence[int]) -> str:
    """It prints the trained net's loss and its units; then the loss without those that are off, counted from 1."""
    taken_apart = (UNITS + OFF * bool(off)).format(units=units, draw=draw, off=[unit - 1 for unit in off])
    return plane.script(data, f"{units}", [activation], borders=False) + taken_apart
