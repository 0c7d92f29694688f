"""What a run tells: frozen facts, in the order in which they happened."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.line import Line
from tui_trainer.engine.status import Status
from tui_trainer.experiment import Experiment


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Training begins, or goes on after `epochs` was raised."""

    run: str
    experiment: Experiment
    device: str


@dataclass(frozen=True, slots=True)
class EpochsFinished:
    """Every sample was seen once more, or several times: native code takes many epochs in a call.

    epoch: the last of them; losses: of shape (epochs,), for each the mean of its steps' losses, each
    weighted by its batch; test_loss: on the held-out points, after the epoch (with such points, epochs
    come one by one); steps: of the run so far; seconds: of training so far, without pauses. Losses
    are in the data's own units.
    """

    run: str
    epoch: int
    losses: NDArray[np.float64]
    test_loss: float | None
    steps: int
    seconds: float

    @property
    def loss(self) -> float:
        """The last epoch's."""
        return float(self.losses[-1])


@dataclass(frozen=True, slots=True)
class Compiling:
    """The run waits for native code of its step, which is kept for the next run with such a step."""

    run: str


@dataclass(frozen=True, slots=True)
class ExecutionChanged:
    """The run goes on in another mode, between two steps.

    trouble: why not in a faster one, if it was tried; note: what else there is to know of how this
    one was had; preparing: the seconds that training waited for it, to trace and compile.
    """

    run: str
    execution: str
    trouble: str
    epoch: int
    note: str
    preparing: float


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign of life, at most ten a second: how far the run is inside an epoch."""

    run: str
    epoch: int
    steps: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One parameter in one step: norms of its gradient and of how the step moved it."""

    name: str
    shape: tuple[int, ...]
    gradient: float
    change: float


@dataclass(frozen=True, slots=True)
class StepFinished:
    """One step taken alone, with its numbers as the network sees them (scaled, if they are)."""

    run: str
    epoch: int
    step: int
    steps: int
    x: tuple[float, ...]
    y: tuple[float, ...]
    prediction: tuple[float, ...]
    loss: float
    parameters: tuple[ParameterChange, ...]


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """A live setting took effect on the running run, between two steps; `device` is in words."""

    run: str
    setting: str
    old: str
    new: str
    epoch: int
    experiment: Experiment
    device: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The run waits, between two steps. Told again after each request that leaves it so."""

    run: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The run goes on."""

    run: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The end of a run.

    loss: on all training points after the last step, None where it is not finite; step: the
    steps taken; line: the equivalent line of a net without an activation; error: why it failed,
    with the traceback; advice: what to try where it diverged or learned nothing, else empty.
    """

    run: str
    status: Status
    epochs: int
    loss: float | None
    test_loss: float | None
    steps: int
    seconds: float
    line: Line | None
    error: str | None = None
    advice: str = ""

    @property
    def steps_per_second(self) -> float | None:
        return self.steps / self.seconds if self.seconds else None


Event = (
    RunStarted
    | Compiling
    | EpochsFinished
    | ExecutionChanged
    | Progress
    | StepFinished
    | SettingChanged
    | Paused
    | Resumed
    | RunFinished
)
