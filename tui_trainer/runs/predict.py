"""A stored run's net, to be asked about new rows: from its checkpoint, and what is kept of its samples."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tui_trainer.data.columns import DataFacts
from tui_trainer.data.tables.dialect import Asked, asked_of
from tui_trainer.engine.predictor import Predictor
from tui_trainer.engine.state import State, weights
from tui_trainer.experiment import Experiment
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.samples import task_again
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError

# What earlier versions said of columns that hold no plain numbers, and which they left at that.
NO_PLAIN_NUMBERS = ("in days since", "yes is 1", "left away", "a feature each")


def predictor_of(run: StoredRun) -> Predictor:
    """The net of a run, as its last checkpoint has it. Raises InputError where there is none, or too little known."""
    experiment, state = run.experiment, last_state(run.folder)
    if state is None:
        raise InputError(
            f"{run.id}: it has no checkpoint yet that can be used, so there are no weights to predict with"
        )
    return Predictor(experiment, _facts(run, state), weights(state))


def read_like(experiment: Experiment, given: Mapping[str, Any]) -> tuple[Asked, str]:
    """How a table is read for a net, and what becomes of missing values: as with its own table, or as given."""
    e = msgspec.structs.replace(experiment, **given)
    return asked_of(e), e.missing


def _facts(run: StoredRun, state: State) -> DataFacts:
    """What is known of the run's samples: kept with it or, of one of an earlier version, had from them again."""
    facts = run.info.data
    if facts and (facts.columns is None or facts.columns.read is not None):
        return facts
    try:
        return task_again(run, run.experiment, state).samples.facts
    except InputError as error:
        if facts is None or facts.columns is None or any(sign in facts.columns.note for sign in NO_PLAIN_NUMBERS):
            raise InputError(
                f"{run.id}: an earlier version kept it, without saying how its columns are read, and the data itself "
                f"can't be had: {error}"
            ) from None
    return msgspec.structs.replace(facts, columns=msgspec.structs.replace(facts.columns, read=()))
