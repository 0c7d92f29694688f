"""How fast this machine trains: by device, by mode, by size."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from msgspec.structs import replace
from torch import nn
from torch.utils.data import DataLoader

from tui_trainer.catalog import EXECUTIONS
from tui_trainer.comparison import Comparison
from tui_trainer.data.dataset import SampleDataset
from tui_trainer.engine.devices import available_devices, find_device
from tui_trainer.engine.events import ExecutionChanged, RunFinished
from tui_trainer.engine.requests import Stop
from tui_trainer.experiment import Experiment
from tui_trainer.rules import check_rules
from tui_trainer.runs.group import RunGroup
from tui_trainer.tasks import load_task

ARTICLE = "article"
BATCHES = (1, 32, 512)
GRID = [(f"{width}x{width}", batch) for width in (16, 64, 256) for batch in BATCHES]
WARM_UP = 0.25
# What is measured learns next to nothing, so that it can't diverge: how fast it is does not depend on these.
CALM: dict[str, Any] = {"scale": "standard", "lr": 1e-6, "weight_decay": 0.0, "test_fraction": 0.0, "epochs": 10**9}
MODES = [name for name in EXECUTIONS if name not in ("auto", "inductor")]  # which takes too long to compile each size


@dataclass(frozen=True)
class Cell:
    """One thing to measure: an experiment, whose device and execution are settled."""

    experiment: Experiment
    grid: bool  # whether it is one of the sizes, and not the experiment that was asked about


@dataclass(frozen=True)
class Measured:
    """What was measured: `execution` is the mode it ran in, which may be one below the one wanted.

    preparing: the seconds until that mode was ready; trouble: why it was not the one wanted.
    """

    device: str
    execution: str
    hidden: str
    batch_size: int
    grid: bool
    multiplications: int
    steps_per_second: float
    preparing: float
    trouble: str

    @property
    def samples_per_second(self) -> float:
        return self.steps_per_second * self.batch_size


def cells(experiment: Experiment) -> list[Cell]:
    """The experiment on each device in each mode, then nets with two layers of several widths and batches.

    A device or a mode that the experiment names is the only one.
    """
    devices = available_devices()[::-1] if experiment.device == "auto" else [str(find_device(experiment.device))]
    modes = MODES if experiment.execution == "auto" else [experiment.execution]
    return [
        Cell(replace(experiment, hidden=hidden, batch_size=batch, device=device, execution=mode), grid=place > 0)
        for place, (hidden, batch) in enumerate([(experiment.hidden, experiment.batch_size), *GRID])
        for device in devices
        for mode in modes
        if device == "cpu" or mode != "compiled"
    ]


def bench(experiment: Experiment, seconds: float) -> Iterator[Measured]:
    """Measure the article's own loop, then every cell; `seconds` are shared out among them, without compiling."""
    check_rules(experiment)
    todo = cells(experiment)
    share = seconds / (len(todo) + 1)
    rate = article_loop(experiment, share)
    yield Measured("cpu", ARTICLE, experiment.hidden, experiment.batch_size, False, 0, rate, 0.0, "")
    for cell in todo:
        yield measure(cell, share)


def article_loop(experiment: Experiment, seconds: float) -> float:
    """The steps a second of the loop as the article writes it: a DataLoader, and each loss read at once.

    Its net has the article's shape and activation; only the samples and the batch size are the experiment's.
    """
    task = load_task(replace(experiment, **CALM))
    samples = task.samples
    dataset = SampleDataset(samples.x_scaling.apply(samples.x), samples.scaled_y(samples.y))
    loader = DataLoader(dataset, batch_size=experiment.batch_size, shuffle=True)
    net = nn.Sequential(nn.Linear(task.in_features, 10), nn.Tanh(), nn.Linear(10, task.outputs(experiment.loss)))
    loss_fn, optimizer = task.loss(experiment.loss).make(), torch.optim.SGD(net.parameters(), lr=1e-6)
    steps, losses, start = 0, [], time.perf_counter()
    while True:
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(net(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            steps += 1
            if (spent := time.perf_counter() - start) > seconds:
                return steps / spent


def measure(cell: Cell, seconds: float) -> Measured:
    """Train for so long, after the mode is ready and warm."""
    calm = replace(cell.experiment, **CALM)
    group = RunGroup.of(Comparison.covering([replace(calm, samples=max(calm.samples, calm.batch_size))]))
    (trainer,) = group.trainers
    execution, trouble = "eager", ""
    begun = time.perf_counter()
    ready = begun if cell.experiment.execution == "eager" else None
    since: tuple[float, int] | None = None
    rate = preparing = 0.0
    for event in group.events():
        now = time.perf_counter()
        match event:
            case ExecutionChanged():
                execution, trouble, ready = event.execution, event.trouble, now
                preparing = now - begun
            case RunFinished(error=str(error)):
                trouble = error.strip().splitlines()[-1]
        if ready and since is None and now - ready > WARM_UP * seconds:
            since = trainer.seconds, trainer.steps
        elif since and trainer.seconds - since[0] > (1 - WARM_UP) * seconds:
            # Of training alone: what a group notes of its runs on the way takes 50 µs an epoch.
            rate = (trainer.steps - since[1]) / (trainer.seconds - since[0])
            group.request(Stop())
            since = None
            ready = None
    e = cell.experiment
    size = trainer.multiplications(trainer.sampler.batch)
    device = str(trainer.device)
    return Measured(device, execution, e.hidden, trainer.sampler.batch, cell.grid, size, rate, preparing, trouble)


def fastest(measured: Sequence[Measured], device: str) -> dict[int, Measured]:
    """For each size of step, in multiplications, what the device did best in samples a second."""
    own = [m for m in measured if m.grid and m.device == device]
    return {m.multiplications: m for m in sorted(own, key=lambda m: m.samples_per_second)}


def crossover(measured: Sequence[Measured]) -> str:
    """From which size on a GPU is faster than the CPU, in words."""
    cpu = fastest(measured, "cpu")
    others = sorted({m.device for m in measured} - {"cpu"})
    if not others:
        return "No GPU was measured." if len(available_devices()) > 1 else "No GPU that works is on this machine."
    if not cpu:
        return "The CPU was not measured."
    said = []
    for device in others:
        best = fastest(measured, device)
        won = [size for size in best if size in cpu and best[size].samples_per_second > cpu[size].samples_per_second]
        if won:
            m = cpu[min(won)]
            said.append(f"{device} wins from hidden {m.hidden} with batch {m.batch_size} on; below, the CPU does.")
        else:
            said.append(f"{device} was slower than the CPU at every size measured: the steps are too small to send.")
    return " ".join(said)
