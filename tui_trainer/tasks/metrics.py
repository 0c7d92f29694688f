"""Metrics: how good predictions are, in a number that people understand.

Written out, as a line of numpy each: torchmetrics and scikit-learn would be many times what the program weighs. The
tests have scikit-learn's as their measure.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Classes = NDArray[np.int64]


def accuracy(predicted: Classes, y: Classes) -> float:
    """The share of the samples whose class was predicted; both are of shape (n,), places of classes."""
    return float(np.mean(predicted == y))


def balanced_accuracy(predicted: Classes, y: Classes) -> float:
    """The mean, over the classes that there are samples of, of the share that was predicted right."""
    right, there, _ = _counts(predicted, y)
    return float(np.mean(right[there > 0] / there[there > 0]))


def f1(predicted: Classes, y: Classes) -> float:
    """The mean of each class's F1, over those that there are samples or predictions of (macro)."""
    right, there, said = _counts(predicted, y)
    seen = there + said > 0
    return float(np.mean(2 * right[seen] / (there + said)[seen]))


def log_loss(probabilities: Array, y: Classes) -> float:
    """The mean of minus the logarithm of the true class's probability; of shape (n, classes)."""
    given = probabilities[np.arange(len(y)), y]
    return abs(float(np.log(np.maximum(given, np.finfo(np.float64).tiny)).mean()))  # not -0.0


def mae(predicted: Array, y: Array) -> float:
    """The mean absolute error; both are of shape (n, targets)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.abs(predicted - y).mean())


def rmse(predicted: Array, y: Array) -> float:
    """The root of the mean squared error."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(np.square(predicted - y).mean()))


def r2(predicted: Array, y: Array) -> float:
    """The share of y's variance that is explained, the mean of that of each target.

    Of a constant target it is 1 where each is predicted right, else 0.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        errors, spread = np.square(predicted - y).sum(axis=0), np.square(y - y.mean(axis=0)).sum(axis=0)
        return float(np.where(spread > 0, 1 - errors / spread, errors == 0).mean())


def _counts(predicted: Classes, y: Classes) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """For each class how many were predicted right, how many there are, and how many were predicted."""
    classes = int(max(predicted.max(), y.max())) + 1
    return (
        np.bincount(y[predicted == y], minlength=classes),
        np.bincount(y, minlength=classes),
        np.bincount(predicted, minlength=classes),
    )
