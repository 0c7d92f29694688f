"""What is known of a kept run, for whoever shows it: nothing is locked, and nothing is written."""

import msgspec

from tui_trainer.data.points import load_data
from tui_trainer.engine.state import State, put_weights
from tui_trainer.engine.trainer import Trainer
from tui_trainer.runs import checkpoint, metrics
from tui_trainer.runs.checkpoint import Damaged
from tui_trainer.runs.record import Record
from tui_trainer.runs.shelf import KeptRun


def recall(run: KeptRun) -> Record:
    """A record of the run: all its losses, and the curve of its last checkpoint, None where there is none.

    Raises InputError where its points can't be had any more.
    """
    state = last_state(run)
    experiment = state.facts.experiment if state else run.experiment
    experiment = msgspec.structs.replace(experiment, device="cpu", data=run.experiment.data)
    trainer = Trainer(run.info.name, experiment, load_data(experiment))
    record = Record.of(trainer)
    if state:
        put_weights(trainer, state)
        record.look(trainer)
    record.history = metrics.read(run.folder).history()
    info = run.info
    record.device, record.status, record.execution, record.error = info.device, run.status, info.execution, info.error
    record.epoch, record.steps, record.seconds = len(record.history), info.steps, info.seconds
    record.loss, record.test_loss = info.loss, info.test_loss
    return record


def last_state(run: KeptRun) -> State | None:
    """The newest whole checkpoint's state, if there is one."""
    try:
        return checkpoint.read(run.folder)[0]
    except Damaged:
        return None
