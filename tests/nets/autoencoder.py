"""An autoencoder: what it is given is what it should give back, through few numbers."""

import torch
from torch import nn


def waves(count: int = 120):
    """Sines of all phases, each of 16 numbers."""
    phases = torch.linspace(0, 6.28, count)[:, None]
    x = torch.sin(torch.linspace(0, 6.28, 16) + phases)
    return x, x


class Autoencoder(nn.Module):
    """16 numbers through a bottleneck.

    Args:
        bottleneck: how many numbers it has
    """

    def __init__(self, bottleneck: int = 2) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, bottleneck))
        self.decode = nn.Sequential(nn.Linear(bottleneck, 8), nn.Tanh(), nn.Linear(8, 16))


def rebuild(model, batch):
    x, _ = batch
    code = model.encode(x)
    error = model.decode(code) - x
    return {"loss": error.square().mean() + 1e-4 * code.square().mean(), "worst": error.abs().max()}
