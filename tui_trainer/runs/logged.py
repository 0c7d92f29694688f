"""What a script that is watched logged: by name, how its numbers went from step to step.

A row stands for the steps since the row before in which the name was logged at all: its mean, its lowest and its
highest number.
"""

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MAX_NAMES = 10_000  # a spoiled file may have any number


class Series:
    """The numbers of one name. Rows are added, and none is changed: a copy shares them, and stays as it is."""

    def __init__(self) -> None:
        self._rows = np.empty((7, 256))
        self._count = 0

    def append(self, row: Sequence[float]) -> None:
        """Add a row: first step, last step, epoch, seconds, mean, lowest, highest."""
        if self._count == self._rows.shape[1]:
            self._rows = np.hstack([self._rows, np.empty_like(self._rows)])
        self._rows[:, self._count] = row
        self._count += 1

    def __len__(self) -> int:
        return self._count

    @property
    def first(self) -> Array:
        """The first step of each row, of shape (rows,)."""
        return self._rows[0, : self._count]

    @property
    def steps(self) -> Array:
        """The last step of each row, of shape (rows,)."""
        return self._rows[1, : self._count]

    @property
    def epochs(self) -> Array:
        """The epoch that the script was in, of shape (rows,)."""
        return self._rows[2, : self._count]

    @property
    def seconds(self) -> Array:
        """Seconds of training up to each row's last step, of shape (rows,)."""
        return self._rows[3, : self._count]

    @property
    def values(self) -> Array:
        """Mean, lowest and highest of each row, of shape (3, rows); NaN where there is no finite number."""
        return self._rows[4:, : self._count]


class Logged:
    """All that was logged, by name, in the order in which the names came up."""

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}
        self.last: dict[str, float] = {}  # the last finite mean of each name that has one
        self.steps = 0

    def add(
        self, first: int, steps: int, epoch: int, seconds: float, values: Mapping[str, Sequence[float | None]]
    ) -> bool:
        """Add what was logged from one step to another.

        Returns whether it comes after what came before; if not, it is left out.
        """
        if steps < self.steps:
            return False
        self.steps = steps
        for name, spread in values.items():
            series = self.series.get(name) or Series()
            series.append([first, steps, epoch, seconds, *_floats(spread)])
            if name not in self.series and len(self.series) < MAX_NAMES:
                self.series[name] = series
            mean = spread[0]
            if name in self.series and mean is not None and math.isfinite(mean):
                self.last[name] = mean
        return True

    def by_now(self) -> Self:
        """The same up to here, for another thread: it stays as it is while this goes on."""
        now = copy.copy(self)
        now.series = {name: copy.copy(series) for name, series in self.series.items()}
        now.last = self.last.copy()
        return now


def _floats(spread: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in spread]
