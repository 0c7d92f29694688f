"""How much losses are smoothed, which depends on how noisy they look."""

from collections.abc import Callable, Sequence

from tui_trainer.charts.chart import Array
from tui_trainer.charts.views import Smoothing
from tui_trainer.runs.envelope import Pieces

VISIBLE = 0.01  # of a chart's height: noise below that is none
# At least so many windows side by side in what is drawn, for each amount: a curve keeps its bends.
WINDOWS = {"auto": 15, "more": 6}
FACTOR, MORE = 3, 2  # windows are 1, 3, 9, … pieces wide; more: so often again


def window(amount: Smoothing, curves: Sequence[Pieces], up: Callable[[Array], Array]) -> int:
    """Over how many pieces each point of all curves is a mean; 0: the curves are drawn as they are.

    up: how high each loss lies in the chart, from 0 to 1.
    """
    noise = max((pieces.noise(up) for pieces in curves), default=0.0)
    spread = max((pieces.spread(up) for pieces in curves), default=0.0)
    if amount == "off" or (amount == "auto" and max(noise, spread / 2) <= VISIBLE):
        return 0
    longest = max(len(pieces.first) for pieces in curves)
    width, more = 1, MORE * (amount == "more")
    while width * FACTOR * WINDOWS[amount] <= longest and (noise > VISIBLE * width**0.5 or more):
        more -= noise <= VISIBLE * width**0.5
        width *= FACTOR
    return width if width > 1 or spread or amount == "more" else 0


def epochs_of(width: int, curves: Sequence[Pieces]) -> int:
    """How many epochs a window so many pieces wide has, at the end of the longest curve."""
    longest = max(curves, key=lambda pieces: float(pieces.last[-1]) if len(pieces.last) else 0.0)
    piece = float(longest.last[0] - longest.first[0]) + 1 if len(longest.last) else 1.0
    return width * round(piece)
