"""From the data settings to points: load, hold out, scale."""

import difflib
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from tui_trainer.catalog import DATASETS, SCALES
from tui_trainer.data.facts import Columns, DataFacts
from tui_trainer.data.formula import Formula
from tui_trainer.data.line import Line, least_squares, mean_squared_error
from tui_trainer.data.scaling import Scaling
from tui_trainer.data.span import share
from tui_trainer.data.table import read_table
from tui_trainer.experiment import Experiment, InputError, as_path, x_range
from tui_trainer.settings import quoted

Array = NDArray[np.float64]
FORMULA_RANGE = (0.0, 20.0)
AXES: tuple[Literal["x", "y"], ...] = ("x", "y")
GRID, SLICE = (600, 400), 100_000
LARGE_FILE = 100_000_000  # rows that a file is taken to have had which is not there any more


@dataclass(frozen=True)
class Data:
    """The points of a run in their own units: training points (x, y) and held-out ones.

    All arrays are float64 of shape (n,). The columns are a file's. The scalings are those of the training points.
    """

    x: Array
    y: Array
    x_test: Array
    y_test: Array
    columns: Columns | None
    x_scaling: Scaling
    y_scaling: Scaling

    @cached_property
    def best_line(self) -> Line:
        """The least-squares line of the training points."""
        return least_squares(self.x, self.y)

    @cached_property
    def floor(self) -> float:
        """Its mean squared error: no straight line gets below."""
        return mean_squared_error(self.best_line, self.x, self.y)

    @cached_property
    def sketch(self) -> tuple[Array, Array]:
        """The training points as a chart needs them."""
        return sketch(self.x, self.y)

    @cached_property
    def test_sketch(self) -> tuple[Array, Array]:
        """The held-out points likewise."""
        return sketch(self.x_test, self.y_test)

    def settle(self) -> None:
        """Work out what is kept, for those who must not wait for it later."""
        _ = self.floor, self.sketch, self.test_sketch

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all points: equal for equal ones."""
        digest = hashlib.sha256()
        for part in (self.x, self.y, self.x_test, self.y_test):
            digest.update(part.tobytes())
        return digest.hexdigest()

    @property
    def facts(self) -> DataFacts:
        """What is kept of the points."""
        return DataFacts(
            fingerprint=self.fingerprint,
            columns=self.columns,
            x_mean=self.x_scaling.mean,
            x_deviation=self.x_scaling.deviation,
            y_mean=self.y_scaling.mean,
            y_deviation=self.y_scaling.deviation,
        )


def sketch(x: Array, y: Array) -> tuple[Array, Array]:
    """All points or, of very many, one for each place of a grid finer than any chart; both of shape (points,)."""
    columns, rows = GRID
    if len(x) <= columns * rows:
        return x, y
    taken, kept = np.zeros(columns * rows, dtype=bool), []
    for start in range(0, len(x), SLICE):  # in slices, as millions of points fill memory several times over
        part = slice(start, start + SLICE)
        place = _steps(x[part], x, columns) * rows + _steps(y[part], y, rows)
        places, first = np.unique(place, return_index=True)
        kept.append(start + first[~taken[places]])
        taken[places] = True
    order = np.sort(np.concatenate(kept))
    return x[order], y[order]


def _steps(part: Array, whole: Array, steps: int) -> NDArray[np.int64]:
    low, high = float(whole.min()), float(whole.max())
    if low == high:
        return np.zeros(len(part), dtype=np.int64)
    return (share(part, low, high) * (steps - 1)).astype(np.int64)


def load_data(experiment: Experiment, quote_cells: bool = False) -> Data:
    """Make or read the experiment's points.

    quote_cells: whether messages may say what is in a file; else they only say where it is wrong.

    Noise is `np.random.default_rng(seed).normal(size=samples)` times `noise`. Held out are the
    first round(n * test_fraction) points of `np.random.default_rng([seed, 1]).permutation(n)`.
    Raises InputError for data that can't be had.
    """
    path = as_path(experiment.data)
    if path:
        x, y, x_column, y_column, _ = read_table(path, experiment.x, experiment.y, quote_cells)
        columns = Columns(x_column, y_column, tuple(axis for axis in AXES if not getattr(experiment, axis)))
    else:
        x, y = _synthetic(experiment)
        columns = None
    held = round(len(x) * experiment.test_fraction)
    if held >= len(x):
        raise InputError(f"test_fraction: {experiment.test_fraction} holds out all {len(x)} points; give a smaller one")
    x_test, y_test = x[:0], y[:0]
    if held:
        order = np.random.default_rng([experiment.seed, 1]).permutation(len(x))
        # Sorted, so that points keep the data's own order.
        test, train = np.sort(order[:held]), np.sort(order[held:])
        x, y, x_test, y_test = x[train], y[train], x[test], y[test]
    scale = SCALES[experiment.scale]
    return Data(x, y, x_test, y_test, columns, scale.make(x), scale.make(y))


def most_points(experiment: Experiment) -> int:
    """No fewer than the experiment's points are, without reading them: a row of a file takes four bytes at least."""
    path = as_path(experiment.data)
    if not path:
        return experiment.samples
    try:
        return path.stat().st_size // 4 + 1
    except OSError:
        return LARGE_FILE


def check_source(experiment: Experiment) -> None:
    """Raise InputError for points that can't be made: a formula, a range or a column that is none. Reads no file."""
    if not as_path(experiment.data):
        curve_and_range(experiment)


def anchored(experiment: Experiment) -> Experiment:
    """The same experiment, its file named from the root: it means the same wherever one stands."""
    path = as_path(experiment.data)
    return msgspec.structs.replace(experiment, data=str(path.absolute())) if path else experiment


def _synthetic(experiment: Experiment) -> tuple[Array, Array]:
    curve, (low, high) = curve_and_range(experiment)
    with np.errstate(all="ignore"):
        x = np.linspace(low, high, experiment.samples)
        if np.isfinite(x).all():
            y = curve(x) + np.random.default_rng(experiment.seed).normal(size=len(x)) * experiment.noise
            if np.isfinite(y).all():
                return x, y
    raise InputError(f"x: {experiment.x!r} gives values beyond all numbers; give a smaller range")


def curve_and_range(experiment: Experiment) -> tuple[Callable[[Array], Array], tuple[float, float]]:
    """The function of x that the points lie on, but for noise, and the range of x. Raises InputError."""
    if experiment.y:
        raise InputError(f"y: {experiment.y!r} names a column, but the data is no CSV file; leave y empty")
    if experiment.data in DATASETS:
        choice = DATASETS[experiment.data]
        curve, limits = choice.load(), choice.options["x"]
    else:
        curve, limits = _formula(experiment.data), FORMULA_RANGE
    return curve, x_range(experiment.x) if experiment.x else limits


def _formula(text: str) -> Formula:
    if re.fullmatch(r"[a-z_]\w*", text, re.IGNORECASE) and text not in ("x", "e", "pi"):
        near = difflib.get_close_matches(text, DATASETS, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise InputError(
            f"data: {quoted(text)} is no data set, file or formula; {meant}there are {', '.join(DATASETS)}"
        )
    return Formula(text)
