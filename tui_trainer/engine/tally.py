"""What is measured from batch to batch, where samples are never all in memory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MOST_SAMPLES, MOST_NUMBERS = 10_000, 200_000  # of an epoch, whose outputs are kept to measure the task's metrics
OUTPUTS, TARGETS, MEAN = "outputs", "targets", "mean."
Measure = Callable[[NDArray[np.float64], NDArray[Any]], Mapping[str, float]]


class Tallied:
    """A loss that measures on the way, from batch to batch."""

    def __init__(self) -> None:
        self.tally = Tally()

    @contextmanager
    def apart(self) -> Iterator["Tally"]:
        """What is measured inside of this block is counted apart."""
        before, self.tally = self.tally, Tally()
        try:
            yield self.tally
        finally:
            self.tally = before


class Tally:
    """Means of what a step names, each batch weighing as much as it has samples, and the first outputs of an epoch.

    All stays on its device until it is asked for: reading a number would wait for the device.
    """

    def __init__(self) -> None:
        self._sums: dict[str, tuple[Tensor, int]] = {}  # of the values times their samples, and of the samples
        self._outputs: list[Tensor] = []
        self._targets: list[Tensor] = []
        self._samples = self._numbers = 0

    def note(self, name: str, value: Tensor | float, samples: int) -> None:
        """Take in what a batch of so many samples came to."""
        term = torch.as_tensor(value).detach().float() * samples
        if name in self._sums:
            total, before = self._sums[name]
            term, samples = total.to(term.device) + term, before + samples
        self._sums[name] = term, samples

    def keep(self, outputs: Tensor, targets: Tensor) -> None:
        """Take in what the net gave for a batch, and what would have been right, while there is room."""
        if self._samples < MOST_SAMPLES and self._numbers < MOST_NUMBERS:
            self._samples, self._numbers = self._samples + len(outputs), self._numbers + outputs.numel()
            self._outputs.append(outputs.detach().clone())
            self._targets.append(targets.detach())

    def metrics(self, measure: Measure) -> dict[str, float]:
        """All of it by now; measure: gives the metrics of outputs and targets."""
        kept = [torch.cat([part.cpu() for part in parts]) for parts in (self._outputs, self._targets) if parts]
        measured = dict(measure(kept[0].double().numpy(), kept[1].numpy())) if kept else {}
        named = {name: float(total) / samples for name, (total, samples) in self._sums.items()}
        return measured | {name: value for name, value in named.items() if np.isfinite(value)}

    @property
    def tensors(self) -> dict[str, Tensor]:
        """What it has taken in, for a state."""
        kept = {OUTPUTS: self._outputs, TARGETS: self._targets}
        whole = {name: torch.cat([part.cpu() for part in parts]) for name, parts in kept.items() if parts}
        sums = self._sums.items()
        return whole | {f"{MEAN}{name}": torch.stack([t, torch.full_like(t, samples)]) for name, (t, samples) in sums}

    @property
    def sums(self) -> dict[str, list[float]]:
        """What is named, as sums over samples, and how many these are."""
        return {name: [float(total), samples] for name, (total, samples) in self._sums.items()}

    @sums.setter
    def sums(self, sums: Mapping[str, list[float]]) -> None:
        self._sums = {name: (torch.tensor(total), int(samples)) for name, (total, samples) in sums.items()}

    def put(self, tensors: Mapping[str, Tensor]) -> None:
        """Have taken in what these tell, and nothing else."""
        self.clear()
        if OUTPUTS in tensors:
            self.keep(tensors[OUTPUTS], tensors[TARGETS])
        sums = {name.removeprefix(MEAN): v for name, v in tensors.items() if name.startswith(MEAN)}
        self._sums = {name: (total.clone(), int(samples)) for name, (total, samples) in sums.items()}

    def clear(self) -> None:
        """Begin anew."""
        self._sums, self._outputs, self._targets = {}, [], []
        self._samples = self._numbers = 0
