"""Features that are worked out of x1 and x2, such as x1^2 or sin(x2): what a straight border can be bent with."""

import numpy as np

from tui_trainer.data.columns import Columns
from tui_trainer.data.sources.formula import Formula
from tui_trainer.data.sources.formula_code import formula
from tui_trainer.data.sources.source import Array, Base, Rows
from tui_trainer.experiment import Experiment
from tui_trainer.sentence import InputError
from tui_trainer.wording import quoted, split_list

INPUTS = ("x1", "x2")
PLAYGROUND = ("x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)")
MAX_FEATURES = 100


class Expansion:
    """The features that a setting names, of inputs of shape (n, 2); `all` are TensorFlow Playground's seven.

    Raises InputError for what is no formula in x1 and x2, or stands there twice.
    """

    def __init__(self, text: str) -> None:
        names = PLAYGROUND if text.strip() == "all" else tuple(split_list(text))
        if len(set(names)) < len(names) or len(names) > MAX_FEATURES:
            raise InputError(f"features: {quoted(text)} has one twice, or more than {MAX_FEATURES}; give each once")
        self.names, self._formulas = names, [_formula(name) for name in names]

    def __call__(self, x: Array) -> Array:
        """The features, of shape (n, features); NaN or infinite where a formula has no value."""
        return np.column_stack([each.values(x[:, 0], x[:, 1]) for each in self._formulas])

    def of(self, rows: Rows) -> Rows:
        """The same samples with these features. Raises InputError where one has no finite value."""
        for each in self._formulas:
            each(*rows.x.T)
        y = Columns(self.names if len(self.names) > 1 else self.names[0], "y", read=())
        return rows._replace(x=self(rows.x), columns=y, base=Base(rows.x, INPUTS, self))

    @property
    def code(self) -> str:
        """The lines that make them of x, in a script."""
        columns = ", ".join(formula(each.arithmetic, INPUTS) for each in self._formulas)
        return f"x1, x2 = x.T\nx = np.column_stack([{columns}])\n"


def expansion_of(experiment: Experiment) -> Expansion | None:
    """The features that the experiment asks for; None where they are x1 and x2 themselves. Raises InputError."""
    return Expansion(experiment.features) if experiment.features else None


def _formula(name: str) -> Formula:
    try:
        return Formula(name.replace("^", "**"), INPUTS)
    except InputError:
        raise InputError(
            f"features: {quoted(name)} is no feature of x1 and x2; write some of {', '.join(PLAYGROUND)}, or all"
        ) from None
