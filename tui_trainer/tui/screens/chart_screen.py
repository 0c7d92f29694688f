"""What the screens with charts have in common: which of them are shown, and how they are drawn."""

from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar

from textual.events import Resize

from tui_trainer.charts.views import Options
from tui_trainer.tui.screens.keyed import KeyedScreen
from tui_trainer.tui.widgets.chart_grid import ChartGrid


class ChartScreen(KeyedScreen):
    """Shows all views, or one of them alone; classes tell the style sheet which."""

    FIRST: ClassVar[str]  # the view that stands for all where there is room for one only

    def __init__(self) -> None:
        super().__init__()
        self.options = Options()
        self.chosen = ""  # the view that is wanted alone; empty: all

    @abstractmethod
    def draw(self) -> None:
        """Show what there is."""

    def on_resize(self, event: Resize) -> None:
        """Charts for which there was no room may have some now."""
        self.call_after_refresh(self.draw)

    @property
    def single(self) -> bool:
        """Whether there is room for one chart only."""
        return self.has_class("-narrow") or (self.has_class("-short") and not self.has_class("-wide"))

    def choose(self, view: str) -> None:
        """Show this view alone from now on; empty: all."""
        self.chosen = view
        self.set_class(bool(view), "-one-chart")
        self.query_one(ChartGrid).leave_alone(view or self.FIRST)
        self.call_after_refresh(self.draw)

    def action_view(self) -> None:
        views = sorted(self.query_one(ChartGrid).views, key=lambda name: name != self.FIRST)
        turn = views if self.single else ["", *views]
        now = self.chosen or self.FIRST if self.single else self.chosen
        self.choose(turn[(turn.index(now) + 1) % len(turn)])

    def action_log_scale(self) -> None:
        self.options = replace(self.options, log_y=not self.options.log_y)
        self.draw()

    def action_smoothing(self) -> None:
        self.options = replace(self.options, smooth=not self.options.smooth)
        self.draw()
