"""Inductor: the article's loop, whose forward and backward pass `torch.compile` has made kernels of.

The optimizer takes its step as ever, so that mixed precision, accumulated gradients and whatever optimizer there is
work as in eager steps.
https://docs.pytorch.org/docs/stable/generated/torch.compile.html
"""

import os
import types
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from platformdirs import user_cache_path
from torch import Tensor, nn

from tui_trainer.engine.execution.eager import Eager
from tui_trainer.engine.execution.library import folder_of_this_process
from tui_trainer.engine.execution.mode import Cancelled, Work, undone
from tui_trainer.engine.own_step import OwnStep
from tui_trainer.engine.sampler import Steps
from tui_trainer.engine.step import TrainingStep
from tui_trainer.files import make_private, private_folder
from tui_trainer.random_numbers import RandomNumbers

# Dropout draws what it draws in eager steps, and no processes are started, beside an app that has the terminal.
OPTIONS: dict[str, Any] = {"fallback_random": True, "compile_threads": 1}
FOLDER = "TORCHINDUCTOR_CACHE_DIR"


class Inductor:
    """Calls the training step on one batch after the other, with a model and a loss that were compiled."""

    name = "inductor"
    note = ""
    many_epochs = False

    def __init__(self, work: Work) -> None:
        os.environ.setdefault(FOLDER, _cache_folder())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about torch's own parts, and what a device might do besides
            self._step = _compiled_step(work.step)
            self._compile(work)
        self._eager = Eager(replace(work, step=self._step))

    def run(self, steps: Steps) -> Tensor:
        """Take these steps. Returns their losses, of shape (steps,)."""
        return self._eager.run(steps)

    def _compile(self, work: Work) -> None:
        """Take a step of each size, or on the last batch of a loader, which compiles, and take it back."""
        sizes = torch.unique(work.sizes).tolist()
        batches = work.last if work.fetch else [(work.x[:size], work.y[:size]) for size in sizes]
        with undone(work.step):
            work.step.model.train()
            for x, y in batches:
                if work.cancelled():
                    raise Cancelled
                with RandomNumbers(0).drawn(work.x.device):
                    self._step(x, y, 0.0)


def _compiled_step(step: TrainingStep) -> TrainingStep:
    """The same step, whose forward and backward pass are compiled; of a person's own step, the model that it calls."""
    if isinstance(step.loss_fn, OwnStep):
        model = torch.compile(step.model, dynamic=False, options=OPTIONS)  # which has all attributes of the model
        return replace(step, loss_fn=step.loss_fn.with_model(model))
    loss_fn = _compiled(step.loss_fn) if isinstance(step.loss_fn, nn.Module) else step.loss_fn
    return replace(step, model=Compiled(step.model), loss_fn=loss_fn)


class Compiled(nn.Module):
    """A model, with its own weights, that is called compiled."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self._call = model, _compiled(model)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self._call(x)
        return result


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is compiled at its first call with arguments of some shapes.

    What is compiled is kept by the code that was called, at most so many times: each gets code of its own, so that
    many runs in a process don't take each other's places.
    """

    def call(*arguments: Any) -> Any:
        return function(*arguments)

    own = types.FunctionType(call.__code__.replace(), call.__globals__, call.__name__, None, call.__closure__)
    return torch.compile(own, dynamic=False, options=OPTIONS)


def _cache_folder() -> str:
    """Where kernels are kept: they are code, so a folder that nobody else can write, or one of this process alone."""
    folder = user_cache_path("tui-trainer", appauthor=False) / "inductor"
    try:
        make_private(folder)
        with private_folder(folder, user_cache_path()):
            return str(folder)
    except OSError:
        return str(folder_of_this_process())
