"""What a run reports: frozen facts, in the order in which they happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_trainer.engine.status import Status
from tui_trainer.experiment import Experiment
from tui_trainer.tasks.task import Snapshot
from tui_trainer.weight import Weight


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
    weighted by its batch; test_loss: on the held-out samples, after the epoch (with such samples, epochs
    come one by one); steps: of the run so far; seconds: of training so far, without pauses. Losses
    are in the data's own units. metrics, test_metrics: those of the task after the last epoch, on the training
    samples and on those held out, where they were measured.
    """

    run: str
    epoch: int
    losses: NDArray[np.float64]
    test_loss: float | None
    steps: int
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    test_metrics: Mapping[str, float] = field(default_factory=dict)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStep:
    """One layer in one step. name: as in the model's state_dict; empty for a model that is a layer itself.

    shape: of its output, None where it was not called; milliseconds: of its forward pass; bytes: of its output and its
    own parameters; output, gradient: mean and deviation of its output, and of the loss's gradient by that; update:
    how far the step moved its parameters, by their size; dead, saturated: shares of the units of an activation;
    made_at: the line of a person's own file that made it.
    """

    name: str
    kind: str
    shape: tuple[int, ...] | None
    milliseconds: float
    bytes: int
    output: tuple[float, float] | None = None
    gradient: tuple[float, float] | None = None
    update: float | None = None
    dead: float | None = None
    saturated: float | None = None
    made_at: str = ""


@dataclass(frozen=True, slots=True)
class StepFinished:
    """One step taken alone, with its numbers as the network sees them (scaled, if they are).

    x: of shape (batch, features); y: (batch, targets), or (batch,) of classes; prediction: (batch, outputs).
    """

    run: str
    epoch: int
    step: int
    steps: int
    x: NDArray[np.float64]
    y: NDArray[Any]
    prediction: NDArray[np.float64]
    loss: float
    parameters: tuple[ParameterChange, ...]
    layers: tuple[LayerStep, ...] = ()


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
class WeightsEdited:
    """Weights were given other values by hand, between two steps.

    what, old, new: which, and what they were and are, in words; before, after: their values.
    """

    run: str
    what: str
    old: str
    new: str
    epoch: int
    before: tuple[Weight, ...]
    after: tuple[Weight, ...]


@dataclass(frozen=True, slots=True)
class Paused:
    """The run waits, between two steps. Yielded again after each request that leaves it so."""

    run: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The run goes on."""

    run: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The end of a run.

    loss: on all training samples after the last step, None where it is not finite; steps: those that were
    taken; snapshot: what was learned, for the task's views; error: why it failed, with the traceback;
    advice: what to try where it diverged or learned nothing, else empty; metrics: those of the task, on
    the training samples, test_metrics: on those held out.
    """

    run: str
    status: Status
    epochs: int
    loss: float | None
    test_loss: float | None
    steps: int
    seconds: float
    snapshot: Snapshot | None
    error: str | None = None
    advice: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    test_metrics: Mapping[str, float] = field(default_factory=dict)

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
    | WeightsEdited
    | Paused
    | Resumed
    | RunFinished
)
