"""Samples on a curve: a function of x over a range, and normal noise."""

import difflib
import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from tui_trainer.catalog import DATASETS
from tui_trainer.data.sources.formula import Formula
from tui_trainer.data.sources.formula_code import formula
from tui_trainer.data.sources.source import Array, Rows, Sizes, Source, SourceCode
from tui_trainer.sentence import InputError
from tui_trainer.setting_texts import x_range
from tui_trainer.source_code import Code, named
from tui_trainer.wording import quoted

Function: TypeAlias = Callable[[Array], Array]
FORMULA_RANGE = (0.0, 20.0)

DEFINITION = """\
def curve(x):
    with np.errstate(all="ignore"):
        return {formula}
"""

LINES = """\
x = np.linspace(LOW, HIGH, SAMPLES)
y = {curve}(x) + np.random.default_rng(SEED).normal(size=SAMPLES) * NOISE
x, y = x[:, np.newaxis], y[:, np.newaxis]
"""


class Curve(Source):
    """A curve with a name in the catalog, whose option x is its range.

    Noise is `np.random.default_rng(seed).normal(size=samples)` times `noise`.
    """

    def _curve(self) -> tuple[Function, tuple[float, float]]:
        """The function of x that the samples lie on, but for noise, and its own range of x. Raises InputError."""
        choice = DATASETS[self.experiment.data]
        return choice.load(), choice.options["x"]

    def _code(self) -> Code:
        """The function as source."""
        return named(DATASETS[self.experiment.data])

    def _curve_and_range(self) -> tuple[Function, tuple[float, float]]:
        e = self.experiment
        if e.y:
            raise InputError(f"y: {e.y!r} names a column, but the data is no CSV file; leave y empty")
        curve, limits = self._curve()
        return curve, x_range(e.x) if e.x else limits

    def check(self) -> None:
        self._curve_and_range()

    def read(self, quote_cells: bool = False) -> Rows:
        e = self.experiment
        curve, (low, high) = self._curve_and_range()
        with np.errstate(all="ignore"):
            x = np.linspace(low, high, e.samples)
            if np.isfinite(x).all():
                y = curve(x) + np.random.default_rng(e.seed).normal(size=len(x)) * e.noise
                if np.isfinite(y).all():
                    return Rows(x[:, np.newaxis], y[:, np.newaxis])
        raise InputError(f"x: {e.x!r} gives values beyond all numbers; give a smaller range")

    def sizes(self) -> Sizes:
        return Sizes(self.experiment.samples, 1, 1)

    def code(self) -> SourceCode:
        e, code = self.experiment, self._code()
        _, (low, high) = self._curve_and_range()
        settings = [
            f"SAMPLES = {e.samples}",
            f"LOW, HIGH = {float(low)!r}, {float(high)!r}  # the range of x",
            f"NOISE = {e.noise!r}  # deviation of the normal noise that is added to y",
        ]
        return SourceCode(settings, LINES.format(curve=code.expression), code.definition)


class FormulaCurve(Curve):
    """A curve that a person wrote as a formula in x."""

    def _curve(self) -> tuple[Formula, tuple[float, float]]:
        text = self.experiment.data
        if re.fullmatch(r"[a-z_]\w*", text, re.IGNORECASE) and text not in ("x", "e", "pi"):
            near = difflib.get_close_matches(text, DATASETS, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise InputError(
                f"data: {quoted(text)} is no data set, file or formula; {meant}there are {', '.join(DATASETS)}"
            )
        return Formula(text), FORMULA_RANGE

    def _code(self) -> Code:
        return Code("curve", DEFINITION.format(formula=formula(self._curve()[0].arithmetic)))
