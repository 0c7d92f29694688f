"""How the learning rate goes from step to step: a factor for each, times the rate that a person set."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Schedule: TypeAlias = Callable[[NDArray[np.int64], int], NDArray[np.float64]]


def constant(steps: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """The same rate at every step.

    steps: their numbers, from 0, of shape (steps,); total: how many the whole run takes. Returns a
    factor for each, of shape (steps,).
    """
    return np.ones(len(steps))
