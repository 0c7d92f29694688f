"""Which samples are held out of training."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def held_out(y: NDArray[Any], fraction: float, seed: int, stratify: bool) -> Places:
    """The places of the samples that are held out, growing: a fraction of them, by the seed.

    y: of shape (samples, ...); stratify: whether it is classes, each of which gives its share.
    """
    order = np.random.default_rng([seed, 1]).permutation(len(y))
    return np.sort(stratified(order, y, fraction) if stratify else order[: round(len(y) * fraction)])


def stratified(order: Places, y: Places, fraction: float) -> Places:
    """The first samples of each class in this order, its share of the fraction; one of each at least is left."""
    counts = np.bincount(y)
    shares = counts * fraction
    held = np.floor(shares).astype(np.int64)
    largest_rests = np.argsort(held - shares, kind="stable")
    held[largest_rests[: round(len(y) * fraction) - held.sum()]] += 1
    held = np.minimum(held, np.maximum(counts - 1, 0))
    return np.concatenate([order[y[order] == place][:count] for place, count in enumerate(held)])
