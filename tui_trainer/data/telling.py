"""Which features tell most about what is learned."""

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.samples import Samples
from tui_trainer.data.scaling import standard

Array = NDArray[np.float64]


def told_by_features(samples: Samples) -> Array:
    """The share of the variance of each feature, or of what they were worked out of, that goes with y: (features,)."""
    inputs, _ = samples.inputs
    x = standard(inputs).apply(inputs)
    if samples.classes:
        members = (samples.y[:, np.newaxis] == np.arange(len(samples.classes))).astype(np.float64)
    else:
        members = standard(samples.y).apply(samples.y)
    sizes = np.maximum(np.square(members).sum(axis=0), 1)
    return np.asarray((np.square(members.T @ x) / sizes[:, np.newaxis]).sum(axis=0) / len(x))
