"""Metrics: how good predictions are, in a number that people understand."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def accuracy(predicted: NDArray[Any], y: NDArray[Any]) -> float:
    """The share of the samples whose class was predicted; both are int64 of shape (n,)."""
    return float(np.mean(predicted == y))
