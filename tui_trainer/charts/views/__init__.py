"""The registry of views: a view is a file here and a line in the catalog.

Imports nothing heavy, so that the window can stand, with a place for each view, before there is anything to draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self, get_args

from tui_trainer.catalog import VIEWS

if TYPE_CHECKING:
    from tui_trainer.charts.views.view import View
    from tui_trainer.runs.record import Record

ALL = "all"  # a choice beside the views' names
# What losses may be drawn along, and how that is called.
AXES = {"epoch": "epoch", "step": "step", "second": "seconds of training"}

Smoothing = Literal["off", "auto", "more"]
Zoom = Literal["all", "last half", "last tenth"]


@dataclass(frozen=True)
class Options:
    """How a person wants charts to be drawn; a view takes what it has a use for.

    smoothing: auto smooths what is noisy, more smooths all, and over more. zoom: which part of the way is drawn.
    """

    log_y: bool = True
    log_x: bool = False
    smoothing: Smoothing = "auto"
    zoom: Zoom = "all"
    axis: str = "epoch"
    first: int = 0  # of views that show each run by itself: where they begin

    def __post_init__(self) -> None:
        if self.axis not in AXES:
            raise ValueError(f"axis: {self.axis!r} is unknown; there are {', '.join(AXES)}")

    def next_smoothing(self) -> Self:
        """The same, smoothed by the next amount."""
        amounts = get_args(Smoothing)
        return replace(self, smoothing=amounts[(amounts.index(self.smoothing) + 1) % len(amounts)])

    def next_zoom(self) -> Self:
        """The same of the next part of the way."""
        zooms = get_args(Zoom)
        return replace(self, zoom=zooms[(zooms.index(self.zoom) + 1) % len(zooms)])

    def next_axis(self) -> Self:
        """The same along the next axis."""
        axes = list(AXES)
        return replace(self, axis=axes[(axes.index(self.axis) + 1) % len(axes)])


DEFAULT = Options()


def views_for(runs: "Sequence[Record]" = ()) -> list[str]:
    """The names of the views of what these runs learn, the main one first; of no runs all there are."""
    named = {name for run in runs for name in run.views}
    return [name for name in VIEWS if name in named or not runs]


def title(name: str, options: Options) -> str:
    """What stands over a view, whatever is drawn in it."""
    return VIEWS[name].title.format(axis=AXES[options.axis])


def load(name: str) -> "View":
    """Import a view, and with it what it takes to draw."""
    view: View = VIEWS[name].make(name)
    return view
