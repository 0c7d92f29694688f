"""A convolutional network for the digits that come along."""

from torch import nn


class Conv(nn.Module):
    """Two convolutions, each of which halves the picture, and a linear layer.

    Args:
        channels: of the first convolution; the second has twice as many
        dropped: share of what the linear layer is given that dropout leaves out
    """

    def __init__(self, channels: int = 4, dropped: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(channels, 2 * channels, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(dropped),
            nn.Linear(8 * channels, 10),
        )

    def forward(self, x):
        return self.layers(x)
