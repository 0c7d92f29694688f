"""The article's own net with Tanh, and the same with x scaled, in plain PyTorch."""

from tui_trainer.lessons.half_bent import EDGE, NETS, SEED
from tui_trainer.lessons.vanishing import VANISHED

SCRIPT = """\
import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)  # faster for a net this small
points = np.linspace(0, 20, 200)
values = points + 2 * np.sin(points) + np.random.default_rng({seed}).normal(size=200)
scaled = (points - points.mean()) / points.std()
beyond = points > {edge!r}

# 200 steps an epoch: a thousand epochs take a minute each. So large a rate makes rounding errors grow:
# a loop that rounds otherwise, such as compiled code, ends nearby, and not at the same numbers.
for name, inputs in {{"{article}": points, "{scaled}": scaled}}.items():
    x, y = (torch.tensor(v, dtype=torch.float32).reshape(-1, 1) for v in (inputs, values))
    torch.manual_seed({seed})
    net = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr={rate!r})
    shuffle = torch.Generator().manual_seed({seed})
    for epoch in range({epochs}):
        for i in torch.randperm(200, generator=shuffle).tolist():
            optimizer.zero_grad()
            nn.functional.mse_loss(net(x[i : i + 1]), y[i : i + 1]).backward()
            optimizer.step()
    errors = (net(x).detach().double().squeeze(1).numpy() - values) ** 2
    slope = 1 - torch.tanh(net[0](x)).detach().numpy() ** 2
    flat = np.mean(slope[beyond] < {vanished!r})
    print(name, "loss up to", {edge!r}, errors[~beyond].mean(), "beyond", errors[beyond].mean(), "flat", flat)
"""


def script(rate: float, epochs: int) -> str:
    """It prints each net's loss on both sides of the edge, and how many inputs beyond lie where tanh is flat."""
    article, scaled = NETS
    return SCRIPT.format(
        seed=SEED, edge=EDGE, article=article, scaled=scaled, rate=rate, epochs=epochs, vanished=VANISHED
    )
