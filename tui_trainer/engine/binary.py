"""A loss for two classes and one output."""

from torch import Tensor, nn


class BinaryCrossEntropy(nn.BCEWithLogitsLoss):
    """PyTorch's, for a net that gives the second class's score: predictions of shape (n, 1), classes of shape (n,)."""

    def forward(self, prediction: Tensor, y: Tensor) -> Tensor:
        return super().forward(prediction.squeeze(1), y.to(prediction.dtype))
