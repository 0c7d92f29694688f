"""A person's own step: `step(model, batch)` says how wrong the model was, in the place of `loss(model(x), y)`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tui_trainer.engine.tally import Tallied
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import code_reference
from tui_trainer.own_module import load
from tui_trainer.sentence import InputError
from tui_trainer.wording import quoted


class Whole:
    """A batch that is no pair of tensors, as it is, in the place of x. What is asked of tensors has an answer here."""

    def __init__(self, batch: Any, device: torch.device) -> None:
        self.batch, self.device = batch, device

    def __len__(self) -> int:
        return samples_of(self.batch)

    def detach(self) -> "Whole":
        return self

    def split(self, size: int) -> list["Whole"]:
        return [self]


class OwnStep(Tallied):
    """The function as a loss of a whole batch: backward, clipping and the optimizer's step stay those of every step."""

    def __init__(self, function: Callable[..., Any], name: str, model: nn.Module, options: Mapping[str, Any]) -> None:
        """name: as the setting has it, for messages; options: further arguments."""
        super().__init__()
        self._function, self._name, self._model, self._options = function, name, model, options
        self._tried = False

    def with_model(self, model: Any) -> "OwnStep":
        """The same step of another model, counted together."""
        other = OwnStep(self._function, self._name, model, self._options)
        other.tally = self.tally
        return other

    def __call__(self, x: Tensor | Whole, y: Tensor | Whole) -> Tensor:
        """The loss of a batch, of shape (). Raises InputError where the function returns none."""
        given = self._function(self._model, x.batch if isinstance(x, Whole) else (x, y), **self._options)
        named = given if isinstance(given, dict) else {"loss": given}
        loss = named.get("loss")
        if torch.is_grad_enabled() and not self._tried:
            self._check_gradients()
        if not isinstance(loss, Tensor):
            keys = isinstance(given, dict) and loss is None
            what = f"a dict of {quoted(list(named))}" if keys else type(loss).__name__
            raise InputError(f"step: {self._name} returned {what}; return the loss, a tensor, or a dict with 'loss'")
        if loss.numel() != 1:
            raise InputError(f"step: {self._name} returned a loss of shape {tuple(loss.shape)}; return its mean")
        if torch.is_grad_enabled() and not loss.requires_grad:
            raise InputError(f"step: {self._name} returned a loss that does not come from the model's weights")
        for name, value in named.items():
            number = value.reshape(()) if isinstance(value, Tensor) and value.numel() == 1 else value
            if isinstance(value, np.ndarray) and value.size == 1:
                number = value.item()
            if name != "loss" and (number is not value or isinstance(value, int | float | np.number | np.bool_)):
                self.tally.note(str(name), number if isinstance(number, Tensor) else float(number), len(x))
        return loss.reshape(())

    def _check_gradients(self) -> None:
        """Raise InputError where the first call has made the gradients itself, which would be double."""
        self._tried = True
        if any(weight.grad is not None for weight in self._model.parameters()):
            raise InputError(
                f"step: {self._name} calls backward itself; return the loss, whose gradients are made here"
            )


def own_step(experiment: Experiment, model: nn.Module) -> OwnStep:
    """The step that the setting names; its file is run. Raises InputError."""
    reference = code_reference(experiment.step)
    assert reference
    function = load(reference)
    if not callable(function):
        raise InputError(f"step: {reference} is no function; give step(model, batch), which returns the loss")
    return OwnStep(function, str(reference), model, experiment.arguments("step"))


def samples_of(batch: Any) -> int:
    """How many samples a batch has, by the first of its tensors and arrays that tells."""
    return next((len(each) for each in tensors_in(batch) if each.ndim), 1)


def tensors_in(batch: Any) -> "Iterator[Tensor | NDArray[Any]]":
    """All tensors and arrays of a batch, however it is built."""
    if isinstance(batch, Tensor | np.ndarray):
        yield batch
    elif isinstance(batch, Mapping):
        for each in batch.values():
            yield from tensors_in(each)
    elif isinstance(batch, list | tuple):
        for each in batch:
            yield from tensors_in(each)
