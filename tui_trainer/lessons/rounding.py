"""A whole number to round in one's head as a two-byte float does: drawn by the program, judged by PyTorch."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tui_trainer.lessons.stored import KINDS, fraction_bits, make

# How far apart the numbers that are stored lie, in each two-byte float, and how near one is to the number of a draw at
# the nearest: with these neither a number beside the one that is asked for, nor a round one, is often right.
STEPS = {"float16": (16, 32), "bfloat16": (32, 64, 128, 256)}
NEAREST = 5
LEAST, MOST = 2**12, 2**16  # between which all numbers of a draw are


@dataclass(frozen=True)
class Rounding:
    """What a two-byte float makes of a number, which lies in steps of some size from a power of two on."""

    kind: str
    number: int
    start: int
    step: int

    @property
    def question(self) -> str:
        """What is asked, by its meaning."""
        return f"{self.kind} {self.number}"

    @property
    def stored(self) -> int:
        """What PyTorch stores."""
        return int(make([self.number], KINDS[self.kind].load(), (1,)).item())


def draw_rounding(draw: int) -> Rounding:
    """The question of a draw, always the same: what is stored is not near the number, nor round, nor one of two."""
    random = np.random.default_rng(draw)
    kind = str(random.choice(list(STEPS)))
    steps, step = 2 ** fraction_bits(KINDS[kind].load()), int(random.choice(STEPS[kind]))
    over = int(random.choice([over for over in range(NEAREST, step - NEAREST + 1) if 2 * over != step]))
    start = steps * step
    while True:
        asked = Rounding(kind, start + int(random.integers(steps - 1)) * step + over, start, step)
        if asked.stored % 5:
            return asked


def answered(kinds: Sequence[str], numbers: Sequence[Fraction]) -> list[str]:
    """The questions that are answered by showing how these kinds store these numbers; a sign changes nothing."""
    sizes = [abs(number) for number in numbers if number.denominator == 1 and LEAST <= abs(number) < MOST]
    return [f"{kind} {size}" for kind in kinds if kind in STEPS for size in sizes]
