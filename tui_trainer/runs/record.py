"""What is known of a run while it happens, for whoever shows it."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tui_trainer.counts import count
from tui_trainer.data.line import Line
from tui_trainer.data.points import Data
from tui_trainer.data.span import evenly
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
)
from tui_trainer.engine.learner import Learner
from tui_trainer.engine.models import equivalent_line
from tui_trainer.engine.status import Status
from tui_trainer.experiment import Experiment
from tui_trainer.runs.history import History

Array = NDArray[np.float64]
CURVE_POINTS = 300
# How PyTorch begins its words when a device does not answer any more.
DEVICE_LOST = ("AcceleratorError", "CUDA error", "HIP error", "MPS backend", "XPU error")


@dataclass
class Record:
    """One run as its events tell it. Written by one thread, read by any.

    The final losses are those of the net as it was after the last step, on all points. Before a run has ended
    there are none: what is told of it then, and beside its chart always, is the last epoch's, in `history`.
    """

    name: str
    experiment: Experiment
    data: Data
    device: str
    status: Status = Status.READY
    execution: str = "eager"
    epoch: int = 0
    steps: int = 0
    seconds: float = 0.0
    final_loss: float | None = None
    final_test_loss: float | None = None
    preparing: float = 0.0
    compiling: bool = False
    line: Line | None = None
    error: str | None = None
    advice: str = ""
    step: StepFinished | None = None
    curve: tuple[Array, Array] | None = None
    history: History = field(default_factory=History)

    @classmethod
    def of(cls, learner: Learner) -> Self:
        """The record of a run that has not started."""
        return cls(learner.name, learner.experiment, learner.data, describe(learner.device))

    @property
    def why_diverged(self) -> str:
        """What a person can do about a run that diverged."""
        return f"diverged after {count(self.steps, 'step')}: {self.advice or 'try a smaller learning rate'}"

    @property
    def why_failed(self) -> str:
        """What a person can do about a run that failed."""
        last = (self.error or "").strip().rpartition("\n")[2]
        if "OutOfMemoryError" in last:
            return f"out of memory: take a batch size under {self.experiment.batch_size:,}, then r"
        if any(sign in last for sign in DEVICE_LOST):
            return "the device was lost: leave, and tui-trainer resume goes on from the last checkpoint"
        return "l: see why in the log, r: train afresh"

    def apply(self, event: Event) -> None:
        """Take in one of this run's events."""
        match event:
            case RunStarted():
                self.status, self.experiment, self.device = Status.RUNNING, event.experiment, event.device
                self.advice, self.final_loss, self.final_test_loss = "", None, None
            case EpochsFinished():
                self.epoch, self.seconds = event.epoch, event.seconds
                self.steps = event.steps
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
            case RunFinished():
                self.compiling = False
                self.status, self.error, self.advice = event.status, event.error, event.advice
                self.epoch, self.steps, self.seconds = event.epochs, event.steps, event.seconds
                self.final_loss, self.final_test_loss, self.line = event.loss, event.test_loss, event.line

    def look(self, learner: Learner) -> None:
        """Take the network's present curve and, where it is one, its line.

        For the thread that trains, between two events.
        """
        x = evenly(float(self.data.x.min()), float(self.data.x.max()), CURVE_POINTS)
        self.curve = x, learner.predict(x)
        self.line = equivalent_line(learner.model, self.data)
        self.steps = learner.steps
