"""Round numbers for the axes: plotext's own collide on low charts."""

import math
from collections.abc import Sequence
from fractions import Fraction


def nice_ticks(low: float, high: float, count: int, whole: bool = False) -> list[float]:
    """About `count` round numbers from low to high: steps of 1, 2 or 5 times a power of ten.

    In fractions, which no range of floats is too wide or too narrow for.
    """
    start, stop = Fraction(low), Fraction(high)
    rough = (stop - start) / count
    power = Fraction(10) ** _exponent(rough)
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * Fraction(999, 1000))
    if whole:
        step = Fraction(max(1, round(step)))
    slack = step / 10**9
    first, last = math.ceil((start - slack) / step), math.floor((stop + slack) / step)
    ticks = sorted({min(max(float(i * step), low), high) for i in range(first, last + 1)}) if last >= first else []
    if len(ticks) > 1:
        return ticks
    return nice_ticks(low, high, 2 * count, whole) if count < 64 and not whole else [low, high]


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from low to high, both above 0, at most `count` of them."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for parts in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        round_numbers = (float(f"{part}e{power}") for power in powers for part in parts)  # 10.0**309 would raise
        ticks = [number for number in round_numbers if low <= number <= high]
        if len(ticks) <= max(2, count):
            return ticks
    return ticks[:: math.ceil(len(ticks) / max(2, count))]


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """The ticks in words, with as many digits as it takes to tell them apart, six if that will do."""
    for digits in range(6, 18):
        labels = [f"{tick:,.{digits}g}" for tick in ticks]
        if len(set(labels)) == len(set(ticks)):
            break
    return labels


def _exponent(value: Fraction) -> int:
    """The power of ten of its first digit, also for one that is beyond all floats: log10 takes its parts."""
    exponent = math.floor(math.log10(value.numerator) - math.log10(value.denominator))
    return exponent + (Fraction(10) ** (exponent + 1) <= value) - (Fraction(10) ** exponent > value)
