"""The article's own net with Tanh, which bends only half, and the same net with its x scaled."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tui_trainer.catalog import SCALES
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.devices import choose_threads
from tui_trainer.engine.trainer import Trainer
from tui_trainer.lessons.vanishing import VANISHED, gradient
from tui_trainer.runs.group import RunGroup
from tui_trainer.tasks.curve import Curve

Array = NDArray[np.float64]

EDGE = 14.0  # beyond it the article's net is flat, whatever its seed
SEED = 0
NETS = ("article", "scaled")


def article_nets(rate: float, epochs: int, seed: int = SEED) -> RunGroup:
    """The article's net with Tanh, untrained, and the same with its x brought to mean 0 and deviation 1; y as it is."""
    settings = {"lr": rate, "epochs": epochs, "seed": seed, "device": "cpu"}
    comparison = Comparison.preset("article").changed(activation="tanh", **settings)
    (experiment,) = comparison.runs.values()
    samples, control = load_samples(experiment), RunControl()
    scaled = replace(samples, x_scaling=SCALES["standard"].make(samples.x))
    choose_threads(0)  # such nets are small
    tasks = dict(zip(NETS, map(Curve, (samples, scaled)), strict=True))
    return RunGroup(comparison, [Trainer(name, experiment, task, control) for name, task in tasks.items()], control)


@dataclass(frozen=True)
class Fit:
    """How a net follows the data: up to the edge, and beyond it.

    prediction: at the data's x, of shape (n,); losses: the mean squared error on each side; flat: the part of the
    units' inputs beyond the edge where tanh has all but no slope; rise: how far the prediction rises beyond the edge.
    """

    name: str
    prediction: Array
    losses: tuple[float, float]
    flat: float
    rise: float

    @property
    def facts(self) -> Mapping[str, object]:
        """Its numbers, for `--json`."""
        below, beyond = self.losses
        return {"net": self.name, "loss_below": below, "loss_beyond": beyond, "flat": self.flat, "rise": self.rise}


def fit_of(trainer: Trainer) -> Fit:
    """How a net follows its data by now."""
    data = trainer.task
    assert isinstance(data, Curve)
    x = torch.tensor(data.samples.x_scaling.apply(data.samples.x), dtype=torch.float32)
    first, tanh, _ = trainer.model.children()
    with torch.inference_mode():
        prediction: Array = trainer.model(x).double().numpy()[:, 0]
        inputs: Tensor = first(x)
    beyond = data.x > EDGE
    errors = (prediction - data.y) ** 2
    _, slope = gradient(tanh, inputs[torch.from_numpy(beyond)].clone())
    return Fit(
        trainer.name,
        prediction,
        (float(errors[~beyond].mean()), float(errors[beyond].mean())),
        float((slope.abs() < VANISHED).double().mean()),
        float(prediction[-1] - prediction[beyond][0]),
    )
