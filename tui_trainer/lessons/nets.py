"""The article's net as a class, as a row of layers, and changed as only a class can be."""

# The classes are shown to learners as they stand, with what a learner would write.
# mypy: disable-error-code="no-any-return"

from torch import Tensor, nn

from tui_trainer.random_numbers import RandomNumbers

SEED = 0


class Net(nn.Module):
    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(1, hidden)
        self.outer = nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.outer(self.inner(x))


class Skip(Net):
    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


def started(kind: type[Net], hidden: int) -> Net:
    """A net of this class, its weights drawn from the seed."""
    with RandomNumbers(SEED).drawn():
        return kind(hidden)


def in_a_row(hidden: int) -> nn.Sequential:
    """The same layers as nn.Sequential, from the same seed."""
    with RandomNumbers(SEED).drawn():
        return nn.Sequential(nn.Linear(1, hidden), nn.Linear(hidden, 1))
