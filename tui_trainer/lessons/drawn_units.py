"""Some relu units that the program draws, for a learner to say which of them are dead."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import nn

from tui_trainer.experiment import InputError
from tui_trainer.lessons.vanishing import gradient
from tui_trainer.settings import quoted

COUNT = 5
REACH = 2.0  # x goes from -REACH to REACH


def read_units(text: str) -> tuple[int, ...]:
    """Read units such as `3` or `3,5`, counted from 1; an empty text is no guess. Raises InputError."""
    parts = [part.strip() for part in text.split(",")] if text else []
    if not all(part in map(str, range(1, COUNT + 1)) for part in parts):
        raise InputError(f"guess: {quoted(text)} names no units; write such as 3 or 3,5, of 1 to {COUNT}")
    return tuple(sorted({int(part) for part in parts}))


@dataclass(frozen=True)
class DrawnUnits:
    """Units relu(w·x + b), x from -2 to 2: their weights and biases."""

    w: tuple[float, ...]
    b: tuple[float, ...]

    @classmethod
    def of(cls, draw: int) -> Self:
        """Those of a draw: some are dead and some alive, and none is so by a hair."""
        random = np.random.default_rng(draw)
        while True:
            w = random.choice([-2, -1, -0.5, 0.5, 1, 2], COUNT)
            b = random.choice([-1, -0.5, 0.5, 1], COUNT) - REACH * abs(w)
            units = cls(tuple(w.tolist()), tuple(b.tolist()))
            if 0 < len(units.dead) < COUNT:
                return units

    @property
    def dead(self) -> tuple[int, ...]:
        """Which of them get no gradient from any x, counted from 1: asked of autograd."""
        x = torch.linspace(-REACH, REACH, 81)[:, None]
        _, slope = gradient(nn.ReLU(), x * torch.tensor(self.w) + torch.tensor(self.b))
        return tuple(unit for unit in range(1, COUNT + 1) if not slope[:, unit - 1].any())

    def highest(self, unit: int) -> tuple[float, float]:
        """The x at which a unit's input is highest, and the input there."""
        w, b = self.w[unit - 1], self.b[unit - 1]
        x = REACH if w > 0 else -REACH
        return x, w * x + b

    @property
    def formulas(self) -> list[str]:
        """Each unit's input, as it is written: `-x - 1.5`."""
        return [_formula(w, b) for w, b in zip(self.w, self.b, strict=True)]


def _formula(w: float, b: float) -> str:
    slope = {1.0: "x", -1.0: "-x"}.get(w, f"{w:g}x")
    return slope + (f" {'-' if b < 0 else '+'} {abs(b):g}" if b else "")
