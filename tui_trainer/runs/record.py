"""What is known of a run while it happens, for whoever shows it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.samples import Samples
from tui_trainer.engine.devices import describe
from tui_trainer.engine.events import (
    Compiling,
    EpochsFinished,
    Event,
    ExecutionChanged,
    Paused,
    Progress,
    Resumed,
    RunFinished,
    RunStarted,
    SettingChanged,
    StepFinished,
    WeightsEdited,
)
from tui_trainer.engine.learner import Learner
from tui_trainer.engine.past import Past
from tui_trainer.engine.replay import Replay
from tui_trainer.engine.status import Status
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment, update_size
from tui_trainer.own_code import Source
from tui_trainer.runs.folder import At
from tui_trainer.runs.history import History
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.tasks.task import Baseline, Snapshot, Task
from tui_trainer.wording import count

# How PyTorch begins its words when a device does not answer any more.
DEVICE_LOST = ("AcceleratorError", "CUDA error", "HIP error", "MPS backend", "XPU error")


@dataclass
class Record:
    """One run as its events tell it. Written by one thread, read by any.

    The final losses are those of the net as it was after the last step, on all samples. Before a run has ended
    there are none: what is shown of it then, and beside its chart always, is the last epoch's, in `history`. ended_at:
    the steps at the end of the last epoch, 0 where that isn't known. past: what it was like at the end of any epoch so
    far; None where that can't be had. id: of its folder, where it is kept; of a
    branch, parent and at say from which run it goes on, and where; samples_seed, ranks: as in run.json; code: the files
    of a person's own that it is trained with; unseen: why nothing of its net can be shown, where that is so.
    """

    name: str
    experiment: Experiment
    task: Task
    device: str
    status: Status = Status.READY
    execution: str = "eager"
    epoch: int = 0
    steps: int = 0
    ended_at: int = 0
    seconds: float = 0.0
    final_loss: float | None = None
    final_test_loss: float | None = None
    preparing: float = 0.0
    compiling: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    test_metrics: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    advice: str = ""
    step: StepFinished | None = None
    snapshot: Snapshot | None = None
    history: History = field(default_factory=History)
    past: Past | None = None
    id: str = ""
    parent: str = ""
    at: At | None = None
    samples_seed: int | None = None
    code: Mapping[str, Source] = field(default_factory=dict)
    ranks: int = 1
    unseen: str = ""

    @classmethod
    def of(cls, learner: Learner) -> Self:
        """The record of a run that has not started."""
        record = cls(learner.name, learner.experiment, learner.task, describe(learner.device), code=learner.code)
        if isinstance(learner, Trainer) and not learner.samples.batches:  # which are gone once they were learned from
            name, experiment, task, snapshots = learner.name, learner.experiment, learner.task, learner.snapshots
            ranks = record.ranks = learner.ranks
            record.past = Past(lambda: snapshots, lambda: Replay(name, experiment, task, ranks=ranks), record.loss_of)
        return record

    def of_stored(self, run: StoredRun) -> Self:
        """The same, called as its folder is, and a branch where that is one: what came before it is its parent's."""
        info = run.info
        self.id, self.parent, self.at, self.samples_seed = run.folder.name, info.parent, info.at, info.samples_seed
        self.ranks = info.ranks
        if self.at:
            self.history.fill(self.at.epoch)
        return self

    def as_of(self, epoch: int, snapshot: Snapshot | None = None, step: StepFinished | None = None) -> Self:
        """The run as it was when an epoch had ended, 0 being before training; at its own last one it is this.

        snapshot: what the net had learned by then, step: its last step, where these are known.
        """
        if epoch >= self.epoch:
            return self
        status = Status.PAUSED if epoch else Status.READY
        _, per_epoch = self.within_epoch
        history = self.history.until(epoch)
        seconds = float(self.history.seconds_at(np.array([float(epoch)]))[0])
        return replace(
            self,
            status=status,
            epoch=epoch,
            steps=epoch * per_epoch,
            ended_at=epoch * per_epoch,
            seconds=seconds,
            final_loss=None,
            final_test_loss=None,
            metrics=history.last_measured.metrics,
            test_metrics=history.last_measured.test_metrics,
            error=None,
            advice="",
            step=step,
            snapshot=snapshot,
            history=history,
        )

    @property
    def views(self) -> list[str]:
        """The names of the views that show it."""
        return self.task.views

    @property
    def held_out(self) -> bool:
        """Whether there are losses of held-out samples too."""
        return self.samples.has_test

    @property
    def counts_epochs(self) -> bool:
        """Whether it is known which steps were an epoch."""
        return True

    def epochs_at(self, ends: NDArray[np.float64]) -> NDArray[np.float64]:
        """Which epochs those are that its history counts, of any shape."""
        return ends

    def steps_at(self, ends: NDArray[np.float64]) -> NDArray[np.float64]:
        """After how many steps they ended."""
        return ends * self.within_epoch[1]

    @property
    def samples(self) -> Samples:
        """What is learned from, and what is held out."""
        return self.task.samples

    @property
    def baseline(self) -> Baseline | None:
        """What its loss is compared with."""
        return self.task.baseline(self.experiment.loss)

    @property
    def within_epoch(self) -> tuple[int, int]:
        """How many steps of the epoch under way were taken, and how many it has."""
        per_epoch = self.steps_an_epoch
        return max(0, self.steps - self.epoch * per_epoch), per_epoch

    @property
    def steps_an_epoch(self) -> int:
        """How many steps an epoch has; of a loader that doesn't say, as many as there were in each until now."""
        if self.samples.batches:
            known = self.samples.batches.steps(update_size(self.experiment), self.ranks)
            return known or max(1, (self.ended_at or self.steps) // max(1, self.epoch))
        return max(1, -(-len(self.samples.x) // (update_size(self.experiment) * self.ranks)))

    def loss_of(self, epoch: int) -> float | None:
        """The loss of an epoch, where it has a row of its own and is a finite number."""
        history, place = self.history, epoch - 1
        if not 0 <= place < len(history.epochs) or history.epochs[place] != epoch:
            return None
        loss = float(history.losses[place])
        return loss if math.isfinite(loss) else None

    @property
    def why_diverged(self) -> str:
        """What a person can do about a run that diverged."""
        return f"diverged after {count(self.steps, 'step')}: {self.advice or 'try a smaller learning rate'}"

    @property
    def why_failed(self) -> str:
        """What a person can do about a run that failed, where that is known."""
        if self.out_of_memory:
            return f"out of memory: take a batch size under {self.experiment.batch_size:,}"
        if any(sign in self._last_error for sign in DEVICE_LOST):
            return "the device was lost: leave, and tui-trainer resume goes on from the last checkpoint"
        first = (self.error or "").partition("\n")[0]
        return "" if first.startswith("Traceback") else first  # which earlier versions had first

    @property
    def out_of_memory(self) -> bool:
        """Whether the device had no memory left."""
        return "OutOfMemoryError" in self._last_error

    @property
    def _last_error(self) -> str:
        """The error that ended it, all its lines: CUDA's own says more below the first one."""
        lines = (self.error or "").strip().splitlines()
        stack = [place for place, line in enumerate(lines) if line.startswith("  ")]
        return "\n".join(lines[stack[-1] + 1 :] if stack else lines)

    def apply(self, event: Event) -> None:
        """Take in one of this run's events."""
        match event:
            case RunStarted():
                self.status, self.experiment, self.device = Status.RUNNING, event.experiment, event.device
                self.advice, self.final_loss, self.final_test_loss = "", None, None
                self.metrics, self.test_metrics = {}, {}
            case EpochsFinished():
                self.epoch, self.seconds = event.epoch, event.seconds
                self.steps = self.ended_at = event.steps
                if event.metrics:
                    self.metrics, self.test_metrics = event.metrics, event.test_metrics
                    self.history.measure(event.epoch, event.metrics, event.test_metrics)
                self.history.append(event.losses, event.test_loss, event.seconds)
                # A single step that ended this epoch is still the last one; else others came after it.
                if self.step and (self.step.epoch + 1, self.step.step) != (event.epoch, self.step.steps):
                    self.step = None
            case Progress():
                self.epoch, self.steps, self.seconds = event.epoch, event.steps, event.seconds
            case StepFinished():
                self.step = event
            case Paused():
                self.status = Status.PAUSED
            case Resumed():
                self.status, self.step = Status.RUNNING, None
            case Compiling():
                self.compiling = True
            case ExecutionChanged():
                self.execution, self.compiling = event.execution, False
                self.preparing += event.preparing
            case SettingChanged():
                self.experiment, self.device = event.experiment, event.device
                self.history.mark(event.epoch, event.setting, event.old, event.new)
            case WeightsEdited():
                self.history.mark(event.epoch, event.what, event.old, event.new)
            case RunFinished():
                self.compiling = False
                self.status, self.error, self.advice = event.status, event.error, event.advice
                self.epoch, self.steps, self.seconds = event.epochs, event.steps, event.seconds
                self.final_loss, self.final_test_loss = event.loss, event.test_loss
                self.metrics, self.test_metrics = event.metrics, event.test_metrics
                self.snapshot = event.snapshot or self.snapshot

    def take_snapshot(self, learner: Learner) -> None:
        """Take what the network has learned by now. For the thread that trains, between two events."""
        if self.status is not Status.FAILED:  # what a net failed by, it may fail by again
            self.snapshot = learner.snapshot()
        self.steps = learner.steps
