"""Activations that torch.nn does not have. The list of all is `catalog.ACTIVATIONS`."""

import torch
from torch import Tensor, nn


class Sin(nn.Module):
    """sin(x), of any shape (Sitzmann et al., 2020, "Implicit neural representations")."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(x)
