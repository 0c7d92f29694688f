"""The numbers that a script logs, gathered between two lines: mean, lowest and highest of each name."""

import itertools
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from tui_trainer.escape import encodable

# Count, sum, lowest and highest of the finite numbers of a name.
Gathered: TypeAlias = list[float]
NONE = [0.0, 0.0, math.inf, -math.inf]
COMPLEX = "a complex number is on no axis"
MAX_NAMES, MAX_NAME = 2000, 200  # in one line; letters of one


class TooManyNames(ValueError):
    """Of what was logged between two lines."""


class Values:
    """Takes in numbers; those that lie on a device stay there until `read`, so that no step waits for one."""

    def __init__(self) -> None:
        self._gathered: dict[str, Gathered] = {}
        self._waiting: list[tuple[str, Tensor]] = []  # each a number, or a mean, a lowest and a highest

    def add(self, name: str, value: Any) -> None:
        """Take in a number, a tensor or a list of numbers. Raises TypeError, ValueError for anything else.

        Also OverflowError, and what PyTorch and NumPy raise.
        """
        if type(value) is not float:
            if isinstance(value, Tensor):
                single = value.numel() == 1
                if single and value.is_cpu:
                    value = value.item()
                elif value.is_complex():
                    raise TypeError(COMPLEX)
                elif value.is_cpu:
                    value = _spread(value).tolist()
                else:
                    if value.is_meta:
                        raise ValueError("a tensor on the device meta has no values")
                    if value.is_cuda and torch.cuda.is_current_stream_capturing():
                        return  # it has no value yet
                    # A copy, since a script may add to it in place, and a captured graph writes there again.
                    self._waiting.append((name, value.detach().clone() if single else _spread(value)))
                    return
            elif isinstance(value, list | tuple):
                if value and all(isinstance(each, Tensor) for each in value):
                    self.add(name, torch.cat([each.detach().reshape(-1) for each in value]))
                    return
                value = _spread_of_array(np.array([_number(each) for each in value]))
            elif getattr(value, "ndim", 0):
                value = _spread_of_array(np.asarray(value))
            if isinstance(value, list):
                self._take(name, *value)
                return
            if type(value) is not float:
                value = _number(value)
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

    def read(self) -> list[tuple[str, Exception]]:
        """Read what lies on devices, all of a device at once. Returns the names that could not be, and why not."""
        waiting, self._waiting = self._waiting, []
        by_device: dict[torch.device, list[tuple[str, Tensor]]] = {}
        for name, value in waiting:
            by_device.setdefault(value.device, []).append((name, value))
        unread: list[tuple[str, Exception]] = []
        for pairs in by_device.values():
            try:
                found: list[list[float] | Exception] = [*_numbers([value for _, value in pairs])]
            except Exception:  # of one of them: no reason to lose the others
                found = [_numbers_or_error(value) for _, value in pairs]
            for (name, _), numbers in zip(pairs, found, strict=True):
                try:
                    if isinstance(numbers, Exception):
                        raise numbers
                    self._take(name, *numbers)
                except Exception as error:
                    unread.append((name, error))
        return unread

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
            raise TooManyNames(f"more than {MAX_NAMES:,} names; the others are left out")
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


def _numbers(values: Sequence[Tensor]) -> list[list[float]]:
    """What tensors of one device hold, read at once."""
    read = torch.cat([value.reshape(-1).float() for value in values]).tolist()
    ends = itertools.accumulate(value.numel() for value in values)
    return [read[end - value.numel() : end] for value, end in zip(values, ends, strict=True)]


def _numbers_or_error(value: Tensor) -> list[float] | Exception:
    try:
        return _numbers([value])[0]
    except Exception as error:
        return error


def _spread_of_array(values: np.ndarray[Any, Any]) -> list[float]:
    """The same of what is no tensor; a default device of PyTorch's has no part in it."""
    if not values.size:
        raise ValueError("it is empty")
    if np.iscomplexobj(values):
        raise TypeError(COMPLEX)
    values = values.astype(np.float64)
    return [float(values.mean()), float(values.min()), float(values.max())]


def _number(value: Any) -> float:
    """A value as a number. Raises TypeError for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"a {type(value).__name__} is no number") from None
