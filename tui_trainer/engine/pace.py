"""The pace at which runs go on before the eyes of a person: which turn comes when, from counts alone.

No clock is asked here, and the rate depends on nothing but where the runs are: whatever takes longer than it should,
such as a slow machine or a pause, leaves no steps behind to be made up for.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from tui_trainer.sentence import InputError
from tui_trainer.wording import quoted

Pace: TypeAlias = str | float
"""AUTO, MAX, or epochs a second."""

AUTO, MAX = "auto", "max"
AUTO_SECONDS = 8.0  # that whole runs take at AUTO
FRAME = 1 / 12  # seconds: no turn is shorter, as nobody would see it
SLOWEST = 2.0  # steps a second
SHORTEST = 0.5  # seconds: a pace at which whole runs take less is none, but MAX
NEARLY = 0.9  # of the most that is possible is the most
TINY = 1e-9


@dataclass(frozen=True)
class Place:
    """Where runs are that train together: the epochs done, with a fraction, of all; the steps of an epoch."""

    epoch: float
    epochs: int
    steps: int


@dataclass(frozen=True)
class Turn:
    """How much each of the runs does at once, in epochs, and how many seconds after the turn before.

    epochs: a whole number, or less than one.
    """

    epochs: float
    seconds: float


NOTHING = Turn(0.0, 0.0)


def read_pace(value: object) -> Pace:
    """A pace as it is typed or written down. Raises InputError for what is none."""
    if value in (AUTO, MAX):
        return str(value)
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise InputError(f"pace: {quoted(value)} won't do; give {AUTO}, {MAX}, or a number of epochs a second")
    return number


def rate(pace: Pace, place: Place) -> float:
    """The epochs a second at which runs go that are at this place."""
    if pace == MAX:
        return math.inf
    first, growth = _auto(place.epochs) if pace == AUTO else (float(pace), 0.0)
    return max(first + growth * place.epoch, SLOWEST / place.steps)


def next_turn(pace: Pace, place: Place, most_steps: float = math.inf) -> Turn:
    """The next turn of runs that are at this place, unless the pace is MAX; most_steps: that fit a moment of work.

    Whole epochs, as many as there are in a frame; at a pace that leaves less, steps.
    """
    now, growth = rate(pace, place), _auto(place.epochs)[1] if pace == AUTO else 0.0
    in_a_frame = (now * math.expm1(growth * FRAME) / growth if growth else now * FRAME) + TINY
    if in_a_frame >= 1:
        epochs: float = max(1, math.floor(min(in_a_frame, most_steps / place.steps)))
    else:
        epochs = max(1, math.floor(min(in_a_frame * place.steps, most_steps))) / place.steps
    return Turn(epochs, _seconds(epochs, now, growth))


def seconds_left(pace: Pace, place: Place) -> float:
    """How long runs take from this place to their end, where the machine keeps up with the pace."""
    growth = _auto(place.epochs)[1] if pace == AUTO else 0.0
    return _seconds(max(0.0, place.epochs - place.epoch), rate(pace, place), growth)


def scaled(pace: Pace, factor: float, place: Place, machine: float = math.inf) -> Pace:
    """A pace so many times as fast: MAX above what the machine can do, in epochs a second, or what eyes can follow."""
    fastest = min(place.epochs / SHORTEST, machine)
    wanted = min(rate(pace, place), fastest) * factor
    return MAX if wanted > NEARLY * fastest else max(wanted, SLOWEST / place.steps)


def in_words(pace: Pace, place: Place) -> str:
    """The pace at a place: `12 epochs/s`, or `2 steps/s` where that says more."""
    if pace == MAX:
        return MAX
    now = rate(pace, place)
    return f"{short_number(now)} epochs/s" if now >= 1 else f"{short_number(now * place.steps)} steps/s"


def short_number(value: float) -> str:
    """A positive number in two digits or, from a hundred on, to the unit: `0.5`, `12`, `48,000`."""
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.2g}"


def _seconds(epochs: float, now: float, growth: float) -> float:
    """How long it takes to do some epochs at a rate that begins with `now` and grows with each by `growth`."""
    return math.log1p(epochs * growth / now) / growth if growth else epochs / now


@cache
def _auto(epochs: int) -> tuple[float, float]:
    """At AUTO, the rate in the first epoch, and by how much it grows with each: all epochs take AUTO_SECONDS.

    An epoch a frame at first, or fewer where there are so few.
    """
    first = 1 / FRAME
    if epochs <= first * AUTO_SECONDS:
        return max(epochs, 1) / AUTO_SECONDS, 0.0
    low, high = 1e-6, 10.0
    for _ in range(60):  # halves: there is no formula
        growth = (low + high) / 2
        too_slow = _seconds(epochs, first, growth) > AUTO_SECONDS
        low, high = (growth, high) if too_slow else (low, growth)
    return first, high
