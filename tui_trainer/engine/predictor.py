"""A trained net that is asked about rows which it never saw: what it says of them, in the data's own words."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tui_trainer.catalog import DTYPES
from tui_trainer.data.columns import DataFacts, ReadAs, as_tuple
from tui_trainer.data.inputs import Inputs, in_words, inputs_of
from tui_trainer.data.samples import Samples
from tui_trainer.data.scaling import Scaling
from tui_trainer.engine.learner import EVALUATION_BATCH
from tui_trainer.engine.models import build_model
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import code_reference
from tui_trainer.sentence import InputError
from tui_trainer.tasks import task_of
from tui_trainer.tasks.task import Array


class Predicted(NamedTuple):
    """What a net says of rows: floats or names of classes, and the classes' probabilities, of shape (rows, classes).

    finite: for which rows it gives a number.
    """

    values: Sequence[Any]
    probabilities: Array
    finite: NDArray[np.bool_]


class Predictor:
    """A net with these weights, and what is known of the samples that it learned from: no sample itself is needed.

    inputs: what it wants to know of a row; shape: the channels, height and width of pictures, where it learned these,
    whose inputs are all their pixels; target: what it predicts; classes: their names, where it is one of them.
    """

    def __init__(self, experiment: Experiment, facts: DataFacts, weights: Mapping[str, Tensor]) -> None:
        """Raises InputError for weights that don't fit the settings."""
        if code_reference(experiment.model):
            raise InputError("model: its net is your own code, which is run to train alone; export its weights")
        first, *_ = weights.values()
        self.experiment, self.shape = experiment, facts.shape or None
        features = len(as_tuple(facts.columns.x)) if facts.columns else first[0].numel()
        features = math.prod(self.shape) if self.shape else features
        self.inputs = Inputs(()) if self.shape else inputs_of(experiment, facts, features)
        self.target = as_tuple(facts.columns.y)[0] if facts.columns else "class" if facts.classes else "y"
        self.classes = facts.classes or ()
        read = (facts.columns.read or ()) if facts.columns else ()
        self._target = next((how for how in read if how.column == self.target), ReadAs(self.target))
        self._dtype = DTYPES[experiment.dtype].load()
        self._task = task_of(_none_of(facts, features))
        self._model = build_model(experiment, self._task)
        try:
            self._model.load_state_dict(dict(weights))
        except RuntimeError:
            raise InputError("its weights do not fit its settings") from None
        self._model.eval()

    def __call__(self, x: Array) -> Predicted:
        """What the net says of rows with these features, of shape (rows, features), in the data's own units."""
        scaled = torch.tensor(self._task.samples.x_scaling.apply(x), dtype=self._dtype)
        with torch.inference_mode():
            parts = [self._model(part) for part in torch.split(scaled, EVALUATION_BATCH)]
        outputs = torch.cat(parts).double().numpy()
        predicted = self._task.predicted(outputs)
        finite = np.isfinite(outputs).all(axis=1)
        if self.classes:
            return Predicted(self._task.words(predicted), self._task.probabilities(outputs), finite)
        values = predicted[:, 0]
        return Predicted(values.tolist(), self._task.probabilities(outputs), finite & np.isfinite(values))

    def in_words(self, value: Any) -> str:
        """A prediction as the data has it: a class, or a number with its unit, or a date."""
        return value if isinstance(value, str) else in_words(self._target, value)

    def written(self, value: Any) -> Any:
        """A prediction for a file that programs read: a class, a number with all its digits, or a date."""
        return in_words(self._target, value) if self._target.kind == "date" else value


def _none_of(facts: DataFacts, features: int) -> Samples:
    """No samples, of the shape and with the scaling of those that are known."""
    x, classes = np.empty((0, features)), facts.classes or ()
    y: NDArray[Any] = np.empty(0, dtype=np.int64) if classes else np.empty((0, 1))
    x_scaling = Scaling(np.atleast_1d(facts.x_mean), np.atleast_1d(facts.x_deviation))
    y_scaling = None if classes else Scaling(np.atleast_1d(facts.y_mean), np.atleast_1d(facts.y_deviation))
    return Samples(x, y, x, y, facts.columns, classes, x_scaling, y_scaling, shape=facts.shape or None)
