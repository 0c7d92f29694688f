"""From the data settings to samples: load, hold out, scale."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tui_trainer.catalog import SCALES
from tui_trainer.data.columns import Columns, DataFacts, as_tuple, one_or_all
from tui_trainer.data.scaling import Scaling, mean_and_deviation, unscaled
from tui_trainer.data.sources import source_of
from tui_trainer.data.sources.source import Base
from tui_trainer.data.split import held_out
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import as_path
from tui_trainer.own_settings import absolute
from tui_trainer.sentence import InputError

if TYPE_CHECKING:
    from tui_trainer.data.batches import Batches

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples of a run in their own units: those it trains on, (x, y), and those held out.

    x, x_test: float64 of shape (n, features); y, y_test: float64 of shape (n, targets), or int64 of shape (n,),
    places in `classes`. columns: what they are called, where they have names. The scalings are those of the
    training samples; classes have none. base, base_test: what x and x_test were worked out of, where they were. shape:
    the channels, height and width of pictures, whose pixels x is. batches: what there is in the place of all these
    where a person's own loader gives it, batch by batch.
    """

    x: Array
    y: NDArray[Any]
    x_test: Array
    y_test: NDArray[Any]
    columns: Columns | None
    classes: tuple[str, ...]
    x_scaling: Scaling
    y_scaling: Scaling | None
    base: Base | None = None
    base_test: Array | None = None
    shape: tuple[int, int, int] | None = None
    batches: "Batches | None" = None

    @property
    def has_test(self) -> bool:
        """Whether some are held out."""
        return self.batches.has_held_out if self.batches else len(self.x_test) > 0

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all samples: equal for equal ones."""
        if self.batches:
            return self.batches.fingerprint
        digest = hashlib.sha256()
        for part in (self.x, self.y, self.x_test, self.y_test):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called: x1, x2 and so on where they have no names."""
        if self.columns and not self.shape:
            return as_tuple(self.columns.x)
        features = self.x.shape[1]
        return ("x",) if features == 1 else tuple(f"x{i}" for i in range(1, features + 1))

    @property
    def inputs(self) -> tuple[Array, Array]:
        """What the plane is of: the features, or what they were worked out of, of training and held-out samples."""
        if self.base is None:
            return self.x, self.x_test
        return self.base.x, self.base.x[:0] if self.base_test is None else self.base_test

    @property
    def facts(self) -> DataFacts:
        """What is kept of the samples."""
        scalings = {"x": self.x_scaling, **({"y": self.y_scaling} if self.y_scaling else {})}
        numbers = {
            f"{axis}_{name}": one_or_all(values.tolist())
            for axis, scaling in scalings.items()
            for name, values in scaling._asdict().items()
        }
        classes, shape = self.classes or msgspec.UNSET, self.shape or msgspec.UNSET
        needless = self.shape or self.batches or self.x_scaling.mean.any()  # of pictures no number is missing
        means = msgspec.UNSET if needless else one_or_all([mean_and_deviation(column)[0] for column in self.x.T])
        return DataFacts(
            fingerprint=self.fingerprint,
            columns=self.columns,
            classes=classes,
            means=means,
            shape=shape,
            **numbers,
        )

    def scaled_y(self, y: NDArray[Any]) -> NDArray[Any]:
        """Targets as training sees them; classes stay what they are."""
        return self.y_scaling.apply(y) if self.y_scaling else y

    def equal(self, other: "Samples") -> bool:
        """Whether the other's numbers are the same."""
        mine, its = ((s.x, s.y, s.x_test, s.y_test) for s in (self, other))
        return all(map(np.array_equal, mine, its))

    def rescaled(self, scale: str) -> "Samples":
        """The same samples under another setting of the scale."""
        make = SCALES[scale].load()
        return replace(
            self, x_scaling=make(scaled_as_one(self.x, self.shape)), y_scaling=make(self.y) if self.y_scaling else None
        )


def load_samples(experiment: Experiment, quote_cells: bool = False) -> Samples:
    """Make or read the experiment's samples.

    quote_cells: whether messages may say what is in a file; else they only say where it is wrong.

    Held out are the first round(n * test_fraction) samples of `np.random.default_rng([seed, 1]).permutation(n)`;
    of classes, the first of each that are its share.
    Raises InputError for data that can't be had.
    """
    x, y, columns, classes, base, shape, own_held, batches = source_of(experiment).read(quote_cells)
    base_test = None
    if experiment.test_fraction and (batches or own_held):
        raise InputError(f"test_fraction: {experiment.data} says itself what is held out; leave it out")
    if batches:
        if experiment.scale != "none":
            raise InputError(f"scale: batches of {experiment.data} are as its code gives them; leave it out")
        picture = batches.x_shape if len(batches.x_shape) == 3 else None
        return Samples(x, y, x, y, columns, classes, unscaled(x), unscaled(y), shape=picture, batches=batches)
    held = own_held or round(len(x) * experiment.test_fraction)
    if held >= len(x):
        raise InputError(
            f"test_fraction: {experiment.test_fraction} holds out all {len(x)} samples; give a smaller one"
        )
    x_test, y_test = x[:0], y[:0]
    if held:
        test = (
            np.arange(len(x) - own_held, len(x))
            if own_held
            else held_out(y, experiment.test_fraction, experiment.seed, stratify=bool(classes))
        )
        train = np.setdiff1d(np.arange(len(x)), test)
        x, y, x_test, y_test = x[train], y[train], x[test], y[test]
        if base:
            base, base_test = base._replace(x=base.x[train]), base.x[test]
    x, x_test = filled(x, x), filled(x_test, x)
    scale = SCALES[experiment.scale]
    y_scaling = None if classes else scale.make(y)
    x_scaling = scale.make(scaled_as_one(x, shape))
    return Samples(x, y, x_test, y_test, columns, classes, x_scaling, y_scaling, base, base_test, shape)


def scaled_as_one(x: Array, shape: object) -> Array:
    """What features are scaled by: each by itself, but all pixels of pictures, which have a shape, as one column."""
    return x.reshape(-1, 1) if shape else x


def filled(x: Array, training: Array) -> Array:
    """Features whose missing values, NaN, are the means of the training samples'."""
    gaps = np.isnan(x)
    if not gaps.any():
        return x
    given = ~np.isnan(training)
    means = np.where(given, training, 0.0).sum(axis=0) / np.maximum(given.sum(axis=0), 1)
    return np.where(gaps, means, x)


def with_absolute_path(experiment: Experiment) -> Experiment:
    """The same experiment, its file named from the root: it means the same wherever one stands."""
    experiment, path = absolute(experiment), as_path(experiment.data)
    return msgspec.structs.replace(experiment, data=str(path.absolute())) if path else experiment
