"""A whole number to round in one's head as a two-byte float does: drawn by the program, judged by PyTorch."""

from dataclasses import dataclass

import numpy as np

from tui_trainer.lessons.stored import KINDS, TWO_BYTE_FLOATS, fraction_bits, make


@dataclass(frozen=True)
class Rounding:
    """What a two-byte float makes of a number, which lies in steps of some size from a power of two on."""

    question: int
    kind: str
    number: int
    start: int
    step: int

    @property
    def stored(self) -> float:
        """What PyTorch stores."""
        return make([self.number], KINDS[self.kind].load(), (1,)).item()

    def ask(self, guess: str, seen: bool) -> str:
        """What to say before the answer is there."""
        if seen:
            return self._seen
        if guess:
            return f"you say {guess}; n shows what {self.kind} makes of {self.number}"
        return f"question {self.question}: what does {self.kind} store {self.number} as? g takes your guess"

    def judge(self, guess: str, seen: bool) -> tuple[bool, str]:
        """Whether a guess meets the goal, and what to say; who has seen the answer doesn't predict it."""
        if seen:
            return False, self._seen
        if float(guess) == self.stored:
            return True, f"{self.kind} holds {self.number} as {self.stored:g}, in steps of {self.step}"
        steps = f"from {self.start} on, steps of {self.step}"
        return False, f"you said {guess}, it is {self.stored:g}: {steps}; k draws another"

    @property
    def _seen(self) -> str:
        return f"you have seen that {self.kind} stores {self.number} as {self.stored:g}; k draws another"


def draw_rounding(question: int) -> Rounding:
    """The question of this number: always the same; never stored exactly, and never halfway between two steps."""
    random = np.random.default_rng(question)
    kind = str(random.choice(TWO_BYTE_FLOATS))
    steps, step = 2 ** fraction_bits(KINDS[kind].load()), int(random.choice((8, 16, 32)))
    over = int(random.choice([over for over in range(1, step) if over * 2 != step]))
    start = steps * step
    return Rounding(question, kind, start + int(random.integers(steps - 1)) * step + over, start, step)
