"""What is trained: a network and its optimizer, beside the samples, on one device."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from msgspec.structs import replace
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from tui_trainer.catalog import DTYPES, OPTIMIZERS
from tui_trainer.choices import Loss
from tui_trainer.data.dataset import SampleDataset
from tui_trainer.data.samples import Samples
from tui_trainer.engine.devices import SMALL_STEP, find_device, move_optimizer
from tui_trainer.engine.loaded_data import LoadedData, NotedLoss, loaded_data, shape_of
from tui_trainer.engine.mixed_step import training_step
from tui_trainer.engine.models import net_of, sizes_of
from tui_trainer.engine.own_model import Sizes, is_lazy, look_at, make_optimizer, suits_dtype
from tui_trainer.engine.own_step import own_step
from tui_trainer.engine.spreads import spread_of
from tui_trainer.engine.tally import Tallied, Tally
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import code_reference
from tui_trainer.own_module import RAISED, error_line
from tui_trainer.own_settings import sources
from tui_trainer.random_numbers import RandomNumbers
from tui_trainer.sentence import InputError
from tui_trainer.tasks.spread import Spread
from tui_trainer.tasks.task import Bare, Snapshot, Task

MAX_BATCH = 10**9
UNKNOWN = Sizes(SMALL_STEP, 1)  # what isn't known is no small step
EVALUATION_BATCH, EVALUATION_NUMBERS = 65_536, 1 << 26  # samples, and numbers of a layer, at a time


class Learner:
    """Everything an experiment asks for, ready to learn; `epoch` and `steps` say how much it has learned.

    code: the files of a person's own code that it is made with, by the settings that name them; ranks: how many batches
    make a step, where several processes take one each.
    """

    ranks = 1

    def __init__(self, name: str, experiment: Experiment, task: Task) -> None:
        """Raises InputError for a device that can't be had, or a loss that is none of the task's or beyond floats."""
        experiment = replace(experiment, loss=task.loss_name(experiment.loss))
        self.name, self.experiment, self.task = name, experiment, task
        loss = task.loss(experiment.loss)
        self.loss_unit, self.outputs = task.loss_unit(experiment.loss), self._outputs(experiment.loss)
        self.dtype = DTYPES[experiment.dtype].load()
        self.device = find_device(experiment.device)

        self.dataset, self.test_set = self._datasets()
        self.random = RandomNumbers(experiment.seed)
        self.code = sources(experiment)
        model = net_of(experiment, task, self.random).to(self.made_on)
        self._sizes = self._look_at(model)
        optimizer = self._make_optimizer(model)
        self._at_once = max(1, min(EVALUATION_BATCH, EVALUATION_NUMBERS // self._sizes.widest))
        move_optimizer(optimizer, self.made_on)
        theirs = self.samples.batches and self.samples.batches.theirs  # batches that are not split up
        stepped = replace(experiment, batch_size=MAX_BATCH) if theirs else experiment
        self.step = training_step(stepped, model, self._loss_fn(model, loss), optimizer, self.device)
        self._check_outputs()
        self.epoch = self.steps = 0

    def _outputs(self, loss: str) -> int | None:
        """How many numbers the net has to give for a sample, where the task says so."""
        return None if self.experiment.step or self.samples.batches else self.task.outputs(loss)

    def _check_outputs(self) -> None:
        """Try a net on a few samples of a loader, whose batches are seen once it trains. Raises InputError."""
        if isinstance(self.step.loss_fn, NotedLoss) and (few := self._few):
            x, y = few
            for name, values in (("x", x), ("y", y)):
                if not bool(torch.isfinite(values).all()):
                    raise InputError(f"data: {name} is not finite in the first batch; give finite numbers")
            self.model.eval()
            with torch.no_grad(), RandomNumbers(self.experiment.seed).drawn(self.made_on):
                try:
                    given = self.model(x)
                except RAISED as error:
                    what = suits_dtype(x) if "dtype" in str(error) else f"x is {shape_of(x)}"
                    raise InputError(f"model: {error_line(error)}; {what}") from None
            self.model.train()
            self.step.loss_fn.check(given, y)

    @property
    def made_on(self) -> torch.device:
        """The device on which the net is made and tried."""
        return self.device

    @property
    def _few(self) -> tuple[Tensor, Tensor] | None:
        """A few samples, with which the net is tried."""
        few = self.dataset.few
        return few and (few[0].to(self.made_on), few[1].to(self.made_on))

    def asking(self) -> AbstractContextManager[Any]:
        """A block in which the net is asked, and learns nothing."""
        return torch.inference_mode()

    def _look_at(self, model: nn.Module) -> Sizes:
        """How large a net is; a person's own is tried on the first samples, which is how it knows what its lazy layers
        take. Raises InputError for one that can't take them.
        """
        reference = code_reference(self.experiment.model)
        if reference is None:
            return sizes_of(self.experiment, self.task)
        random = self.random if is_lazy(model) else RandomNumbers(self.experiment.seed)
        if (few := self._few) is None:
            return UNKNOWN
        with random.drawn(self.made_on):
            try:
                return look_at(model, reference, few[0], self.outputs)
            except InputError:
                if self.experiment.step:  # which may call it in another way
                    return UNKNOWN
                raise

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

    @property
    def tally(self) -> Tally | None:
        """What is measured from batch to batch, with a step or batches of a person's own; else samples are."""
        return self.step.tally

    def _datasets(self) -> tuple[SampleDataset | LoadedData, SampleDataset | LoadedData]:
        """What it is trained on, and what is held out."""
        if self.samples.batches:
            return loaded_data(self.samples.batches, self.experiment, self.dtype, self.device)
        s = self.samples
        return self._dataset(s.x, s.y), self._dataset(s.x_test, s.y_test)

    def _dataset(self, x: NDArray[np.float64], y: NDArray[Any]) -> SampleDataset:
        return SampleDataset(self.samples.x_scaling.apply(x), self.samples.scaled_y(y), self.dtype, self.device)

    def _loss_fn(self, model: nn.Module, loss: Loss) -> Callable[..., Tensor]:
        if self.experiment.step:
            return own_step(self.experiment, model)
        return NotedLoss(loss.make(), self.experiment.loss) if self.samples.batches else loss.make()

    def evaluate(self, dataset: SampleDataset | LoadedData, batch: int = 0) -> float:
        """The mean loss on a data set, in the data's own units, leaving the network as it is.

        batch: how many samples at once, if not as many as there is room for.
        """
        return self.judged(dataset, batch)[0]

    def judged(self, dataset: SampleDataset | LoadedData, batch: int = 0) -> tuple[float, Tally | None]:
        """The same, and what was measured meanwhile, from batch to batch, where that is done."""
        loss_fn = self.step.loss_fn
        self.model.eval()
        total, samples = torch.zeros((), dtype=torch.float64), 0
        apart = loss_fn.apart() if isinstance(loss_fn, Tallied) else nullcontext()
        with self.asking(), apart as measured:
            for x, y in dataset.batches(batch or self._at_once):
                total += loss_fn(self.step.forward(x), y).cpu().double() * len(x)  # mps has no double
                samples += len(x)
        self.model.train()
        return float(total) / samples * self.loss_unit, measured

    def predict(self, x: NDArray[np.float64]) -> NDArray[Any]:
        """What the network predicts for x, of shape (n, features): like y, and both are in the data's own units."""
        return self.task.predicted(self.forward(x))

    def forward(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the network gives for x, of shape (n, features), in the data's own units: of shape (n, outputs)."""
        scaled = torch.tensor(self.samples.x_scaling.apply(x), dtype=self.dtype, device=self.device)
        self.model.eval()
        with self.asking():
            outputs = torch.cat([self.model(part) for part in torch.split(scaled, self._at_once)])
        self.model.train()
        return np.asarray(outputs.cpu().double().numpy())

    def measure(self, x: NDArray[np.float64], y: NDArray[Any]) -> dict[str, float]:
        """The task's metrics on samples in the data's own units; none of no samples."""
        return self.task.metrics(self.forward(x), y) if len(x) else {}

    def snapshot(self) -> Snapshot | None:
        """What the network has learned by now, for a view of the task."""
        snapshot, spread = self.task.snapshot(self.forward, self.model), self.spread()
        return (snapshot or Bare()).with_spread(spread) if snapshot or spread else None

    def spread(self) -> Spread | None:
        """How its weights and gradients are spread now."""
        return spread_of(self.step, self.looked_at)

    @property
    def looked_at(self) -> SampleDataset | None:
        """The samples of training, where a look at some of them is not counted as a step."""
        return self.dataset if isinstance(self.dataset, SampleDataset) and self.tally is None else None

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
