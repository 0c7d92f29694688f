"""The training step in mixed precision, and of several batches.

https://docs.pytorch.org/docs/stable/notes/amp_examples.html
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from tui_trainer.catalog import PRECISIONS
from tui_trainer.engine.step import Loss, TrainingStep
from tui_trainer.experiment import Experiment, is_mixed


def training_step(
    experiment: Experiment, model: nn.Module, loss_fn: Loss, optimizer: Optimizer, device: torch.device
) -> TrainingStep:
    """The step that an experiment asks for: the plain one, where that will do."""
    if not is_mixed(experiment):
        return TrainingStep(model, loss_fn, optimizer)
    step = MixedStep(
        model,
        loss_fn,
        optimizer,
        batch_size=experiment.batch_size,
        precision=PRECISIONS[experiment.precision].load(),
        scaler=GradScaler("cpu", enabled=experiment.precision == "fp16"),
    )
    step.move(device)
    return step


@dataclass
class MixedStep(TrainingStep):
    """A step whose forward pass is in numbers of fewer digits where that will do, and that may be of several batches.

    batch_size: the samples that are in memory at once; precision: of products, sums of many stay in float32; scaler:
    keeps small gradients of float16 from being 0, and leaves out an update whose gradients are not finite.
    """

    batch_size: int = 1
    precision: torch.dtype = torch.float32
    scaler: GradScaler = field(default_factory=lambda: GradScaler("cpu", enabled=False))

    def __call__(self, x: Tensor, y: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """Take a step on all samples of x and y, as many at once as a batch has, at this learning rate.

        Returns what was predicted, and the loss, of shape (), as a plain step on all of them would.
        """
        self.set_rate(rate)
        self.optimizer.zero_grad()  # forget the gradients of the step before
        predictions: list[Tensor] = []
        losses: list[Tensor] = []
        for x_part, y_part in zip(x.split(self.batch_size), y.split(self.batch_size), strict=True):
            self.share_gradients(len(losses) + 1 == -(-len(x) // self.batch_size))
            with torch.autocast(x.device.type, self.precision, enabled=self.precision != torch.float32):
                prediction = self.forward(x_part)  # forward
                loss = self.loss_fn(prediction, y_part)  # how wrong that was
            objective = sum((penalty(self.weights) for penalty in self.penalties), start=loss)
            share = len(x_part) / len(x)  # by which the batches' means add up to the mean of all
            self.scaler.scale(objective * share).backward()  # backward, which adds to each weight's gradient
            predictions.append(prediction.detach())
            losses.append(loss.detach() * share)
        if self.clip:
            self.scaler.unscale_(self.optimizer)
            self.clip(self.weights)
        self.scaler.step(self.optimizer)  # move each weight a little against it
        self.scaler.update()  # where gradients were not finite, scale them less
        loss = torch.stack(losses).sum()
        return predictions[0] if len(predictions) == 1 else torch.cat(predictions), loss

    def share_gradients(self, now: bool) -> None:
        """Where several processes train together: whether the next backward pass means their gradients.

        They do so after the last batch of an update alone, which may be of a batch less in one than in another.
        """
        if isinstance(self.model, DistributedDataParallel):
            self.model.require_backward_grad_sync = now

    def move(self, device: torch.device) -> None:
        state = self.scaler.state_dict()
        self.scaler = GradScaler(device.type, enabled=self.scaler.is_enabled())
        if state:
            self.scaler.load_state_dict(state)

    @property
    def state(self) -> dict[str, Tensor]:
        scaler = self.scaler.state_dict()
        return super().state | {name: torch.tensor(scaler[name], dtype=torch.float64) for name in SCALER if scaler}

    def restore(self, state: dict[str, Tensor]) -> None:
        super().restore(state)
        scaler = self.scaler.state_dict()
        if scaler and SCALER.keys() <= state.keys():
            self.scaler.load_state_dict({**scaler, **{name: kind(state[name]) for name, kind in SCALER.items()}})


SCALER = {"scale": float, "_growth_tracker": int}  # names in the state_dict of a GradScaler
