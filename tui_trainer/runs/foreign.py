"""What other programs have logged, as it is brought in: numbers by name, and lines made of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from tui_trainer.runs.metrics import Line

MOST_LINES = 20_000  # of a run: where there are more steps, several share one


class Number(NamedTuple):
    """What was logged under a name: after which step, and how many seconds after the beginning."""

    step: int
    seconds: float
    value: float


@dataclass
class Read:
    """What was read of a run. epochs: which one it was in, by step; began: where that is known."""

    logged: dict[str, list[Number]]
    config: Mapping[str, Any] = field(default_factory=dict)
    epochs: Mapping[int, int] = field(default_factory=dict)
    began: datetime | None = None


def lines_of(read: Read) -> Iterator[Line]:
    """What was logged, as lines by step; a step 0, which others count from, is the first."""
    every = sorted({each.step for numbers in read.logged.values() for each in numbers if each.step >= 0})
    if not every:
        return
    shift = 1 if every[0] == 0 else 0
    several = -(-len(every) // MOST_LINES)
    rows: dict[int, dict[str, list[float]]] = {}
    row_of = {step: place // several for place, step in enumerate(every)}
    seconds: dict[int, float] = {}
    for name, numbers in read.logged.items():
        for each in numbers:
            if each.step >= 0:
                row = row_of[each.step]
                rows.setdefault(row, {}).setdefault(name, []).append(each.value)
                seconds[row] = max(seconds.get(row, 0.0), each.seconds)
    epoch, took = 0, 0.0
    for row in sorted(rows):
        steps = every[row * several : (row + 1) * several]
        epoch = max([epoch, *(read.epochs[step] for step in steps if step in read.epochs)])
        took = max(took, seconds[row])
        values = {name: _spread(several_values) for name, several_values in rows[row].items()}
        yield Line(epoch=epoch, first=steps[0] + shift, steps=steps[-1] + shift, seconds=took, values=values)


def _spread(values: list[float]) -> tuple[float | None, float | None, float | None]:
    finite = np.array([value for value in values if np.isfinite(value)])
    if not len(finite):
        return None, None, None
    return float(finite.mean()), float(finite.min()), float(finite.max())


def since(times: list[float]) -> tuple[datetime | None, Callable[[float], float]]:
    """When the first of these times was, and how many seconds after it others are."""
    began = min(times, default=0.0)
    try:
        when = datetime.fromtimestamp(began, UTC) if times else None
    except (ValueError, OverflowError, OSError):
        when = None
    return when, lambda time: max(0.0, time - began)
