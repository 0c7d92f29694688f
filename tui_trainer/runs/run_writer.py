"""One run's folder while it is written: what there is to write, and the writing."""

import contextlib
import errno
import os
import platform
import shutil
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np
import torch

from tui_trainer import __version__
from tui_trainer.data.samples import with_absolute_path
from tui_trainer.engine.events import (
    EpochsFinished,
    Event,
    ExecutionChanged,
    Paused,
    Progress,
    Resumed,
    RunFinished,
    RunStarted,
    SettingChanged,
    WeightsEdited,
)
from tui_trainer.engine.intervals import Intervals
from tui_trainer.engine.launched import job, process
from tui_trainer.engine.snapshots import Snapshots
from tui_trainer.engine.state import State, take_state
from tui_trainer.engine.status import Status
from tui_trainer.engine.trainer import Trainer
from tui_trainer.files import write_at
from tui_trainer.runs import checkpoint, kept_past, metrics
from tui_trainer.runs.downsampling import Downsampling, Rows, span_of
from tui_trainer.runs.folder import INFO, Info, new_folder, now, write_info
from tui_trainer.runs.history import Mark
from tui_trainer.runs.lock import RunLock
from tui_trainer.runs.metrics import PARTS, Line
from tui_trainer.runs.record import Record

OPEN = "losses.span"  # in a checkpoint: what the last span, which is not full, holds, of shape (2, epochs)


def has_state(event: Event) -> bool:
    """Whether a run's state can be taken at an event: not at StepFinished, which comes in the middle of a step."""
    ends = isinstance(event, RunFinished) and event.status is not Status.FAILED
    return ends or isinstance(event, EpochsFinished | Progress | Paused)


