"""The record of a stored run, for whoever shows it: nothing is locked, and nothing is written."""

import contextlib
from collections.abc import Iterator, Sequence

import msgspec

from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import Event, ExecutionChanged, Paused, Resumed, RunFinished, SettingChanged
from tui_trainer.engine.learner import Learner
from tui_trainer.engine.requests import Request
from tui_trainer.engine.state import State, put_weights
from tui_trainer.engine.status import Status
from tui_trainer.own_settings import placed_like, references_of
from tui_trainer.runs import checkpoint, metrics
from tui_trainer.runs.checkpoint import last_state
from tui_trainer.runs.group import Group
from tui_trainer.runs.metrics import Line
from tui_trainer.runs.record import Record
from tui_trainer.runs.requests import send
from tui_trainer.runs.samples import task_again
from tui_trainer.runs.script_record import ScriptRecord
from tui_trainer.runs.stored_past import stored_past
from tui_trainer.runs.stored_run import StoredRun, read_run
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS

UNSEEN = "its net is your own code, which is run to train alone"


def stored_record(run: StoredRun) -> Record:
    """A record of the run: all its losses, and what its last checkpoint has learned, nothing where there is none.

    Raises InputError where its samples can't be had any more.
    """
    if run.own is None:
        return ScriptRecord.of_script(run)
    return FollowedRun(run).record


class FollowedRun:
    """A run as its folder has it, followed while another process writes there."""

    def __init__(self, run: StoredRun) -> None:
        """Read all there is. Raises InputError where the run's samples can't be had any more."""
        self.run, self._size, self._checkpoint_time = run, 0, _written(run)
        state = last_state(run.folder)
        experiment = state.facts.experiment if state else run.experiment
        # Its settings as they are by now; and its file as it is called from everywhere.
        experiment = placed_like(experiment, run.experiment)
        # It is looked at here, whatever it was trained on.
        on_cpu = msgspec.structs.replace(experiment, device="cpu")
        task = task_again(run, on_cpu, state)
        # A person's own code is not run to look at what it learned: there are its losses and metrics.
        self._learner = None if references_of(on_cpu) else Learner(run.info.name, on_cpu, task)
        record = Record.of(self._learner) if self._learner else Record(run.info.name, on_cpu, task, run.info.device)
        self.record = record.of_stored(run)
        self.record.unseen = "" if self._learner else UNSEEN
        self.record.experiment = experiment
        self._past = self.record.past = stored_past(run, self.record, on_cpu, state) if self._learner else None
        self._show(state)
        self._read()

    def follow(self, run: StoredRun) -> list[Event]:
        """Take in what is new, and return what of it is rare. `run`: as it is by now."""
        self.run, before, status = run, self._checkpoint_time, self.record.status
        self._checkpoint_time = _written(run)
        if self._checkpoint_time != before:
            self._show(last_state(run.folder))
            if self._past:
                self._past.reload()
        return [*self._read(), *self._turned(status)]

    def _turned(self, before: Status) -> list[Event]:
        """How the run has turned since it stood like this."""
        record = self.record
        match record.status:
            case status if status == before:
                return []
            case Status.PAUSED:
                return [Paused(record.name)]
            case Status.RUNNING:
                return [Resumed(record.name)]
            case status if status.ended and status is not Status.INTERRUPTED:
                return [
                    RunFinished(
                        run=record.name,
                        status=status,
                        epochs=record.epoch,
                        loss=record.final_loss,
                        test_loss=record.final_test_loss,
                        steps=record.steps,
                        seconds=record.seconds,
                        snapshot=record.snapshot,
                        error=record.error,
                        advice=record.advice,
                        metrics=record.metrics,
                        test_metrics=record.test_metrics,
                    )
                ]
            case _:
                return []

    def _show(self, state: State | None) -> None:
        """Take what a checkpoint has learned."""
        if state and self._learner:
            put_weights(self._learner, state)
            self.record.take_snapshot(self._learner)

    def _read(self) -> list[Event]:
        """Take in the metrics that came since, and how the run stands; returns the changes on the way."""
        new = metrics.read(self.run.folder, self._size, history=self.record.history)
        self._size, record, info = new.size, self.record, self.run.info
        record.device, record.error, record.advice = info.device, info.error, info.advice
        record.status, record.execution = self.run.status, info.execution or record.execution
        record.epoch = len(record.history)
        # run.json is written more rarely than metrics: while it trains, those know better.
        record.steps = max(record.steps, info.steps, new.steps)
        record.ended_at = new.ended_at or record.ended_at
        record.seconds = max(record.seconds, info.seconds, new.seconds)
        record.final_loss, record.final_test_loss = info.final_loss, info.final_test_loss
        record.metrics, record.test_metrics = info.metrics, info.test_metrics
        if record.status.trains and (last := record.history.last_measured).epoch:
            record.metrics, record.test_metrics = last.metrics, last.test_metrics
        return [*self._changes(new.changes)]

    def _changes(self, lines: Sequence[Line]) -> Iterator[Event]:
        """Take in what was changed on the way."""
        for line in lines:
            if line.execution:
                yield ExecutionChanged(self.record.name, line.execution, "", line.epoch, note="", preparing=0.0)
            elif (setting := SETTINGS.get(line.setting)) and setting.live and setting.name != "epochs":
                yield self._set(line.setting, line.new, line.epoch)
        # Not from a line, as a run may be resumed with a new goal, which run.json alone has.
        if (goal := self.run.info.epochs) != self.record.experiment.epochs:
            yield self._set("epochs", str(goal), self.record.epoch)

    def _set(self, name: str, text: str, epoch: int) -> SettingChanged:
        record, setting = self.record, SETTINGS[name]
        old = setting.show(getattr(record.experiment, name))
        with contextlib.suppress(InputError):  # as a spoiled file may have it
            record.experiment = msgspec.structs.replace(record.experiment, **{name: setting.parse(text)})
        return SettingChanged(record.name, name, old, text, epoch, record.experiment, record.device)


class RemoteGroup(Group):
    """Runs that another process trains, as their folders tell it."""

    def __init__(self, runs: Sequence[StoredRun]) -> None:
        """Read all there is. Raises InputError as `FollowedRun` does."""
        self._followed = [FollowedRun(run) for run in runs]
        records = [each.record for each in self._followed]
        super().__init__(Comparison.covering([record.experiment for record in records]), records)

    def events(self) -> Iterator[Event]:
        """Take in what is new by now, and yield what of it is rare. Raises InputError for a run that is gone."""
        for each in self._followed:
            for event in each.follow(read_run(each.run.folder)):
                if isinstance(event, SettingChanged):
                    self.confirm(event)
                yield event

    def request(self, request: Request) -> None:
        """Ask the process that trains. Raises OSError where its folder can't be written."""
        # One of its runs' folders will do for all.
        each = next((each for each in self._followed if each.run.live), self._followed[0])
        send(each.run.folder, request)

    @property
    def checkpoint_size(self) -> int:
        """Of the largest checkpoint, in bytes."""
        files = [each.run.folder / checkpoint.NAME for each in self._followed]
        return max((file.stat().st_size for file in files if file.exists()), default=0)


def _written(run: StoredRun) -> int:
    """When the newest checkpoint was written, in nanoseconds; 0 where there is none."""
    try:
        return (run.folder / checkpoint.NAME).stat().st_mtime_ns
    except OSError:
        return 0
