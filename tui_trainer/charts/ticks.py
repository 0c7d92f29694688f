"""Round numbers for the axes: plotext's own collide on low charts."""

import math
from collections.abc import Sequence


def nice_ticks(low: float, high: float, count: int, whole: bool = False) -> list[float]:
    """About `count` round numbers from low to high: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    if whole:
        step = max(1.0, round(step))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = [round(i * step, 12) + 0.0 for i in range(first, last + 1)]  # + 0.0: never -0
    if len(ticks) > 1:
        return ticks
    return nice_ticks(low, high, 2 * count, whole) if count < 64 and not whole else [low, high]


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers between 10**low and 10**high, at most `count` of them."""
    for parts in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        powers = range(math.floor(low), math.ceil(high) + 1)
        ticks = [part * 10.0**power for power in powers for part in parts if low <= math.log10(part) + power <= high]
        if len(ticks) <= max(2, count):
            return ticks
    return ticks[:: math.ceil(len(ticks) / max(2, count))]


def tick_labels(ticks: Sequence[float]) -> list[str]:
    return [f"{tick:,.6g}" if abs(tick) < 1e6 and (abs(tick) >= 1e-4 or not tick) else f"{tick:.0e}" for tick in ticks]
