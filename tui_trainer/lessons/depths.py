"""Nets of 1 to 1,000 linear layers on the article's points, and the line that each of them is."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import SGD, Adam, Optimizer

from tui_trainer.data.samples import load_samples
from tui_trainer.engine.models import build_model
from tui_trainer.experiment import Experiment
from tui_trainer.tasks.curve import Curve
from tui_trainer.tasks.line import Line

Array = NDArray[np.float64]

WIDTH = 10
SHALLOW = 20
BIAS = 0.01
PER_LAYER, REACH = 0.25, 3.0
ADAM = 0.02


def start_orthogonal(layers: Iterable[nn.Module]) -> None:
    """Weights that turn and mirror without changing a length; small biases."""
    generator = Generator().manual_seed(0)
    for layer in layers:
        if isinstance(layer, nn.Linear):
            nn.init.orthogonal_(layer.weight, generator=generator)
            nn.init.uniform_(layer.bias, -BIAS, BIAS, generator=generator)


def train_step(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> None:
    """One step of full-batch gradient descent."""
    optimizer.zero_grad()
    loss = mse_loss(model(x), y)
    loss.backward()
    optimizer.step()


def hidden_of(layers: int) -> str:
    """The `hidden` setting of a net with so many linear layers."""
    return f"{WIDTH}*{layers - 1}" if layers > 1 else "none"


def steps_of(layers: int, steps: int) -> int:
    """How many of the steps a net takes: all up to 20 layers, beyond as many fewer as each takes longer."""
    return min(steps, max(1, steps * SHALLOW // max(SHALLOW, layers)))


def rate_of(layers: int, activation: str, steps: int) -> float:
    """The learning rate of a net's optimizer: SGD where nothing bends, and else Adam."""
    if activation != "identity":
        return ADAM * SHALLOW / max(SHALLOW, layers)
    # Each layer moves the one slope, so n of them move it n times as far in a step.
    return min(PER_LAYER, REACH / max(1, steps)) / layers


def article_points() -> Curve:
    """The article's points, scaled for training."""
    return Curve(load_samples(Experiment(scale="standard")))


@dataclass
class Net:
    """A net of so many linear layers, freshly started, with the activation between each two.

    steps: how many it will be trained; line: what it equals, in the data's units, None where it
    bends; prediction: at the data's x, in its units, of shape (n,).
    """

    layers: int
    activation: str
    steps: int
    data: Curve
    taken: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.model = build_model(Experiment(hidden=hidden_of(self.layers), activation=self.activation), self.data)
        start_orthogonal(self.model)
        rate = rate_of(self.layers, self.activation, self.steps)
        self.optimizer: Optimizer = (SGD if self.activation == "identity" else Adam)(self.model.parameters(), lr=rate)
        samples = self.data.samples
        self._x = torch.tensor(samples.x_scaling.apply(samples.x), dtype=torch.float32)
        self._y = torch.tensor(samples.scaled_y(samples.y), dtype=torch.float32)
        self._measure()

    def train_until(self, step: int) -> None:
        """Train up to this step."""
        while self.taken < step:
            train_step(self.model, self.optimizer, self._x, self._y)
            self.taken += 1
        self._measure()

    def _measure(self) -> None:
        with torch.inference_mode():
            outputs = self.model(self._x).double().numpy()
        self.prediction: Array = self.data.predicted(outputs)[:, 0]
        self.line: Line | None = self.data.equivalent_line(self.model)

    @property
    def loss(self) -> float:
        """The mean squared error, in the data's units."""
        return float(np.mean((self.prediction - self.data.y) ** 2))

    @property
    def difference(self) -> float | None:
        """How far line and prediction lie apart at most, as a share of the data's range."""
        if self.line is None:
            return None
        return float(np.abs(self.line(self.data.x) - self.prediction).max() / np.ptp(self.data.y))
