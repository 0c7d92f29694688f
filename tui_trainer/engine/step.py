"""The training step: the only one, whatever runs it.

Eager calls it, the other modes are made from a trace of it, the exported script prints its lines,
and the lesson on the loop takes its statements one by one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from tui_trainer.engine.own_step import OwnStep
from tui_trainer.engine.tally import Tallied, Tally

Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]
Penalty: TypeAlias = Callable[[Sequence[Tensor]], Tensor]
RATE_FACTOR = "rate_factor"  # in a group of weights: their rate, by that of the run
Clip: TypeAlias = Callable[[Sequence[Tensor]], object]


@dataclass
class TrainingStep:
    """Steps 4 to 6 of the article's six.

    1, the model on its device and its optimizer, and 2, `model.train()`, come once, before the epochs; 3, the batch
    on the device, before each call.

    penalties: each a term of what is made small, of shape (), from the weights; clip: changes the gradients of
    the weights before the optimizer sees them.
    """

    model: nn.Module
    loss_fn: Loss
    optimizer: Optimizer
    penalties: tuple[Penalty, ...] = ()
    clip: Clip | None = None

    @property
    def weights(self) -> list[Tensor]:
        """The tensors that are learned, in the model's own order."""
        return list(self.model.parameters())

    def __call__(self, x: Tensor, y: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """Take a step on a batch, at this learning rate.

        x: of shape (batch, features); y: (batch, targets), or (batch,) of classes. Returns what was
        predicted, and the loss, of shape (), without the penalties.
        """
        self.set_rate(rate)
        self.optimizer.zero_grad()  # forget the gradients of the step before
        prediction = self.forward(x)  # forward
        loss = self.loss_fn(prediction, y)  # how wrong that was
        objective = sum((penalty(self.weights) for penalty in self.penalties), start=loss)
        objective.backward()  # backward, which gives each weight its gradient
        if self.clip:
            self.clip(self.weights)
        self.optimizer.step()  # move each weight a little against it
        return prediction.detach(), loss.detach()

    @property
    def state(self) -> dict[str, Tensor]:
        """What the next steps depend on beside the weights and what the optimizer keeps: as a rule nothing, else by how
        much groups of weights have another rate."""
        factors = [group.get(RATE_FACTOR, 1.0) for group in self.optimizer.param_groups]
        return {RATE_FACTOR: torch.tensor(factors, dtype=torch.float64)} if set(factors) != {1.0} else {}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from such a state; what is not in it stays as it is."""
        if RATE_FACTOR in state:
            for group, factor in zip(self.optimizer.param_groups, state[RATE_FACTOR].tolist(), strict=True):
                group[RATE_FACTOR] = factor

    def move(self, device: torch.device) -> None:
        """Go on with a model that is on another device by now."""

    def forward(self, x: Tensor) -> Tensor:
        """What the model says of x. A person's own step calls the model itself, and takes x as it is."""
        return x if isinstance(self.loss_fn, OwnStep) else self.model(x)

    @property
    def tally(self) -> Tally | None:
        """What is measured from batch to batch, with a step or batches of a person's own."""
        return self.loss_fn.tally if isinstance(self.loss_fn, Tallied) else None

    def set_rate(self, rate: float) -> None:
        """Let the optimizer take steps of this size from here on; groups with a rate of their own, in proportion."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get(RATE_FACTOR, 1.0)


def l2(strength: float) -> Penalty:
    """Half the sum of all squared weights, times this: what SGD calls weight decay."""

    def penalty(weights: Sequence[Tensor]) -> Tensor:
        squares: Tensor = sum((w**2).sum() for w in weights)  # type: ignore[assignment]
        return strength / 2 * squares

    return penalty


def clip_norm(largest: float) -> Clip:
    """Shorten the gradient of all weights together to this norm.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
    """

    def clip(weights: Sequence[Tensor]) -> None:
        nn.utils.clip_grad_norm_(weights, largest)

    return clip
