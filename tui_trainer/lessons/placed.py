"""Models whose tensors are on this device or that: drawn by the program, for a learner to say where each fails."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

DRAWN, NOWHERE = 4, "none"
PLACES = ("x", "first", "second", "y")
ENDS = ("first", "second", "loss", NOWHERE)  # where a model can fail: backward goes where forward came from
FEWEST_ENDS = 3  # among those that are drawn together


@dataclass(frozen=True)
class PlacedModel:
    """Whether x, the first and the second layer and y are each on the second device."""

    x: bool
    first: bool
    second: bool
    y: bool

    @property
    def signs(self) -> str:
        """A sign for each, full for the second device."""
        return "".join("●" if there else "○" for there in astuple(self))

    def facts(self, second: torch.device) -> dict[str, str]:
        """Where each is."""
        return {name: str(second) if there else "cpu" for name, there in zip(PLACES, astuple(self), strict=True)}

    @cache  # noqa: B019 - there are but sixteen, and each runs a model
    def end(self, second: torch.device) -> str:
        """Where it fails, asked of PyTorch."""
        x, first, h, y = (second if there else torch.device("cpu") for there in astuple(self))
        end = ENDS[0]
        try:
            hidden: Tensor = nn.utils.skip_init(nn.Linear, 1, 1).to(first)(torch.ones(4, 1).to(x))
            end = ENDS[1]
            predicted = nn.utils.skip_init(nn.Linear, 1, 1).to(h)(hidden)
            end = ENDS[2]
            mse_loss(predicted, torch.ones(4, 1).to(y)).backward()
        except RuntimeError:
            return end
        return NOWHERE


EVERY = [PlacedModel(*places) for places in product((False, True), repeat=len(PLACES))]


def draw_models(draw: int) -> list[PlacedModel]:
    """The models of a draw, all different, with different ends among them."""
    random = np.random.default_rng(draw)
    while True:
        models = [EVERY[i] for i in random.choice(len(EVERY), DRAWN, replace=False)]
        if len({model.end(torch.device("meta")) for model in models}) >= FEWEST_ENDS:
            return models


def meaning(models: Sequence[PlacedModel]) -> str:
    """What is asked, in whichever order."""
    return " ".join(sorted(model.signs for model in models))
