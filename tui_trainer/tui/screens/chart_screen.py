"""What the screens with charts have in common: which of them are shown, and how they are drawn."""

from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar

from textual.events import Resize
from textual.geometry import Size

from tui_trainer.catalog import VIEWS
from tui_trainer.charts.views import ALL, Options
from tui_trainer.tui.preferences import Layout
from tui_trainer.tui.screens.keyed import KeyedScreen
from tui_trainer.tui.screens.pick import PickScreen
from tui_trainer.tui.widgets.chart_grid import ChartGrid

LEAST = Size(36, 8)  # of a chart that stands beside others because it was asked for
ROWS_AROUND = 4  # title, status line, keys


class OptionsScreen(KeyedScreen):
    """Has charts that keys draw in other ways. notices_of: what those are of, where not all charts change."""

    notices_of = ""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options

    @abstractmethod
    def draw(self) -> None:
        """Show what there is."""

    @abstractmethod
    def notice(self, words: str) -> None:
        """Draw, and say something for a while."""

    def redraw(self, options: Options, words: str = "") -> None:
        """Draw in this way from now on, and say so."""
        self.options = options
        if words:
            self.notice(self.notices_of + words)
        else:
            self.draw()

    def action_log_scale(self) -> None:
        self.redraw(replace(self.options, log_y=not self.options.log_y))

    def action_log_x(self) -> None:
        log_x = not self.options.log_x
        self.redraw(replace(self.options, log_x=log_x), "logarithmic x axis" if log_x else "linear x axis")

    def action_smoothing(self) -> None:
        options = self.options.next_smoothing()
        self.redraw(options, f"smoothing {options.smoothing}")

    def action_zoom(self) -> None:
        options = self.options.next_zoom()
        self.redraw(options, options.zoom)


class ChartScreen(OptionsScreen):
    """Shows all views, or one of them alone; classes tell the style sheet which."""

    notices_of = "loss chart: "
    FIRST: ClassVar[str]  # the view that stands for all where there is room for one only

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout.options)
        self.chosen = layout.chart  # the view that is wanted alone, or ALL; empty: what there is room for

    @property
    def layout_now(self) -> Layout:
        """How the charts are shown, to be remembered."""
        return Layout(self.chosen, self.options)

    def on_mount(self) -> None:
        self._mark_chosen()

    def on_resize(self, event: Resize) -> None:
        """Charts for which there was no room may have some now."""
        self._mark_chosen()
        self.call_after_refresh(self.draw)

    @property
    def single(self) -> bool:
        """Whether there is room for one chart only."""
        return self.has_class("-narrow") or (self.has_class("-short") and not self.has_class("-wide"))

    def choose(self, view: str) -> None:
        """Show this view alone from now on, or all; empty: what there is room for."""
        self.chosen = view
        self._mark_chosen()
        self.call_after_refresh(self.draw)

    def _mark_chosen(self) -> None:
        """Have the style sheet know which views are wanted."""
        alone = self.chosen if self.chosen != ALL else ""
        self.set_class(bool(alone), "-one-chart")
        self.set_class(self.chosen == ALL and self._has_room_for_all, "-all-charts")
        self.query_one(ChartGrid).leave_alone(alone or self.FIRST)

    @property
    def _has_room_for_all(self) -> bool:
        """Whether each chart can be read where all are shown, if a person asks for it."""
        each = self.share_of(sum(not VIEWS[name].aside for name in self.query_one(ChartGrid).views))
        return each.width >= LEAST.width and each.height >= LEAST.height

    def share_of(self, charts: int) -> Size:
        """How large each of so many charts would be."""
        return Size(self.size.width, (self.size.height - ROWS_AROUND) // charts)

    def action_view(self) -> None:
        """Go through the main charts, together and each alone; those aside have names alone, and lead back to these."""
        every = self.query_one(ChartGrid).views
        views = sorted((name for name in every if not VIEWS[name].aside), key=lambda name: name != self.FIRST)
        turn = [ALL, *views]
        if self.single:
            turn = [*views, ALL] if self._has_room_for_all else views
        now = turn.index(self.chosen) if self.chosen in turn else 0
        if self.chosen in VIEWS and VIEWS[self.chosen].aside:
            now = -1
        following = (now + 1) % len(turn)
        self.choose(turn[following] if following else "")
        if not following and len(every) > len(views):
            self.notice(f"C: one of {len(every)} charts by its name")

    def action_choose_chart(self) -> None:
        def take(name: str | None) -> None:
            if name is not None:
                self.choose(name)

        names = {ALL: "the main ones together"} | {name: VIEWS[name].help for name in self.query_one(ChartGrid).views}
        self.app.push_screen(PickScreen("Chart", names, self.chosen or ALL, several=False), take)

    def action_next_map(self) -> None:
        self.redraw(replace(self.options, first=self.options.first + 1))