class RunWriter:
    """One run's folder, written by one process."""

    def __init__(self, folder: Path, info: Info) -> None:
        """Take the folder's lock. Raises Locked, OSError."""
        self.folder, self.info = folder, info
        self.lock = RunLock(folder)
        for name in (INFO, checkpoint.NAME, checkpoint.BEFORE, kept_past.NAME):
            for left in folder.glob(f".{name}.*"):  # what a process that was killed was about to write
                with contextlib.suppress(OSError):
                    left.unlink()
        self._size = 0  # of the metrics, in whole lines
        self._last_row = 0  # bytes of the line that holds a span which is not full, at the end of a run
        self._downsampling = Downsampling()
        self.snapshots: Snapshots | None = None
        self._pending: list[Line | State | Info] = []
        self._guard = threading.Lock()
        self._checkpoint_at = time.perf_counter()  # when the last one was taken, or the run began
        self._checkpoint_took = 0.0

    @classmethod
    def begin(cls, trainer: Trainer, record: Record, group: str) -> "RunWriter":
        """Make a folder for a run that is about to start, and tell its record what it is called. Raises OSError."""
        versions = {"tui-trainer": __version__, "torch": str(torch.__version__), "python": platform.python_version()}
        info = Info(
            name=trainer.name,
            group=group,
            status=Status.RUNNING,
            started=now(),
            updated=now(),
            epochs=trainer.experiment.epochs,
            host=socket.gethostname(),
            process=process(),
            folder=os.getcwd(),
            versions=versions,
            parent=record.parent,
            at=record.at,
            samples_seed=record.samples_seed,
            ranks=trainer.ranks,
        )
        folder = new_folder(info, with_absolute_path(trainer.experiment), trainer.code)
        try:
            writer = cls(folder, info)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        record.id = folder.name
        if record.at:
            writer.branch_off(record, take_state(trainer))
        return writer

    def branch_off(self, record: Record, state: State) -> None:
        """Begin where a branch begins, and keep with what: its settings alone don't say."""
        self.resume_at(record, size=0)
        self._put_last(state)

    def resume(self) -> None:
        """Take the lock again. Raises Locked, OSError; also where another process took the run up meanwhile."""
        self.lock = RunLock(self.folder)
        size = (self.folder / metrics.NAME).stat().st_size if self._size else 0
        if size != self._size:
            self.lock.release()
            raise OSError(errno.ESTALE, "it has gone on elsewhere")
        self._size -= self._last_row  # its span may still fill
        self._last_row = 0

    def resume_at(self, record: Record, size: int) -> None:
        """Resume a run that was stored before, from where its metrics have this size in bytes."""
        self._size, info = size, self.info
        self._downsampling = record.history.downsampling
        info.epoch, info.steps, info.seconds = record.epoch, record.steps, record.seconds
        info.loss, info.test_loss = record.history.last, record.history.last_test
        info.best, info.best_epoch = record.history.best

    def _next_checkpoint(self, intervals: Intervals) -> float:
        """When the next is due: taking them costs no more than a share of the time of the thread that trains."""
        return self._checkpoint_at + max(intervals.checkpoint, self._checkpoint_took / intervals.checkpoint_share)

    def take(self, event: Event, trainer: Trainer, ask: bool) -> bool:
        """Take in an event of the run, and its state where that is due or asked for; returns whether it was.

        For the thread that trains.
        """
        lines = self._lines(event, trainer)
        due = (
            ask
            or isinstance(event, Paused | RunFinished)
            or time.perf_counter() > self._next_checkpoint(trainer.intervals)
        )
        state = None
        self.snapshots = trainer.snapshots
        start = time.perf_counter()
        if has_state(event) and (state := trainer.world.gathered(due, partial(take_state, trainer))):
            if self._downsampling.open.size:
                state.tensors[OPEN] = torch.from_numpy(self._downsampling.open)
            self._checkpoint_at, self._checkpoint_took = start, time.perf_counter() - start
        with self._guard:
            self._pending += lines
            if state:
                self._put_last(state)
            if isinstance(event, RunFinished):
                self._pending += self._losses(self._downsampling.rest(), event, trainer)
            if state or not isinstance(event, EpochsFinished | Progress):
                # As it stands at this place among what is pending: nothing may be said of what is not written yet.
                self._put_last(msgspec.structs.replace(self.info))
        return state is not None

    def _put_last(self, item: State | Info) -> None:
        """Add to what is pending, in the place of an older one of its kind."""
        self._pending = [*(old for old in self._pending if type(old) is not type(item)), item]

    def _lines(self, event: Event, trainer: Trainer) -> list[Line]:
        """What an event changes in run.json, and its lines of metrics.jsonl."""
        info = self.info
        info.steps, info.seconds, info.execution = trainer.steps, trainer.seconds, trainer.execution
        match event:
            case RunStarted():
                info.status, info.device, info.epochs = Status.RUNNING, event.device, event.experiment.epochs
                info.host, info.process, info.error, info.advice = socket.gethostname(), process(), None, ""
                info.final_loss = info.final_test_loss = None
                info.data, info.job = trainer.samples.facts, job()
            case EpochsFinished():
                info.epoch, info.loss, info.test_loss = event.epoch, event.loss, event.test_loss
                if event.metrics:
                    info.metrics, info.test_metrics = dict(event.metrics), dict(event.test_metrics)
                lowest = int(event.losses.argmin())
                if info.best is None or event.losses[lowest] < info.best:
                    info.best = float(event.losses[lowest])
                    info.best_epoch = event.epoch - len(event.losses) + 1 + lowest
                test_losses = np.full(len(event.losses), np.nan if event.test_loss is None else event.test_loss)
                return [
                    *self._losses(self._downsampling.add(event.losses, test_losses), event, trainer),
                    *self._metrics(event),
                ]
            case SettingChanged():
                info.epochs, info.device = event.experiment.epochs, event.device
                return [
                    Line(
                        epoch=event.epoch,
                        steps=trainer.steps,
                        seconds=trainer.seconds,
                        setting=event.setting,
                        old=event.old,
                        new=event.new,
                        mark=Mark(event.epoch, event.setting, event.old, event.new).text,
                    )
                ]
            case WeightsEdited():
                line = Line(
                    epoch=event.epoch, steps=trainer.steps, seconds=trainer.seconds, old=event.old, new=event.new
                )
                return [msgspec.structs.replace(line, setting=event.what)]
            case ExecutionChanged():
                mode = event.execution
                return [Line(epoch=event.epoch, steps=trainer.steps, seconds=trainer.seconds, execution=mode)]
            case Paused():
                info.status = Status.PAUSED
            case Resumed():
                info.status = Status.RUNNING
            case RunFinished():
                info.status, info.error, info.advice = event.status, event.error, event.advice
                info.final_loss, info.final_test_loss = event.loss, event.test_loss
                info.metrics, info.test_metrics = dict(event.metrics), dict(event.test_metrics)
        return []

    def _losses(self, rows: Sequence[Rows], event: EpochsFinished | RunFinished, trainer: Trainer) -> list[Line]:
        """A line for rows that an event filled."""
        held_out, info = trainer.samples.has_test, self.info
        line = Line(epoch=0, steps=event.steps, seconds=event.seconds, best=info.best, best_epoch=info.best_epoch)
        return [msgspec.structs.replace(line).take(each, held_out) for each in rows]

    def _metrics(self, event: EpochsFinished) -> list[Line]:
        """A line for what was measured."""
        if not event.metrics:
            return []
        line = Line(epoch=event.epoch, steps=event.steps, seconds=event.seconds, metrics=dict(event.metrics))
        line.test_metrics = dict(event.test_metrics)
        return [line]

    def write(self) -> None:
        """Write what has come in since, while the folder is the one that was locked.

        Raises OSError; what could not be written is kept for the next time.
        """
        while batch := self._next():
            self.lock.check()
            if isinstance(batch, State):
                if self.snapshots:  # first, so that it knows of all steps before the checkpoint
                    self._write_past(self.snapshots, batch)
                checkpoint.write(self.folder, batch, self._size)
            elif isinstance(batch, Info):
                write_info(self.folder, batch)
            else:
                self._append(joined(batch))
            with self._guard:
                # Meanwhile a newer one may have taken its place.
                written = batch if isinstance(batch, list) else [batch]
                self._pending = [item for item in self._pending if not any(item is one for one in written)]

    def _write_past(self, snapshots: Snapshots, state: State) -> None:
        """Keep what can be kept of the past: where there is no room for all, it makes room for the rest."""
        try:
            kept_past.write(self.folder, snapshots, state.facts)
        except OSError:
            with contextlib.suppress(OSError):
                (self.folder / kept_past.NAME).unlink(missing_ok=True)

    def _next(self) -> list[Line] | State | Info | None:
        """The lines up to whatever is none, or that."""
        with self._guard:
            lines: list[Line] = []
            for item in self._pending:
                if not isinstance(item, Line):
                    return lines or item
                lines.append(item)
            return lines or None

    def _append(self, lines: Sequence[Line]) -> None:
        """Add lines to the metrics, where the last whole line ends."""
        encoded = [msgspec.json.encode(line) + b"\n" for line in lines]
        content = b"".join(encoded)
        write_at(self.folder / metrics.NAME, self._size, content, flush=True)
        self._size += len(content)
        last = lines[-1]
        self._last_row = len(encoded[-1]) if last.losses and last.span < span_of(last.epoch) else 0


def joined(lines: Iterable[Line]) -> list[Line]:
    """The same with fewer lines: losses that follow each other stand in one."""
    result: list[Line] = []
    for line in lines:
        last = result[-1] if result else None
        if last and last.losses and line.losses and last.span == line.span:
            both = {name: getattr(last, name) + getattr(line, name) for name in chain.from_iterable(PARTS)}
            result[-1] = msgspec.structs.replace(line, **both)
        else:
            result.append(line)
    return result
