"""Samples in the plane that a formula in x1 and x2 gives a number, or one of two classes."""

import numpy as np

from tui_trainer.data.sources.expansion import expansion_of
from tui_trainer.data.sources.formula import Formula
from tui_trainer.data.sources.formula_code import formula
from tui_trainer.data.sources.source import Rows, Sizes, Source, SourceCode
from tui_trainer.sentence import InputError
from tui_trainer.setting_texts import x_range

VARIABLES = ("x1", "x2")
RANGE = (-6.0, 6.0)
CLASSES = ("no", "yes")

DEFINITION = """\
def height(x1, x2):
    with np.errstate(all="ignore"):
        return {formula}
"""

LINES = """\
random = np.random.default_rng(SEED)
x = random.uniform(LOW, HIGH, (SAMPLES, 2))
"""
NUMBER = "y = height(*x.T)[:, np.newaxis] + random.normal(size=(SAMPLES, 1)) * NOISE\n"
CLASS = """\
moved = x + random.uniform(-1, 1, (SAMPLES, 2)) * (HIGH - LOW) / 2 * NOISE / 100
y = (height(*moved.T) > 0).astype(np.int64)
"""


class FormulaPlane(Source):
    """A formula in x1 and x2, at random places of a square: x is the range of both.

    A comparison, or a sign, gives two classes, whose border noise blurs: it moves the place that is asked about, by so
    many percent. Any other gives numbers, to which normal noise is added.
    """

    @property
    def _formula(self) -> Formula:
        return Formula(self.experiment.data, VARIABLES)

    @property
    def _range(self) -> tuple[float, float]:
        return x_range(self.experiment.x) if self.experiment.x else RANGE

    def check(self) -> None:
        if self.experiment.y:
            raise InputError(f"y: {self.experiment.y!r} names a column, but the data is no CSV file; leave y empty")
        _ = self._formula, self._range, expansion_of(self.experiment)

    def read(self, quote_cells: bool = False) -> Rows:
        rows, expansion = self._rows(), expansion_of(self.experiment)
        return expansion.of(rows) if expansion else rows

    def _rows(self) -> Rows:
        self.check()
        e, height, (low, high) = self.experiment, self._formula, self._range
        random = np.random.default_rng(e.seed)
        if not np.isfinite(high - low):
            raise InputError(f"x: {e.x!r} gives values beyond all numbers; give a smaller range")
        x = random.uniform(low, high, (e.samples, 2))
        if not height.arithmetic.tells_apart:
            y = height(*x.T)[:, np.newaxis] + random.normal(size=(e.samples, 1)) * e.noise
            return Rows(x, y)
        moved = x + random.uniform(-1, 1, (e.samples, 2)) * (high - low) / 2 * e.noise / 100
        y = (height(*moved.T) > 0).astype(np.int64)
        if len(np.unique(y)) < len(CLASSES):
            only = CLASSES[y[0]]
            raise InputError(f"data: {e.data!r} is {only} for every sample, one class; choose another range with x")
        return Rows(x, y, classes=CLASSES)

    def sizes(self) -> Sizes:
        expansion = expansion_of(self.experiment)
        return Sizes(self.experiment.samples, len(expansion.names) if expansion else 2, 2)

    def code(self) -> SourceCode:
        e, height, (low, high) = self.experiment, self._formula, self._range
        settings = [
            f"SAMPLES = {e.samples}",
            f"LOW, HIGH = {float(low)!r}, {float(high)!r}  # the range of both inputs",
            f"NOISE = {e.noise!r}",
        ]
        definition = DEFINITION.format(formula=formula(height.arithmetic, VARIABLES))
        expansion = expansion_of(e)
        lines = LINES + (CLASS if height.arithmetic.tells_apart else NUMBER) + (expansion.code if expansion else "")
        return SourceCode(settings, lines, definition)
