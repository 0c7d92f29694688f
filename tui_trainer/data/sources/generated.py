"""Samples that a function makes: of any number of features, with targets or classes."""

import numpy as np

from tui_trainer.catalog import DATASETS
from tui_trainer.data.sources.expansion import expansion_of
from tui_trainer.data.sources.source import Rows, Sizes, Source, SourceCode
from tui_trainer.sentence import InputError
from tui_trainer.source_code import named

LINES = """\
x, y = {function}(SAMPLES, NOISE, np.random.default_rng(SEED))
"""


class Generated(Source):
    """What a function of the catalog makes of a number of samples, a strength of noise, and a random generator.

    It returns x and y as `Rows` has them. The options of its entry are `features`, and `outputs` or `classes`, names.
    """

    def check(self) -> None:
        for name in ("x", "y"):
            if value := getattr(self.experiment, name):
                raise InputError(f"{name}: {value!r} has no effect on {self.experiment.data}; leave {name} empty")

        expansion_of(self.experiment)

    def read(self, quote_cells: bool = False) -> Rows:
        self.check()
        e, choice = self.experiment, DATASETS[self.experiment.data]
        x, y = choice.load()(e.samples, e.noise, np.random.default_rng(e.seed))
        rows, expansion = Rows(x, y, classes=choice.options.get("classes", ())), expansion_of(e)
        return expansion.of(rows) if expansion else rows

    def sizes(self) -> Sizes:
        options = DATASETS[self.experiment.data].options
        outputs = len(options["classes"]) if "classes" in options else options["outputs"]
        expansion = expansion_of(self.experiment)
        return Sizes(self.experiment.samples, len(expansion.names) if expansion else options["features"], outputs)

    def code(self) -> SourceCode:
        e, code = self.experiment, named(DATASETS[self.experiment.data])
        settings = [f"SAMPLES = {e.samples}", f"NOISE = {e.noise!r}"]
        expansion = expansion_of(e)
        lines = LINES.format(function=code.expression) + (expansion.code if expansion else "")
        return SourceCode(settings, lines, code.definition)
