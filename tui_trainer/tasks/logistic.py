"""Logistic regression: the classes' probabilities that a net which only adds can give at best."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_WORK = 10**8  # samples times squared weights; what has more would take many seconds, in which nothing is shown
MAX_STEPS, CLOSE = 100, 1e-13
FLAT = 1e-9  # beside a curvature of 1, what keeps a step from being endless where classes can be parted


def logistic_regression(x: Array, y: NDArray[Any], classes: int) -> Array | None:
    """The weights, of shape (features + 1, classes), that make the cross entropy smallest; None for more than fits.

    x: of shape (n, features), best with mean 0 and deviation 1; y: int64 of shape (n,). By Newton's method, with steps
    that are halved until they help. Nothing is regularised: where a plane parts the classes there is no smallest, and
    the weights are such that what is left is next to nothing.
    """
    ones = np.column_stack([x, np.ones(len(x))])
    features, free = ones.shape[1], classes - 1  # the first class's weights are 0, as only differences count
    if free < 1 or len(x) * (features * free) ** 2 > MAX_WORK:
        return None
    there = (y[:, np.newaxis] == np.arange(classes)).astype(np.float64)
    weights = np.zeros((features, classes))
    loss = cross_entropy(ones @ weights, y)
    for _ in range(MAX_STEPS):
        given = softmax(ones @ weights)
        gradient = (ones.T @ (given - there))[:, 1:] / len(x)
        step = _newton_step(ones, given[:, 1:], gradient)
        for halved in range(40):
            tried = weights.copy()
            tried[:, 1:] -= step / 2**halved
            new = cross_entropy(ones @ tried, y)
            if new <= loss:
                break
        else:
            break
        gained, loss, weights = loss - new, new, tried
        if gained <= CLOSE * max(loss, 1e-3):
            break
    return weights


def _newton_step(ones: Array, given: Array, gradient: Array) -> Array:
    """The gradient over the curvature; given: the probabilities of all classes but the first."""
    features, free = gradient.shape
    curvature = np.empty((free, features, free, features))
    for a in range(free):
        for b in range(a, free):
            weight = given[:, a] * ((a == b) - given[:, b])
            curvature[a, :, b, :] = curvature[b, :, a, :] = (ones.T * weight) @ ones / len(ones)
    square = curvature.reshape(free * features, -1)
    flat = FLAT * max(float(np.trace(square)) / len(square), np.finfo(np.float64).tiny)
    square[np.diag_indices_from(square)] += flat
    step = np.linalg.lstsq(square, gradient.T.ravel(), rcond=None)[0]
    return np.asarray(step.reshape(free, features).T)


def softmax(scores: Array) -> Array:
    """Probabilities, of scores of shape (n, classes)."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def cross_entropy(scores: Array, y: NDArray[Any]) -> float:
    """The mean of minus the logarithm of the true class's probability."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]))
