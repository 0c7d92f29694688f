"""The numbers that a script logs, gathered between two lines: mean, lowest and highest of each name."""

import math
from typing import Any, TypeAlias

import torch
from torch import Tensor

from tui_trainer.escape import encodable

# Count, sum, lowest and highest of the finite numbers of a name.
Gathered: TypeAlias = list[float]
NONE = [0.0, 0.0, math.inf, -math.inf]
MAX_NAMES, MAX_NAME = 2000, 200  # in one line; letters of one


class Values:
    """Takes in numbers; those that lie on a device stay there until `read`, so that no step waits for one."""

    def __init__(self) -> None:
        self._gathered: dict[str, Gathered] = {}
        self._waiting: list[tuple[str, Tensor]] = []  # each a number, or a mean, a lowest and a highest

    def add(self, name: str, value: Any) -> None:
        """Take in a number, a tensor or a list of numbers. Raises TypeError, ValueError for anything else."""
        if type(value) is not float:
            if isinstance(value, Tensor):
                single = value.numel() == 1
                if not value.is_cpu:
                    if value.is_cuda and torch.cuda.is_current_stream_capturing():
                        return  # it has no value yet
                    # A copy, since a script may add to it in place, and a captured graph writes there again.
                    self._waiting.append((name, value.detach().clone() if single else _spread(value)))
                    return
                value = value.item() if single else _spread(value).tolist()
            elif isinstance(value, list | tuple):
                if value and all(isinstance(each, Tensor) for each in value):
                    self.add(name, torch.cat([each.detach().reshape(-1) for each in value]))
                    return
                value = _spread(torch.tensor([float(each) for each in value])).tolist()
            elif getattr(value, "ndim", 0):  # of numpy
                value = _spread(torch.tensor(value)).tolist()
            if isinstance(value, list):
                self._take(name, *value)
                return
            value = float(value)
        gathered = self._gathered.get(name)
        if gathered is None:
            gathered = self._new(name)
        if value - value == 0.0:  # it is finite
            gathered[0] += 1.0
            gathered[1] += value
            if value < gathered[2]:
                gathered[2] = value
            if value > gathered[3]:
                gathered[3] = value

    def read(self) -> None:
        """Read what lies on devices, all of a device at once."""
        waiting, self._waiting = self._waiting, []
        by_device: dict[torch.device, list[tuple[str, Tensor]]] = {}
        for name, value in waiting:
            by_device.setdefault(value.device, []).append((name, value))
        for pairs in by_device.values():
            numbers = torch.cat([value.reshape(-1).float() for _, value in pairs]).tolist()
            start = 0
            for name, value in pairs:
                end = start + value.numel()
                self._take(name, *numbers[start:end])
                start = end

    def take(self) -> dict[str, tuple[float | None, float | None, float | None]]:
        """Mean, lowest and highest of each name since it was last asked; None where no number was finite."""
        gathered, self._gathered = self._gathered, {}
        return {
            encodable(str(name)[:MAX_NAME]): (total / count, low, high) if count else (None, None, None)
            for name, (count, total, low, high) in gathered.items()
        }

    def __bool__(self) -> bool:
        return bool(self._gathered or self._waiting)

    def _new(self, name: str) -> Gathered:
        if len(self._gathered) >= MAX_NAMES:
            raise ValueError(f"more than {MAX_NAMES:,} names")
        return self._gathered.setdefault(name, NONE[:])

    def _take(self, name: str, mean: float, low: float | None = None, high: float | None = None) -> None:
        gathered = self._gathered.get(name) or self._new(name)
        low, high = mean if low is None else low, mean if high is None else high
        if math.isfinite(mean) and math.isfinite(low) and math.isfinite(high):
            gathered[0] += 1.0
            gathered[1] += mean
            gathered[2] = min(gathered[2], low)
            gathered[3] = max(gathered[3], high)


def _spread(values: Tensor) -> Tensor:
    """Mean, lowest and highest, where the values lie."""
    if not values.numel():
        raise ValueError("it is empty")
    values = values.detach().float()
    return torch.stack([values.mean(), values.amin(), values.amax()])
