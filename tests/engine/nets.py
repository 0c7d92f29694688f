"""A net of a person's own, knotted as such nets are."""

import torch
from torch import nn


class Knotted(nn.Module):
    """Two layers with the same weights, one that stands still, buffers, dropout, a list of blocks and loose numbers."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.ReLU())
        self.blocks = nn.ModuleList(Block() for _ in range(3))
        self.tied, self.same = nn.Linear(6, 6), nn.Linear(6, 6)
        self.same.weight = self.tied.weight
        self.still = nn.Linear(6, 6)
        self.still.requires_grad_(False)
        self.loose = nn.ParameterList([torch.ones(6), torch.zeros(1)])
        self.last = nn.Linear(6, 2)
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        if self.training:
            self.seen += len(x)
        x = self.first(x) + self.first[1].running_mean  # other ones in each process, unless they tell each other
        for block in self.blocks:
            x = block(x)
        x = self.same(self.tied(x).tanh()) + self.still(x)
        return self.last(x * self.loose[0] + self.loose[1])


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Dropout(0.2))
        self.scale = nn.Parameter(torch.ones(6))

    def forward(self, x):
        return x + self.inside(x) * self.scale
