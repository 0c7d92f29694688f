"""What the program draws in the plane for a learner to work out: two layers' border, and the lines of relu units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import nn

from tui_trainer.lessons.drawn import COUNT, read_numbers
from tui_trainer.lessons.vanishing import gradient

INNER, OUTER = 3, 4  # points
APART = 3  # steps along the axes, at least, from one end to the other
Point = tuple[int, int]
Sum = tuple[int, int, int]  # a, b and c of a·x1 + b·x2 + c


def read_points(text: str) -> tuple[int, ...]:
    """Read points such as `2`, `2,5` or `2 5`, counted from 1; an empty text is no guess. Raises Refusal."""
    return read_numbers(text, INNER + OUTER, "points")


def written(weights: Sequence[int], bias: int, names: Iterable[str] = ("x1", "x2")) -> str:
    """A sum as it is written: `x1 - 2x2 + 3`."""
    terms = [(weight, name) for weight, name in zip(weights, names, strict=True) if weight]
    words = [f"{'-' if weight < 0 else '+'} {abs(weight) if abs(weight) > 1 else ''}{name}" for weight, name in terms]
    words += [f"{'-' if bias < 0 else '+'} {abs(bias)}"] * bool(bias or not words)
    first, *rest = words
    return " ".join([first.removeprefix("+ ").replace("- ", "-"), *rest])


def at(point: Point) -> str:
    """A point as it is written: `(1, -2)`."""
    return f"({point[0]}, {point[1]})"


def sum_at(sums: Sum, point: Point) -> int:
    """What a sum is at a point."""
    return sums[0] * point[0] + sums[1] * point[1] + sums[2]


@dataclass(frozen=True)
class DrawnBorder:
    """Two linear layers in the plane, and points of two classes; where y is above 0, a point is taken for inner.

    first: of each of the two units of the first layer; second: of the second layer; points: in the order of their
    numbers; inner: whether each is one of those in the middle, which the others stand around.
    """

    first: tuple[Sum, Sum]
    second: Sum
    points: tuple[Point, ...]
    inner: tuple[bool, ...]

    @classmethod
    def of(cls, draw: int) -> Self:
        """That of a draw: no point is on the border, and from two to four are on the wrong side of it."""
        random = np.random.default_rng(draw)
        while True:
            weights, biases = random.choice([-2, -1, 1, 2], (3, 2)), random.integers(-4, 4, 3, endpoint=True)
            one, other, second = ((int(w1), int(w2), int(b)) for (w1, w2), b in zip(weights, biases, strict=True))
            middle = [(x1, x2) for x1 in (-1, 0, 1) for x2 in (-1, 0, 1)]
            points = [middle[place] for place in random.choice(len(middle), INNER, replace=False)]
            # One in each quadrant: what they stand around has both coordinates between -2 and 2.
            far = random.integers(2, 3, (OUTER, 2), endpoint=True) * [(1, 1), (-1, 1), (-1, -1), (1, -1)]
            points += [(int(x1), int(x2)) for x1, x2 in far]
            order = random.permutation(len(points))
            numbered = tuple(points[place] for place in order)
            drawn = cls((one, other), second, numbered, tuple(bool(place < INNER) for place in order))
            if drawn._is_fair:
                return drawn

    @property
    def _is_fair(self) -> bool:
        """Whether the border runs between the points, through none of them, and it takes both layers to know where."""
        of_a_unit = [self._wrong_by([sum_at(unit, point) for point in self.points]) for unit in self.first]
        values = [sum_at(self.sum, point) for point in self.points]
        if not (all(values) and all(self.sum[:2]) and max(values) > 0 > min(values)):
            return False
        wrong = self._wrong_by(values)
        return 2 <= len(wrong) <= 4 and wrong not in of_a_unit

    @cached_property
    def values(self) -> list[float]:
        """What both layers give at each point: asked of a net of such layers."""
        layers = nn.Linear(2, 2), nn.Linear(2, 1)
        with torch.no_grad():
            given = torch.tensor(self.points).float()
            for layer, sums in zip(layers, (self.first, [self.second]), strict=True):
                layer.weight.copy_(torch.tensor([each[:2] for each in sums]))
                layer.bias.copy_(torch.tensor([each[2] for each in sums]))
                given = layer(given)
        values: list[float] = given.flatten().tolist()
        return values

    @property
    def wrong(self) -> tuple[int, ...]:
        """Which points are taken for the other class, counted from 1."""
        return self._wrong_by(self.values)

    def _wrong_by(self, values: Sequence[float]) -> tuple[int, ...]:
        taken = enumerate(zip(values, self.inner, strict=True), 1)
        return tuple(number for number, (value, inner) in taken if (value > 0) != inner)

    @property
    def sum(self) -> Sum:
        """The one sum that both layers are, multiplied out."""
        (a, b, c), (d, e, f) = self.first
        v, w, bias = self.second
        return v * a + w * d, v * b + w * e, v * c + w * f + bias

    @property
    def formulas(self) -> tuple[str, str, str]:
        """Each unit, as it is written."""
        one, other = (written(each[:2], each[2]) for each in self.first)
        return f"h1 = {one}", f"h2 = {other}", f"y = {written(self.second[:2], self.second[2], ('h1', 'h2'))}"

    @property
    def question(self) -> str:
        """What is asked of them, by its meaning."""
        points = zip(self.points, self.inner, strict=True)
        listed = sorted(f"{at(point)} {'inner' if inner else 'outer'}" for point, inner in points)
        return f"{', '.join(self.formulas)}: {', '.join(listed)}"


@dataclass(frozen=True)
class DrawnFolds:
    """relu units over the plane, and two points, P and Q, which the line w·x + b = 0 of some units lies between."""

    units: tuple[Sum, ...]
    ends: tuple[Point, Point]

    @classmethod
    def of(cls, draw: int) -> Self:
        """Those of a draw: any of the units, and neither none nor all, are as likely between as any others."""
        random = np.random.default_rng(draw)
        bits = int(random.integers(1, 2**COUNT - 1))
        while True:
            p, q = ((int(x1), int(x2)) for x1, x2 in random.integers(-3, 3, (2, 2), endpoint=True))
            if abs(p[0] - q[0]) + abs(p[1] - q[1]) >= APART:
                break
        units: list[Sum] = []
        while len(units) < COUNT:
            a, b = (int(each) for each in random.integers(-2, 2, 2, endpoint=True))
            unit = (a, b, int(random.integers(-5, 5, endpoint=True)))
            at_p, at_q = sum_at(unit, p), sum_at(unit, q)
            between = (at_p > 0) != (at_q > 0)
            if (a or b) and at_p and at_q and between == bool(bits & 1 << len(units)) and unit not in units:
                units.append(unit)
        return cls(tuple(units), (p, q))

    @cached_property
    def between(self) -> tuple[int, ...]:
        """Which units are above 0 at one of the points and not at the other, counted from 1: asked of relu's slope."""
        x, units = torch.tensor(self.ends).double(), torch.tensor(self.units).double()
        _, slope = gradient(nn.ReLU(), x @ units[:, :2].T + units[:, 2])
        return tuple(unit for unit in range(1, COUNT + 1) if slope[0, unit - 1] != slope[1, unit - 1])

    def values(self, unit: int) -> tuple[int, int]:
        """A unit's input at both points; units are counted from 1."""
        p, q = self.ends
        return sum_at(self.units[unit - 1], p), sum_at(self.units[unit - 1], q)

    @property
    def formulas(self) -> list[str]:
        """Each unit's input, as it is written."""
        return [written(unit[:2], unit[2]) for unit in self.units]

    @property
    def question(self) -> str:
        """What is asked of them, by its meaning."""
        return f"relu {', '.join(self.formulas)} from {at(self.ends[0])} to {at(self.ends[1])}"
