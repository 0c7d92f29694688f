"""What is known of a kept run, for whoever shows it: nothing is locked, and nothing is written."""

from pathlib import Path

import msgspec

from tui_trainer.data.points import load_data
from tui_trainer.engine.state import State, put_weights
from tui_trainer.engine.trainer import Trainer
from tui_trainer.runs import checkpoint, metrics
from tui_trainer.runs.checkpoint import Damaged
from tui_trainer.runs.metrics import Line
from tui_trainer.runs.record import Record
from tui_trainer.runs.shelf import KeptRun
from tui_trainer.settings import SETTINGS


def recall(run: KeptRun) -> Record:
    """A record of the run: all its losses, and the curve of its last checkpoint, None where there is none.

    Raises InputError where its points can't be had any more.
    """
    return Recollection(run).record


class Recollection:
    """A run as its folder tells it, which goes on to follow what another process writes there."""

    def __init__(self, run: KeptRun) -> None:
        """Read all there is. Raises InputError where the run's points can't be had any more."""
        state = last_state(run.folder)
        experiment = state.facts.experiment if state else run.experiment
        experiment = msgspec.structs.replace(experiment, device="cpu", data=run.experiment.data)
        self.run = run
        self.record = Record.of(trainer := Trainer(run.info.name, experiment, load_data(experiment)))
        self._trainer, self._looked_at, self._size = trainer, 0, 0
        self.follow(run)

    def follow(self, run: KeptRun) -> list[Line]:
        """Take in what is new: returns the lines of metrics that came since. `run`: as it is by now."""
        self.run = run
        self._look()
        told = metrics.read(run.folder, self._size)
        self._size, record, info = told.size, self.record, run.info
        told.add_to(record.history)
        record.device, record.error = info.device, info.error
        record.status, record.execution = run.status, info.execution or record.execution
        record.epoch, record.steps, record.seconds = len(record.history), info.steps, info.seconds
        record.loss, record.test_loss = info.loss, info.test_loss
        for line in told.lines:
            record.steps, record.seconds = max(record.steps, line.steps), max(record.seconds, line.seconds)
            if line.losses and run.live:  # run.json is written more rarely
                record.loss, record.test_loss = line.losses[-1], (line.test_losses or [None])[-1]
            if line.setting in ("lr", "epochs"):
                value = SETTINGS[line.setting].parse(line.new)
                record.experiment = msgspec.structs.replace(record.experiment, **{line.setting: value})
        return told.lines

    def _look(self) -> None:
        """Take the curve of a checkpoint that was not looked at yet."""
        try:
            written = (self.run.folder / checkpoint.NAME).stat().st_mtime_ns
        except OSError:
            return
        if written != self._looked_at and (state := last_state(self.run.folder)):
            self._looked_at = written
            put_weights(self._trainer, state)
            self.record.look(self._trainer)


def last_state(folder: Path) -> State | None:
    """The newest whole checkpoint's state, if there is one."""
    try:
        return checkpoint.read(folder)[0]
    except Damaged:
        return None
