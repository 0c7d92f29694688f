"""A net of one hidden layer in the plane: what each of its units gives over it, as a tile."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tui_trainer.charts.chart import Array
from tui_trainer.lessons.plane_nets import PlaneNet

TILE = 16, 24  # pixels: rows and columns
ASKED, LEAST_UNITS = 3, 5  # of how many tiles it is asked which units they show; of fewer units luck would tell
PART, UNLIKE = 0.1, 0.15  # in so much of the plane two tiles are at least so far apart, where one can tell them


@dataclass(frozen=True)
class OpenedPlane:
    """A net as it is after some steps. order: the place of each unit, in the order of their numbers from 1 on."""

    net: PlaneNet
    order: tuple[int, ...]

    @classmethod
    def of(cls, net: PlaneNet, draw: int) -> Self:
        """The net under the numbers of this draw: nothing of it depends on them."""
        units = net.layers[0].out_features
        order = torch.randperm(units, generator=torch.Generator().manual_seed(draw))
        return cls(net, tuple(order.tolist()))

    @property
    def units(self) -> int:
        return len(self.order)

    @cached_property
    def sums(self) -> list[tuple[float, float, float]]:
        """w1, w2 and b of each unit, in the data's own units."""
        w, b = self.net.first_sums
        return [(float(w[place][0]), float(w[place][1]), float(b[place])) for place in self.order]

    @cached_property
    def tiles(self) -> Array:
        """What each unit gives over the plane: (units, *TILE), the top row first.

        0.5 is nothing; what a unit gives farthest from that is 1 if it is above 0, else 0.
        """
        plane = self.net.data.plane
        (left, right), (low, high), (rows, columns) = plane.x, plane.y, TILE
        x1 = left + (torch.arange(columns).double() + 0.5) / columns * (right - left)
        x2 = high - (torch.arange(rows).double() + 0.5) / rows * (high - low)
        places = torch.stack([*torch.meshgrid(x1, x2, indexing="xy")], dim=-1).reshape(-1, 2)
        given = self.net.hidden(places.numpy())[:, [*self.order]].T
        most = given.abs().max(dim=1, keepdim=True).values
        shares: Array = ((given / most.clamp(min=1e-12) + 1) / 2).numpy()
        return shares.reshape(-1, *TILE)

    def ask(self, draw: int) -> tuple[int, ...]:
        """The units whose tiles are shown first, unnamed: none where too few can be distinguished from all others."""
        clear = [unit for unit in range(1, self.units + 1) if self._is_clear(unit)]
        if self.units < LEAST_UNITS or len(clear) < ASKED:
            return ()
        return tuple(Random(draw).sample(clear, ASKED))  # noqa: S311

    def _is_clear(self, unit: int) -> bool:
        own = self.tiles[unit - 1]
        others = [tile for place, tile in enumerate(self.tiles, 1) if place != unit]
        return all(np.quantile(abs(own - other), 1 - PART) >= UNLIKE for other in others)

    def shown(self, asked: tuple[int, ...], draw: int) -> list[int]:
        """All units in the order in which their tiles are shown: those that are asked for first, then the others."""
        others = [unit for unit in range(1, self.units + 1) if unit not in asked]
        return [*asked, *Random(draw).sample(others, len(others))]  # noqa: S311

    def question(self, asked: tuple[int, ...]) -> str:
        """What is asked, by its meaning, whichever the units' numbers are."""
        experiment = self.net.experiment
        places = sorted(self.order[unit - 1] for unit in asked)
        return f"{experiment.data}, {experiment.activation}, {self.units} units: tiles of {places}"

    def without(self, off: Collection[int]) -> tuple[float, int]:
        """The loss, and how many samples are wrong, with these units off: of each its mean over the samples is left."""
        places = [self.order[unit - 1] for unit in off]
        hidden = self.net.hidden(self.net.data.samples.x)
        hidden[:, places] = hidden[:, places].mean(dim=0)
        return self._judged(hidden)

    @torch.no_grad()
    def _judged(self, hidden: Tensor) -> tuple[float, int]:
        scores = self.net.layers[-1](hidden)
        return cross_entropy(scores, self.net.y).item(), int((scores.argmax(dim=1) != self.net.y).sum())
