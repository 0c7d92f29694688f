"""What the program draws for a learner to work out: a bowl to roll down, in a single step."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Self

import numpy as np
import torch

from tui_trainer.charts.chart import Chart, Dots, Line, Series
from tui_trainer.charts.styles import format_number, marker, role
from tui_trainer.lessons.frame import Frame, Plot, Table
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Refusal
from tui_trainer.wording import quoted

STAY, NEAR = 10, 0.01  # for so many steps more x is at the bottom, but for so much of its way: 0.17 is not 1/6
STEPS = 3  # of a guessed rate that are shown
BEYOND = 1.4  # from the bottom, in ways from the start to it: so far the picture goes to both sides
CURVATURES = range(3, 41)  # 2 a of a (x - c)²: the rate is one over it. That of the article's bowl, 2, is known
NUMBER = r"(\d{1,6}\.?\d{0,6}|\.\d{1,6})"


def read_rate(text: str) -> Fraction | None:
    """A rate such as 0.25 or 1/4; an empty text is no guess. Raises Refusal."""
    if not text:
        return None
    parts = re.fullmatch(rf"{NUMBER}(?: */ *{NUMBER})?", text.strip(), re.ASCII)
    if not parts or not Fraction(parts[1]) or not Fraction(parts[2] or 1):
        raise Refusal("guess", text=quoted(text))
    return Fraction(parts[1]) / Fraction(parts[2] or 1)


@dataclass(frozen=True)
class DrawnBowl:
    """A bowl a (x - bottom)², and where x starts."""

    a: float
    bottom: int
    start: int

    @classmethod
    def of(cls, draw: int) -> Self:
        """That of a draw."""
        random = np.random.default_rng(draw)
        curvature, bottom = int(random.choice(CURVATURES)), int(random.integers(-5, 5, endpoint=True))
        way = int(random.choice([-1, 1])) * int(random.integers(2, 9, endpoint=True))
        return cls(curvature / 2, bottom, bottom - way)

    @property
    def formula(self) -> str:
        """As it is written: `3 (x - 1)²`."""
        place = f"(x {'-' if self.bottom > 0 else '+'} {abs(self.bottom)})" if self.bottom else "x"
        return f"{self.a:g} {place}²"

    @property
    def question(self) -> str:
        """What is asked, by its meaning."""
        return f"{self.formula} from {self.start}"

    @property
    def way(self) -> int:
        """From the start to the bottom."""
        return self.bottom - self.start

    @cached_property
    def gradient(self) -> float:
        """The slope at the start: asked of autograd."""
        x = torch.tensor(float(self.start), requires_grad=True)
        (self.a * (x - self.bottom) ** 2).backward()
        assert x.grad is not None
        return x.grad.item()

    def places(self, rate: float) -> list[float]:
        """Where x is after each step of SGD, to see whether it stays."""
        x = torch.tensor(float(self.start), dtype=torch.float64, requires_grad=True)
        sgd, places = torch.optim.SGD([x], lr=rate), []
        for _ in range(1 + STAY):
            sgd.zero_grad()
            (self.a * (x - self.bottom) ** 2).backward()
            sgd.step()
            places.append(x.item())
        return places

    def reached(self, rate: float) -> bool:
        """Whether the first step goes to the bottom, and x stays there."""
        return all(abs(place - self.bottom) <= NEAR * abs(self.way) for place in self.places(rate))


def tried(texts: Texts, drawn: DrawnBowl, rate: float) -> Frame:
    """Where the first steps with a guessed rate lead."""
    places = np.array([float(drawn.start), *drawn.places(rate)[:STEPS]])
    reach = BEYOND * abs(drawn.way)
    x = np.linspace(drawn.bottom - reach, drawn.bottom + reach, 101)
    inside = places[np.logical_and.accumulate(abs(places - drawn.bottom) <= reach)]
    curve, heights = (drawn.a * (at - drawn.bottom) ** 2 for at in (x, inside))
    series: list[Series] = [
        Line(x, curve, "data"),
        Line(inside, heights, role(0)),
        Dots(inside[-1:], heights[-1:], role(0), marker(0)),
    ]
    plot = Plot(
        [(f"{marker(0)} sgd, {format_number(rate)}", role(0))],
        Chart(series, (float(x[0]), float(x[-1])), (-0.05 * float(curve.max()), float(curve.max()))),
        texts("picture", function=drawn.formula),
    )
    gradients = 2 * drawn.a * (places - drawn.bottom)
    rows = [[f"{step}", *map(format_number, row)] for step, row in enumerate(zip(places, gradients, strict=True))]
    columns = [texts("column.step"), "x", texts("column.gradient")]
    return Frame([plot, Table(columns, rows)], facts=[{"rate": rate, "x": places.tolist()}])
