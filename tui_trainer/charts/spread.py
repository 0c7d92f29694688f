"""How weights, gradients and the like are spread: over time as a picture, and at last as bars."""

from collections.abc import Sequence

import numpy as np

from tui_trainer.charts.chart import Bars, Beside, Chart, Panel, Picture
from tui_trainer.charts.styles import BLANK_SHADE, RAMP
from tui_trainer.data.span import LARGEST, evenly
from tui_trainer.runs.histograms import Histogram

COLUMNS, ROWS = 60, 40
ROOM = 56  # cells in which both stand beside each other
COLOURS = RAMP[len(RAMP) // 2 :]  # from nothing to much


def spread(histograms: Sequence[Histogram], width: int) -> Chart:
    """Those of one name, oldest first: all of them as a picture, beside it the last one's bars, where there is room."""
    last = histograms[-1]
    if len(histograms) == 1:
        return _bars(last)
    if width < ROOM:
        return _over_time(histograms)
    panels = [Panel(_over_time(histograms), [("by step", "quiet")])]
    return Beside.of([*panels, Panel(_bars(last), [(f"step {last.steps:,}", "quiet")])])


def _limits(low: float, high: float) -> tuple[float, float]:
    """Limits that are some way apart: those of equal numbers by a hundredth, as a histogram of them is a bar."""
    apart = 0.0 if high > low else abs(low) * 0.01 or 1.0
    return max(low - apart, -LARGEST), min(high + apart, LARGEST)


def _bars(histogram: Histogram) -> Chart:
    edges = evenly(*_limits(histogram.low, histogram.high), len(histogram.counts) + 1)
    counts = np.array(histogram.counts, dtype=np.float64)
    return Chart([Bars(edges, counts, "run0")], (float(edges[0]), float(edges[-1])), (0.0, float(counts.max()) or 1.0))


def _over_time(histograms: Sequence[Histogram]) -> Chart:
    """Each place in the colour of how many values are near it then."""
    y = _limits(min(each.low for each in histograms), max(each.high for each in histograms))
    steps = np.array([each.steps for each in histograms], dtype=np.float64)
    x = (float(steps[0]), float(max(steps[-1], steps[0] + 1)))
    # Each column shows the newest there was by then.
    which = np.searchsorted(steps, np.linspace(*x, COLUMNS), side="right") - 1
    columns = {int(place): _column(histograms[int(place)], y) for place in set(which.tolist())}
    shades = np.stack([columns[int(place)] for place in which], axis=1)
    return Chart([Picture(shades, x, y, COLOURS)], x, y, whole_x=True)


def _column(histogram: Histogram, y: tuple[float, float]) -> np.ndarray:
    """The shade of each of the rows between these limits, from the lowest up."""
    counts = np.array(histogram.counts, dtype=np.float64)
    edges = evenly(*_limits(histogram.low, histogram.high), len(counts) + 1)
    below = np.interp(evenly(*y, ROWS + 1), edges, np.concatenate([[0.0], np.cumsum(counts)]))
    here = np.diff(below)
    share = here / (here.max() or 1.0)
    shades = np.clip(np.sqrt(share) * len(COLOURS), 0, len(COLOURS) - 1).astype(np.intp)
    return np.where(here > 0, shades, BLANK_SHADE)
