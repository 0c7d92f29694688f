"""The learning rates of optimizers that a script made, changed so that its schedulers go on from the new ones."""

import gc
from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from tui_trainer.engine.requests import ScaleRate, Set

# What schedulers count on: per group in the optimizer, and per group in themselves.
OF_GROUPS = ("initial_lr", "max_lr", "min_lr", "swa_lr")
OF_SCHEDULERS = ("base_lrs", "max_lrs", "_last_lr", "eta_min")


def change_rate(optimizers: Sequence[Optimizer], request: Set | ScaleRate) -> tuple[str, str]:
    """Do what is asked; returns the rate of the first group of all before and after, in words."""
    before = rate(optimizers)
    if isinstance(request, Set):
        set_rate(optimizers, float(request.value))
    else:
        scale_rates(optimizers, request.factor)
    return f"{before:.6g}", f"{rate(optimizers):.6g}"


def rate(optimizers: Sequence[Optimizer]) -> float:
    """The rate of the first group of all."""
    return float(optimizers[0].param_groups[0]["lr"])


def set_rate(optimizers: Sequence[Optimizer], value: float) -> None:
    """Give the first group this rate, and all others as many times theirs.

    Where it is 0, as at the beginning of a warm-up, it is the rate that the scheduler goes up to that changes.
    """
    now = rate(optimizers) or float(optimizers[0].param_groups[0].get("initial_lr", 0.0))
    if now:
        scale_rates(optimizers, value / now)
        return
    for group in _groups(optimizers):
        _put(group, "lr", value)


def scale_rates(optimizers: Sequence[Optimizer], factor: float) -> None:
    """Multiply the rates of all groups, and what their schedulers make new ones of."""
    for group in _groups(optimizers):
        for name in ("lr", *OF_GROUPS):
            if isinstance(group.get(name), int | float | Tensor):
                _put(group, name, float(group[name]) * factor)
    for scheduler in _schedulers(optimizers):
        for name in OF_SCHEDULERS:
            kept = getattr(scheduler, name, None)
            if isinstance(kept, list):
                setattr(scheduler, name, [each * factor for each in kept])
            elif isinstance(kept, int | float):
                setattr(scheduler, name, kept * factor)


def _groups(optimizers: Sequence[Optimizer]) -> Iterator[dict[str, Any]]:
    for optimizer in optimizers:
        yield from optimizer.param_groups


def _put(group: dict[str, Any], name: str, value: float) -> None:
    """In place where it is a tensor, which compiled and captured steps read."""
    if isinstance(group[name], Tensor):
        group[name].fill_(value)
    else:
        group[name] = value


def _schedulers(optimizers: Sequence[Optimizer]) -> list[LRScheduler]:
    """Those that are alive and set the rates of these optimizers: an optimizer doesn't know them.

    All objects are looked through, which takes some 50 ms; rates are changed by hand, and so rarely.
    """
    found = [each for each in gc.get_objects() if issubclass(type(each), LRScheduler)]
    return [each for each in found if any(getattr(each, "optimizer", None) is one for one in optimizers)]
