"""What a net predicts of the samples, for the views that look at each of them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.samples import Samples
from tui_trainer.data.span import spread

Array = NDArray[np.float64]
MOST = 1_000  # samples of each kind, evenly: no chart has room for more


class Part(NamedTuple):
    """Of samples, of very many some: x, y and their places among all of their kind, and what is predicted of them.

    predicted: like y; probabilities: of the classes, of shape (n, classes); of numbers there are none, of shape (n, 0).
    held_out: whether that is their kind; whole: how many there are of it.
    """

    held_out: bool
    x: Array
    y: NDArray[Any]
    places: NDArray[np.int64]
    predicted: NDArray[Any]
    probabilities: Array
    whole: int


class Predictions(NamedTuple):
    """Of the training samples, and of those held out, of which there may be none."""

    training: Part
    held_out: Part

    @property
    def judged(self) -> Part:
        """Those by which a net is judged: held out, where there are some."""
        return self.held_out if self.held_out.whole else self.training

    @property
    def which(self) -> str:
        """Which these are: of very many some."""
        part, shown = self.judged, len(self.judged.places)
        name = "held out" if part.held_out else "training"
        return f"{name}, {shown:,} of {part.whole:,}" if shown < part.whole else f"{name}, {part.whole:,}"


def asked(samples: Samples) -> Array:
    """The x of the samples that a net is asked about, those held out after those of training."""
    return np.concatenate([x[spread(len(x), MOST)] for x in (samples.x, samples.x_test)])


def predictions(samples: Samples, predicted: NDArray[Any], probabilities: Array) -> Predictions:
    """What was predicted of those that were asked about."""
    parts, start = [], 0
    for held_out, x, y in ((False, samples.x, samples.y), (True, samples.x_test, samples.y_test)):
        places = spread(len(x), MOST)
        own = slice(start, start := start + len(places))
        parts.append(Part(held_out, x[places], y[places], places, predicted[own], probabilities[own], len(x)))
    return Predictions(*parts)
