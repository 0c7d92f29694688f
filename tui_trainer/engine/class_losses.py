"""Losses of classes that torch.nn does not have as they are needed here. The list of all is `catalog.LOSSES`."""

from torch import Tensor, nn


class BinaryCrossEntropy(nn.BCEWithLogitsLoss):
    """PyTorch's, for a net that gives the second class's score: predictions of shape (n, 1), classes of shape (n,)."""

    def forward(self, prediction: Tensor, y: Tensor) -> Tensor:
        return super().forward(prediction.squeeze(1), y.to(prediction.dtype))


class Hinge(nn.Module):
    """nn.MultiMarginLoss, of operations that native code has: how far others' scores are within 1 of the true class's.

    prediction: of shape (n, classes); y: of shape (n,).
    """

    def forward(self, prediction: Tensor, y: Tensor) -> Tensor:
        right = -nn.functional.nll_loss(prediction, y, reduction="none")
        margins = nn.functional.relu(1 - right.unsqueeze(1) + prediction)
        # The true class is within 1 of itself, which does not count.
        return ((margins.sum(dim=1) - 1) / prediction.shape[1]).mean()
