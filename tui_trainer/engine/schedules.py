"""How the learning rate goes from step to step: a factor for each, times the rate that a person set."""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tui_trainer.catalog import SCHEDULES
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import code_reference
from tui_trainer.own_module import RAISED, error_line, has_own, load
from tui_trainer.sentence import InputError

WARMUP = 0.05  # of all steps
Schedule: TypeAlias = Callable[[NDArray[np.int64], int], NDArray[np.float64]]


def constant(steps: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """The same rate at every step.

    steps: their numbers, from 0, of shape (steps,); total: how many the whole run takes. Returns a
    factor for each, of shape (steps,).
    """
    return np.ones(len(steps))


def cosine(steps: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Half a cosine, from 1 at the first step to 0 after the last one."""
    return 0.5 * (1 + np.cos(np.pi * _share(steps, total)))


def step(steps: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """1, then a tenth after half of the steps, then a hundredth after three quarters."""
    share = _share(steps, total)
    return np.where(share < 0.5, 1.0, np.where(share < 0.75, 0.1, 0.01))


def warmup(steps: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Evenly up to 1 in the first twentieth of the steps, then constant."""
    return np.minimum(1.0, (steps + 1) / max(1, math.ceil(total * WARMUP)))


def warmup_cosine(steps: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Evenly up to 1 in the first twentieth of the steps, then half a cosine down to 0 after the last one."""
    first = max(1, math.ceil(total * WARMUP))
    return np.where(steps < first, warmup(steps, total), cosine(steps - first, total - first))


def _share(steps: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """How much of the run is over before each step: of one that takes more than was meant, all of it."""
    return np.clip(steps / max(total, 1), 0.0, 1.0)


def schedule_of(experiment: Experiment) -> Schedule:
    """The schedule that the experiment names. Raises InputError for a person's own that gives no factor."""
    reference = code_reference(experiment.schedule)
    if reference is None:
        schedule: Schedule = SCHEDULES[experiment.schedule].load()
        return schedule
    factor, arguments = load(reference), experiment.arguments("schedule")

    def own(steps: NDArray[np.int64], total: int) -> NDArray[np.float64]:
        factors = np.array([float(factor(number, total, **arguments)) for number in steps.tolist()])
        if not (good := np.isfinite(factors) & (factors >= 0)).all():
            wrong = int(np.argmin(good))
            raise InputError(
                f"schedule: {reference} gives {factors[wrong]:g} for step {steps[wrong]} of {total}; "
                "it has to give a factor of the rate, 0 or more"
            )
        return factors

    try:
        own(np.arange(1), 1)
    except InputError:
        raise
    except RAISED as error:
        wanted = (
            f"; {reference} is called with a step's number and how many there are, and has to give a factor of the rate"
        )
        raise InputError(f"schedule: {error_line(error)}{'' if has_own(error) else wanted}") from None
    return own
