"""What to try where training got nowhere. Everything that is advised was tried on a copy first."""

import math
from functools import partial

import torch
from msgspec.structs import replace
from torch import Tensor, nn

from tui_trainer.engine.execution.eager import Eager
from tui_trainer.engine.execution.mode import Work
from tui_trainer.engine.learner import Learner
from tui_trainer.engine.sampler import Sampler
from tui_trainer.experiment import Experiment, update_size
from tui_trainer.sentence import InputError
from tui_trainer.tasks import task_of
from tui_trainer.tasks.inside import is_chain

NOTHING_LEARNED = 0.99  # of the loss of predicting the mean
TRIED_STEPS, CHECK_EVERY = 500, 50
TRIED_MULTIPLICATIONS = 10**9  # a tenth of a second or two: a large net is tried for fewer steps
DECADES, BOLDER = 10, 6  # how many times a rate is divided by ten, or multiplied
SATURATED = 1e-3  # the gradient of an activation, at most 1, where all but nothing gets through
CHECKED_SAMPLES = 1_000  # samples


def after_divergence(learner: Learner) -> str:
    """What to try after this run's loss was not finite: scaling, and the first calmer learning rate that holds."""
    experiment = learner.experiment
    if learner.tally:
        return ""  # what a person's own code learns from isn't gone through for that
    calmer = [replace(experiment, lr=float(f"{experiment.lr / 10**n:.3g}")) for n in range(1, DECADES + 1)]
    held = [next((e for e in ideas if _holds(learner, e)), None) for ideas in (_scaled(experiment), calmer)]
    ideas = [_change(experiment, e) for e in held if e]
    return (
        f"try {' or '.join(ideas)}" if ideas else f"no learning rate down to {calmer[-1].lr:g} holds: look at the data"
    )


def where_nothing_was_learned(learner: Learner, loss: float) -> str:
    """What to try where the net predicts no better than the mean of y does; empty where it does, or never can.

    loss: on all training samples, in the data's own units.
    """
    if not learner.epoch or learner.tally or loss < NOTHING_LEARNED * _loss_of_mean(learner):
        return ""
    chain = is_chain(learner.model)
    linear = chain and all(isinstance(layer, nn.Linear) for layer in learner.model.children())
    if linear and not learner.task.has_linear_part:
        return ""
    experiment = learner.experiment
    saturated, units = saturated_units(learner.model, learner.dataset.x[:CHECKED_SAMPLES]) if chain else (0, 0)
    why = f" ({saturated} of {units} units saturated)" if saturated else ""
    ideas = [*_scaled(experiment), *(replace(experiment, lr=experiment.lr * 10**n) for n in range(1, BOLDER + 1))]
    better = next((_change(experiment, e) for e in ideas if _learns(learner, e)), "more epochs")
    return f"no better than predicting the mean{why}: try {better}"


def saturated_units(model: nn.Module, x: Tensor) -> tuple[int, int]:
    """How many hidden units let all but no gradient through for any of these samples, and of how many.

    x: of shape (samples, features). A unit is saturated where the gradient of its activation is
    under 1e-3 for every sample: both ends of tanh, the flat half of relu.
    """
    saturated = units = 0
    for layer in model.children():
        if isinstance(layer, nn.Linear):
            x = layer(x).detach()
            continue
        arriving = x.requires_grad_()
        x = layer(arriving)
        (slope,) = torch.autograd.grad(x.sum(), arriving)
        saturated += int((slope.abs() < SATURATED).all(dim=0).sum())
        units += slope.shape[1]
    return saturated, units


def _loss_of_mean(learner: Learner) -> float:
    """The loss of predicting the mean of y for every sample, in the data's own units."""
    y = learner.dataset.y.cpu()
    y = y.double() if y.is_floating_point() else y
    return float(learner.step.loss_fn(learner.task.constant(y, learner.outputs or 0), y)) * learner.loss_unit


def _scaled(experiment: Experiment) -> list[Experiment]:
    """The same with scaled data, alone in a list; none where it is scaled already."""
    return [replace(experiment, scale="standard")] if experiment.scale == "none" else []


def _change(old: Experiment, new: Experiment) -> str:
    """What is other in the new one, in words."""
    return f"a learning rate of {new.lr:g}" if new.scale == old.scale else f"scale {new.scale}"


def _holds(learner: Learner, experiment: Experiment) -> bool:
    """Whether a copy trains under this experiment without diverging."""
    losses = _tried(learner, experiment, TRIED_STEPS)
    return losses is not None and losses[1] <= losses[0]


def _learns(learner: Learner, experiment: Experiment) -> bool:
    """Whether a copy gets below the mean under this experiment, in no more steps than the run took."""
    losses = _tried(learner, experiment, min(TRIED_STEPS, learner.steps))
    return losses is not None and losses[1] < NOTHING_LEARNED * _loss_of_mean(learner)


def _tried(learner: Learner, experiment: Experiment, steps: int) -> tuple[float, float] | None:
    """The losses of a new copy before and after so many steps; None where one is not finite, or it can't take them."""
    try:
        return _losses(learner, experiment, steps)
    except (InputError, RuntimeError, ValueError):  # as a person's own net has it, of a batch of one sample say
        return None


def _losses(learner: Learner, experiment: Experiment, steps: int) -> tuple[float, float] | None:
    copy = Learner(learner.name, experiment, task_of(learner.samples.rescaled(experiment.scale)))
    sampler = Sampler(len(copy.dataset), update_size(experiment) * learner.ranks, experiment.shuffle, experiment.seed)
    left = max(1, min(steps, TRIED_MULTIPLICATIONS // copy.multiplications(sampler.batch)))
    eager = Eager(Work(copy.step, copy.dataset.x, copy.dataset.y, sampler.sizes))
    rates = partial(torch.full, fill_value=experiment.lr, dtype=torch.float64)
    before = copy.evaluate(copy.dataset)
    while left:
        taken = sampler.take(min(left, CHECK_EVERY, sampler.left), lambda steps: rates((steps,)))
        with copy.random.drawn(copy.device):
            losses = eager.run(taken)
        if not bool(losses.isfinite().all()):
            return None
        left -= len(taken)
    after = copy.evaluate(copy.dataset)
    return (before, after) if math.isfinite(after) else None
