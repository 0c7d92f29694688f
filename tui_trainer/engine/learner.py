"""What is trained: a network and its optimizer, beside the points, on one device."""

import contextlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim import Optimizer

from tui_trainer.catalog import DTYPES, LOSSES, OPTIMIZERS
from tui_trainer.data.dataset import CurveDataset
from tui_trainer.data.points import Data
from tui_trainer.engine.devices import find_device, move_optimizer
from tui_trainer.engine.models import build_model
from tui_trainer.engine.random_numbers import RandomNumbers
from tui_trainer.engine.step import TrainingStep
from tui_trainer.experiment import Experiment, InputError

EVALUATION_BATCH = 65_536
LOSS_UNITS = (1e-290, 1e290)  # so that losses have room


class Learner:
    """Everything an experiment asks for, ready to learn; `epoch` and `steps` say how much it has learned."""

    def __init__(self, name: str, experiment: Experiment, data: Data) -> None:
        """Raises InputError for a device that can't be had, and for losses that no float can hold."""
        self.name, self.experiment, self.data = name, experiment, data
        self.dtype = DTYPES[experiment.dtype].load()
        self.device = find_device(experiment.device)

        self.dataset = self._dataset(data.x, data.y)
        self.test_set = self._dataset(data.x_test, data.y_test)
        self.random = RandomNumbers(experiment.seed)
        model = build_model(experiment, self.random).to(self.device)
        optimizer = OPTIMIZERS[experiment.optimizer].make(
            model.parameters(), lr=experiment.lr, weight_decay=experiment.weight_decay
        )
        move_optimizer(optimizer, self.device)
        self.step = TrainingStep(model, LOSSES[experiment.loss].make(), optimizer)
        self.loss_unit = self._loss_unit()
        self.epoch = self.steps = 0

    @property
    def model(self) -> nn.Module:
        """The network."""
        return self.step.model

    @property
    def optimizer(self) -> Optimizer:
        """What moves its weights."""
        return self.step.optimizer

    def _loss_unit(self) -> float:
        """A loss grows with the unit of y; times this it is in the data's own units. Raises InputError."""
        deviation, loss = self.data.y_scaling.deviation, self.experiment.loss
        with contextlib.suppress(OverflowError):
            unit: float = deviation ** LOSSES[loss].degree
            if LOSS_UNITS[0] < unit < LOSS_UNITS[1] or deviation == unit:
                return unit
        raise InputError(
            f"loss: {loss} of values with a deviation of {deviation:.3g} is beyond all floats; take l1, or give y in "
            "another unit"
        )

    def _dataset(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> CurveDataset:
        return CurveDataset(self.data.x_scaling.apply(x), self.data.y_scaling.apply(y), self.dtype, self.device)

    def evaluate(self, dataset: CurveDataset) -> float:
        """The mean loss on a data set, in the data's own units, leaving the network as it is."""
        self.model.eval()
        with torch.inference_mode():
            total = sum(
                self.step.loss_fn(self.model(x), y).cpu().double() * len(x)  # mps has no double
                for x, y in (dataset[i : i + EVALUATION_BATCH] for i in range(0, len(dataset), EVALUATION_BATCH))
            )
        self.model.train()
        return float(total) / len(dataset) * self.loss_unit

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The network's y for x, both of shape (n,) and in the data's own units."""
        scaled = torch.tensor(self.data.x_scaling.apply(x), dtype=self.dtype, device=self.device)
        self.model.eval()
        with torch.inference_mode():
            y = self.model(scaled.unsqueeze(1)).squeeze(1)
        self.model.train()
        return self.data.y_scaling.undo(y.cpu().double().numpy())

    def adopt(self, experiment: Experiment) -> None:
        """Go on under an experiment with another learning rate, device or number of epochs. Raises InputError."""
        self.step.set_rate(experiment.lr)
        device = find_device(experiment.device)
        if device != self.device:
            self.device = device
            self.model.to(device)
            move_optimizer(self.optimizer, device)
            self.dataset.to(device)
            self.test_set.to(device)
        self.experiment = experiment
