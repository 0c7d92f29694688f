"""What the program draws for a learner to work out before it is shown: relu units, and two layers."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import nn

from tui_trainer.lessons.lesson import Refusal
from tui_trainer.lessons.vanishing import gradient
from tui_trainer.wording import quoted

COUNT = 5  # of units
REACH = 2.0  # x goes from -REACH to REACH
NUMBER = re.compile(r"[-+]?(\d{1,9}\.?\d{0,9}|\.\d{1,9})", re.ASCII)
LINE = re.compile(rf"(?P<slope>{NUMBER.pattern}|[-+]?)\*?x(?P<intercept>[-+]({NUMBER.pattern[5:]}))?", re.ASCII)


def read_units(text: str) -> tuple[int, ...]:
    """Read units such as `3`, `3,5` or `3 5`, counted from 1; an empty text is no guess. Raises Refusal."""
    return read_numbers(text, COUNT, "units")


def read_numbers(text: str, most: int, refusal: str) -> tuple[int, ...]:
    """Read some of the numbers from 1 to this one, each once. Raises this Refusal."""
    parts = re.split(r"\s*,\s*|\s+", text.strip()) if text else []
    if not all(part in map(str, range(1, most + 1)) for part in parts):
        raise Refusal(refusal, text=quoted(text), most=most)
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
            if 0 < len(units.dead) < COUNT == len(set(units.formulas)):
                return units

    @cached_property
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
        return [formula(w, b) for w, b in zip(self.w, self.b, strict=True)]

    @property
    def question(self) -> str:
        """What is asked of them, by its meaning."""
        return f"relu {', '.join(self.formulas)}"


def read_line(text: str) -> tuple[float, float] | None:
    """Read a line as `6x - 5`, or as slope and intercept, `6, -5`; an empty text is no guess. Raises Refusal."""
    if not text:
        return None
    compact = "".join(text.split()).replace("−", "-").removeprefix("y=")
    if found := LINE.fullmatch(compact):
        slope, intercept = found["slope"], found["intercept"] or "0"
        return float(slope + "1" if slope in ("", "+", "-") else slope), float(intercept)
    numbers = text.replace(",", " ").split()
    if len(numbers) != 2 or not all(map(NUMBER.fullmatch, numbers)):
        raise Refusal("line", text=quoted(text))
    return float(numbers[0]), float(numbers[1])


@dataclass(frozen=True)
class DrawnLayers:
    """Two linear layers, each of one weight and one bias: h = w x + b, then y = v h + c."""

    w: float
    b: float
    v: float
    c: float

    @classmethod
    def of(cls, draw: int) -> Self:
        """Those of a draw: whole numbers, easy to multiply."""
        random = np.random.default_rng(draw)
        (w, v), (b, c) = random.choice([-4, -3, -2, 2, 3, 4], 2), random.choice([-5, -3, -2, -1, 1, 2, 3, 5], 2)
        return cls(float(w), float(b), float(v), float(c))

    @cached_property
    def line(self) -> tuple[float, float]:
        """Slope and intercept of the one line that they are: asked of a net of such layers, at 0 and at 1."""
        net = nn.Sequential(nn.utils.skip_init(nn.Linear, 1, 1), nn.utils.skip_init(nn.Linear, 1, 1))
        for parameter, value in zip(net.parameters(), (self.w, self.b, self.v, self.c), strict=True):
            nn.init.constant_(parameter, value)
        with torch.inference_mode():
            at_0, at_1 = net(torch.tensor([[0.0], [1.0]])).flatten().tolist()
        return at_1 - at_0, at_0

    @property
    def formulas(self) -> tuple[str, str]:
        """Both layers, as they are written."""
        return f"h = {formula(self.w, self.b)}", f"y = {formula(self.v, self.c, 'h')}"

    @property
    def question(self) -> str:
        """What is asked of them, by its meaning."""
        return ", ".join(self.formulas)


def formula(w: float, b: float, x: str = "x") -> str:
    """A weight times x, and a bias: `-x - 1.5`."""
    slope = {1.0: x, -1.0: f"-{x}"}.get(w, f"{w:g}{x}")
    return slope + (f" {'-' if b < 0 else '+'} {abs(b):g}" if b else "")
