"""How the numbers of a net are spread at a moment: its weights, their gradients, and how far a step moves them."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BINS = 16
MOST_VALUES = 1 << 16  # of a tensor: of a larger one, every so many


@dataclass(frozen=True)
class Counts:
    """How many values lie in each of equally wide pieces from -most to most, int64 of shape (BINS,)."""

    most: float
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, values: Tensor) -> "Counts | None":
        """Those that are finite numbers; None where there are none."""
        values = values.detach().flatten()
        values = values[:: -(-values.numel() // MOST_VALUES) or 1].float()
        values = values[values.isfinite()].cpu()
        if not values.numel():
            return None
        most = float(values.abs().max())
        counts = torch.histc(values, BINS, -most or -1.0, most or 1.0)
        return cls(most, counts.long().numpy())


@dataclass(frozen=True)
class ParameterSpread:
    """One parameter. name: as in the state_dict; update: how far a step moves it, by its size, where that is known."""

    name: str
    weights: Counts
    gradient: Counts | None = None
    update: float | None = None


@dataclass(frozen=True)
class Spread:
    """All parameters that are learned, or the first of very many; more: how many others there are.

    steps: of the run at that moment; samples: those that the gradient is of, 0 for those of the last step.
    """

    parameters: tuple[ParameterSpread, ...]
    steps: int
    samples: int
    more: int = 0
