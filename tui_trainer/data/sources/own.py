"""Samples, or batches, that a person's own code gives. Nothing of it runs before they are read."""

from tui_trainer.data.sources.source import Rows, Sizes, Source, SourceCode
from tui_trainer.experiment import Experiment
from tui_trainer.named_data import code_reference
from tui_trainer.sentence import InputError


class OwnData(Source):
    """What the function gives, or the object is."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__(experiment)
        reference = code_reference(experiment.data)
        assert reference
        self.reference = reference

    def read(self, quote_cells: bool = False) -> Rows:
        from tui_trainer.data.sources.given import Given  # here, as it loads torch

        return Given(self.experiment, self.reference).rows()

    def sizes(self) -> Sizes:
        return Sizes(1, 1, 1)  # nothing is known before it runs

    def code(self) -> SourceCode:
        raise InputError(f"data: {self.reference} is your own code, which no script repeats; export the weights")
