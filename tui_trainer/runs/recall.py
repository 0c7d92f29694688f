"""What is known of a kept run, for whoever shows it: nothing is locked, and nothing is written."""

import msgspec

from tui_trainer.engine.learner import Learner
from tui_trainer.engine.state import State, put_weights
from tui_trainer.engine.trainer import finite
from tui_trainer.runs import checkpoint, metrics
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.metrics import Line
from tui_trainer.runs.record import Record
from tui_trainer.runs.samples import samples
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
        self.run, self._size, self._looked_at = run, 0, _written(run)
        state = last_state(run.folder)
        experiment = state.facts.experiment if state else run.experiment
        experiment = msgspec.structs.replace(experiment, device="cpu", data=run.experiment.data)
        self._learner = Learner(run.info.name, experiment, samples(run, experiment, state))
        self.record = Record.of(self._learner)
        self._show(state)
        self._read()

    def follow(self, run: KeptRun) -> list[Line]:
        """Take in what is new: returns the changes on the way that came since. `run`: as it is by now."""
        self.run, before = run, self._looked_at
        self._looked_at = _written(run)
        if self._looked_at != before:
            self._show(last_state(run.folder))
        return self._read()

    def _show(self, state: State | None) -> None:
        """Take the curve of a checkpoint."""
        if state:
            put_weights(self._learner, state)
            self.record.look(self._learner)

    def _read(self) -> list[Line]:
        """Take in the metrics that came since, and how the run stands."""
        told = metrics.read(self.run.folder, self._size, history=self.record.history)
        self._size, record, info = told.size, self.record, self.run.info
        record.device, record.error, record.advice = info.device, info.error, info.advice
        record.status, record.execution = self.run.status, info.execution or record.execution
        record.epoch = len(record.history)
        # run.json is written more rarely than metrics: while it trains, those know better.
        record.steps = max(record.steps, info.steps, told.steps)
        record.seconds = max(record.seconds, info.seconds, told.seconds)
        if record.status not in ("running", "paused"):
            record.loss, record.test_loss = info.loss, info.test_loss
        elif record.epoch:
            record.loss, record.test_loss = (
                finite(float(of[-1])) for of in (record.history.losses, record.history.test_losses)
            )
        for line in told.changes:
            if line.setting in ("lr", "epochs"):
                value = SETTINGS[line.setting].parse(line.new)
                record.experiment = msgspec.structs.replace(record.experiment, **{line.setting: value})
        return told.changes


def _written(run: KeptRun) -> int:
    """When the newest checkpoint was written, in nanoseconds; 0 where there is none."""
    try:
        return (run.folder / checkpoint.NAME).stat().st_mtime_ns
    except OSError:
        return 0
