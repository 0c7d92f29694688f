"""The nets of runs, to be asked about new rows: those on the training screen, at a moment, and stored ones."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_trainer.sentence import InputError

if TYPE_CHECKING:
    from tui_trainer.engine.predictor import Predictor
    from tui_trainer.runs.record import Record
    from tui_trainer.runs.stored_run import StoredRun


def nets_at(records: "Sequence[Record]", epochs: Sequence[int]) -> "dict[str, Predictor]":
    """The nets of these runs, each at an epoch's end. Takes a while; raises InputError for one that can't be had."""
    from tui_trainer.engine.predictor import Predictor
    from tui_trainer.engine.state import weights

    nets = {}
    for record, epoch in zip(records, epochs, strict=True):
        moment = record.past.at(epoch) if record.past else None
        if moment is None:
            raise InputError(f"{record.name}: only its losses are known here")
        nets[record.name] = Predictor(record.experiment, record.samples.facts, weights(moment.state))
    return _alike(nets)


def nets_of(runs: "Sequence[StoredRun]") -> "dict[str, Predictor]":
    """The nets of stored runs, by their last checkpoints. Takes a while; raises InputError for one that has none."""
    from tui_trainer.runs.predict import predictor_of

    return _alike({run.name: predictor_of(run) for run in runs})


def _alike(nets: "dict[str, Predictor]") -> "dict[str, Predictor]":
    """Those that want to know the same of a row as the first."""
    first, *_ = nets.values()
    return {name: net for name, net in nets.items() if list(net.inputs.columns) == list(first.inputs.columns)}
