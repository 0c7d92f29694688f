"""What is trained: a network and its optimizer, beside the samples, on one device."""

from typing import Any

import numpy as np
import torch
from msgspec.structs import replace
from numpy.typing import NDArray
from torch import nn
from torch.optim import Optimizer

from tui_trainer.catalog import DTYPES, OPTIMIZERS
from tui_trainer.data.dataset import SampleDataset
from tui_trainer.data.samples import Samples
from tui_trainer.engine.devices import find_device, move_optimizer
from tui_trainer.engine.mixed_step import training_step
from tui_trainer.engine.models import net_of, sizes_of
from tui_trainer.engine.own_model import SAMPLES, Sizes, is_lazy, look_at, make_optimizer
from tui_trainer.engine.random_numbers import RandomNumbers
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import code_reference
from tui_trainer.own_settings import sources
from tui_trainer.tasks.task import Snapshot, Task

EVALUATION_BATCH, EVALUATION_NUMBERS = 65_536, 1 << 26  # samples, and numbers of a layer, at a time


class Learner:
    """Everything an experiment asks for, ready to learn; `epoch` and `steps` say how much it has learned.

    code: the files of a person's own code that it is made with, by the settings that name them.
    """

    def __init__(self, name: str, experiment: Experiment, task: Task) -> None:
        """Raises InputError for a device that can't be had, or a loss that is none of the task's or beyond floats."""
        experiment = replace(experiment, loss=task.loss_name(experiment.loss))
        self.name, self.experiment, self.task = name, experiment, task
        loss = task.loss(experiment.loss)
        self.loss_unit, self.outputs = task.loss_unit(experiment.loss), task.outputs(experiment.loss)
        self.dtype = DTYPES[experiment.dtype].load()
        self.device = find_device(experiment.device)

        self.dataset = self._dataset(self.samples.x, self.samples.y)
        self.test_set = self._dataset(self.samples.x_test, self.samples.y_test)
        self.random = RandomNumbers(experiment.seed)
        self.code = sources(experiment)
        model = net_of(experiment, task, self.random).to(self.device)
        self._sizes = self._look_at(model)
        optimizer = self._make_optimizer(model)
        self._at_once = max(1, min(EVALUATION_BATCH, EVALUATION_NUMBERS // self._sizes.widest))
        move_optimizer(optimizer, self.device)
        self.step = training_step(experiment, model, loss.make(), optimizer, self.device)
        self.epoch = self.steps = 0

    def _look_at(self, model: nn.Module) -> Sizes:
        """How large a net is; a person's own is tried on the first samples, which is how it knows what its lazy layers
        take. Raises InputError for one that can't take them.
        """
        reference = code_reference(self.experiment.model)
        if reference is None:
            return sizes_of(self.experiment, self.task)
        random = self.random if is_lazy(model) else RandomNumbers(self.experiment.seed)
        with random.drawn(self.device):
            x, _ = self.dataset[:SAMPLES]
            return look_at(model, reference, x, self.outputs)

    def _make_optimizer(self, model: nn.Module) -> Optimizer:
        experiment = self.experiment
        if reference := code_reference(experiment.optimizer):
            return make_optimizer(experiment, reference, model)
        optimizer: Optimizer = OPTIMIZERS[experiment.optimizer].make(
            model.parameters(), lr=experiment.lr, weight_decay=experiment.weight_decay
        )
        return optimizer

    def multiplications(self, batch: int) -> int:
        """How many a step's forward pass takes, on so many samples."""
        return self._sizes.multiplications * batch

    @property
    def model(self) -> nn.Module:
        """The network."""
        return self.step.model

    @property
    def optimizer(self) -> Optimizer:
        """What moves its weights."""
        return self.step.optimizer

    @property
    def samples(self) -> Samples:
        """What is learned from, and what is held out."""
        return self.task.samples

    def _dataset(self, x: NDArray[np.float64], y: NDArray[Any]) -> SampleDataset:
        return SampleDataset(self.samples.x_scaling.apply(x), self.samples.scaled_y(y), self.dtype, self.device)

    def evaluate(self, dataset: SampleDataset, batch: int = 0) -> float:
        """The mean loss on a data set, in the data's own units, leaving the network as it is.

        batch: how many samples at once, if not as many as there is room for.
        """
        batch = batch or self._at_once
        self.model.eval()
        with torch.inference_mode():
            total = sum(
                self.step.loss_fn(self.model(x), y).cpu().double() * len(x)  # mps has no double
                for x, y in (dataset[i : i + batch] for i in range(0, len(dataset), batch))
            )
        self.model.train()
        return float(total) / len(dataset) * self.loss_unit

    def predict(self, x: NDArray[np.float64]) -> NDArray[Any]:
        """What the network predicts for x, of shape (n, features): like y, and both are in the data's own units."""
        return self.task.predicted(self.forward(x))

    def forward(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the network gives for x, of shape (n, features), in the data's own units: of shape (n, outputs)."""
        scaled = torch.tensor(self.samples.x_scaling.apply(x), dtype=self.dtype, device=self.device)
        self.model.eval()
        with torch.inference_mode():
            outputs = torch.cat([self.model(part) for part in torch.split(scaled, self._at_once)])
        self.model.train()
        return np.asarray(outputs.cpu().double().numpy())

    def measure(self, x: NDArray[np.float64], y: NDArray[Any]) -> dict[str, float]:
        """The task's metrics on samples in the data's own units; none of no samples."""
        return self.task.metrics(self.forward(x), y) if len(x) else {}

    def snapshot(self) -> Snapshot | None:
        """What the network has learned by now, for a view of the task."""
        return self.task.snapshot(self.forward, self.model)

    def adopt(self, experiment: Experiment) -> None:
        """Go on under an experiment with another learning rate, device or number of epochs. Raises InputError."""
        self.step.set_rate(experiment.lr)
        device = find_device(experiment.device)
        if device != self.device:
            self.device = device
            self.model.to(device)
            move_optimizer(self.optimizer, device)
            self.step.move(device)
            self.dataset.to(device)
            self.test_set.to(device)
        self.experiment = experiment
