"""The training loop."""

import math
import traceback
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import BatchSampler

from tui_trainer.catalog import DTYPES, LOSSES, OPTIMIZERS
from tui_trainer.data.dataset import CurveDataset
from tui_trainer.data.points import Data
from tui_trainer.engine.control import Change, Follower, RunControl
from tui_trainer.engine.devices import describe, find_device
from tui_trainer.engine.events import (
    EpochFinished,
    Event,
    Paused,
    Progress,
    Resumed,
    RunFinished,
    RunStarted,
    SettingChanged,
    Status,
    StepFinished,
)
from tui_trainer.engine.losses import Diverged, Losses
from tui_trainer.engine.models import build_model, equivalent_line
from tui_trainer.engine.observe import Observation
from tui_trainer.engine.rewind import Rewind
from tui_trainer.engine.stopwatch import Stopwatch
from tui_trainer.experiment import Experiment
from tui_trainer.settings import SETTINGS

EVALUATION_BATCH = 65_536


class Trainer:
    """One run: a network, its data, and the loop that fits the one to the other.

    `fit` yields what happens as events, and knows neither thread nor terminal. What a person
    wants meanwhile comes through `control`.
    """

    def __init__(self, name: str, experiment: Experiment, data: Data, control: RunControl | None = None) -> None:
        self.name, self.experiment, self.data = name, experiment, data
        self.control = Follower(control or RunControl())
        self.dtype = DTYPES[experiment.dtype].load()
        self.device = find_device(experiment.device)

        self.dataset = self._dataset(data.x, data.y)
        self.test_set = self._dataset(data.x_test, data.y_test)
        self.model = build_model(experiment).to(self.device)
        self.loss_fn = LOSSES[experiment.loss].make()
        self.optimizer = OPTIMIZERS[experiment.optimizer].make(
            self.model.parameters(), lr=experiment.lr, weight_decay=experiment.weight_decay
        )
        self.generator = torch.Generator().manual_seed(experiment.seed)

        self.epoch = self.steps = 0
        # A loss grows with the unit of y; times this it is in the data's own units.
        self.loss_unit = data.y_scaling.deviation ** LOSSES[experiment.loss].degree
        self._rewind = Rewind(self.model, self.optimizer)
        self._observation: Observation | None = None
        self._paused = False
        self._stopwatch = Stopwatch()

    def fit(self) -> Iterator[Event]:
        """Train until `experiment.epochs`, or until told to stop; called again, go on from there.

        Yields RunStarted, then what happens, then RunFinished: whatever goes wrong ends the run
        with a status, never with an exception.
        """
        yield RunStarted(self.name, self.experiment, describe(self.device))
        status: Status = "completed"
        try:
            self._stopwatch.start()
            for event in self._epochs():
                self._stopwatch.stop()
                yield event
                self._stopwatch.start()
            self._stopwatch.stop()
            if self.control.stopped and self.epoch < self.experiment.epochs:
                status = "stopped"
            elif not math.isfinite(self.evaluate(self.dataset)):
                raise Diverged
        except Diverged:
            self._stopwatch.stop()
            status = "diverged"
            self.steps = self._rewind.to_last_finite(self.step)
        except Exception:
            self._stopwatch.stop()
            yield self._finished("failed", traceback.format_exc())
            return
        yield self._finished(status)

    def _epochs(self) -> Iterator[Event]:
        for setting, change in self.control.take_changes():
            yield self._change(setting, change)  # more epochs, say, for a run that had ended
        self.model.train()  # step 1 of the article's six; the others are in `step`
        while self.epoch < self.experiment.epochs:
            losses = Losses()
            for batch in BatchSampler(self._order(), self.experiment.batch_size, drop_last=False):
                if self.control.attention:
                    losses.read()
                    yield from self._obey()
                if self.control.stopped:
                    return
                self._rewind.add(batch)
                prediction, loss = self.step(batch)
                self.steps += 1
                losses.add(loss, len(batch))
                if self._observation:
                    yield self._observed(batch, prediction, loss)
                if losses.are_old:
                    losses.read()
                    self._rewind.keep_if_old(self.steps)
                    yield Progress(self.name, self.epoch, self.steps, self._stopwatch.seconds)
            mean = losses.mean()
            self._rewind.keep_if_old(self.steps)
            self.epoch += 1
            self.control.took_epoch()
            test_loss = self.evaluate(self.test_set) if len(self.test_set) else None
            yield EpochFinished(
                self.name, self.epoch, mean * self.loss_unit, finite(test_loss), self._stopwatch.seconds
            )

    def _order(self) -> Sequence[int]:
        """The order of an epoch's samples, from the run's one generator."""
        count = len(self.dataset)
        if not self.experiment.shuffle:
            return range(count)
        order: list[int] = torch.randperm(count, generator=self.generator).tolist()
        return order

    def step(self, batch: list[int]) -> tuple[Tensor, Tensor]:
        """Steps 2 to 6 of the article's loop, on the samples with these indices.

        Returns the predictions, of shape (batch, 1), and the loss, of shape ().
        """
        x, y = self.dataset[batch]  # 2: a batch, already on the device
        self.optimizer.zero_grad()  # 3: forget the gradients of the step before
        prediction = self.model(x)  # 4: forward, and how wrong that was
        loss = self.loss_fn(prediction, y)
        loss.backward()  # 5: backward, which gives each weight its gradient
        self.optimizer.step()  # 6: move each weight a little against it
        return prediction.detach(), loss.detach()

    def evaluate(self, dataset: CurveDataset) -> float:
        """The mean loss on a data set, in the data's own units, leaving the network as it is."""
        self.model.eval()
        with torch.inference_mode():
            total = sum(
                self.loss_fn(self.model(x), y).cpu().double() * len(x)  # mps has no double
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

    def _obey(self) -> Iterator[Event]:
        """Between two steps: take up what the control asks for, and wait while it says so."""
        control, told = self.control, False
        while True:
            for setting, change in control.take_changes():
                yield self._change(setting, change)
            if not control.waiting:
                break
            if not told:
                yield Paused(self.name)
                told = self._paused = True
            self._stopwatch.stop()
            control.wait()
            self._stopwatch.start()
        if control.single_step:
            self._observation = Observation(self.model)
            control.took_step()
        elif self._paused and not control.stopped:
            self._paused = False
            yield Resumed(self.name)

    def _change(self, setting: str, change: Change) -> SettingChanged:
        """Apply a live setting, now."""
        old = getattr(self.experiment, setting)
        value = change(old)
        self.experiment = msgspec.structs.replace(self.experiment, **{setting: value})
        if setting == "lr":
            for group in self.optimizer.param_groups:
                group["lr"] = value
        if setting == "device":
            self.device = find_device(self.experiment.device)
            self.model.to(self.device)
            self.optimizer.load_state_dict(self.optimizer.state_dict())  # which moves the state along
            self.dataset.to(self.device)
            self.test_set.to(self.device)
        self._rewind.keep(self.steps)
        return SettingChanged(
            self.name,
            setting,
            SETTINGS[setting].show(old),
            SETTINGS[setting].show(value),
            self.epoch,
            self.experiment,
            describe(self.device),
        )

    def _observed(self, batch: list[int], prediction: Tensor, loss: Tensor) -> StepFinished:
        """The numbers of the step just taken alone."""
        assert self._observation
        changes, self._observation = self._observation.changes(), None
        x, y = self.dataset[batch]
        per_epoch = math.ceil(len(self.dataset) / self.experiment.batch_size)
        return StepFinished(
            run=self.name,
            epoch=self.epoch,
            step=(self.steps - 1) % per_epoch + 1,
            steps=per_epoch,
            x=tuple(x.flatten().tolist()),
            y=tuple(y.flatten().tolist()),
            prediction=tuple(prediction.flatten().tolist()),
            loss=loss.item(),
            parameters=tuple(changes),
        )

    def _finished(self, status: Status, error: str | None = None) -> RunFinished:
        """How the run ended, with its losses after the last step."""
        loss = test_loss = line = None
        if not error:
            loss = finite(self.evaluate(self.dataset))
            test_loss = finite(self.evaluate(self.test_set)) if len(self.test_set) else None
            line = equivalent_line(self.model, self.data)
        return RunFinished(
            self.name, status, self.epoch, loss, test_loss, self.steps, self._stopwatch.seconds, line, error
        )

    def _dataset(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> CurveDataset:
        return CurveDataset(self.data.x_scaling.apply(x), self.data.y_scaling.apply(y), self.dtype, self.device)


def finite(value: float | None) -> float | None:
    """The value, or None where it is no finite number."""
    return value if value is not None and math.isfinite(value) else None
