"""What the screens with two charts have in common: which of them are shown, and how losses are drawn."""

from typing import ClassVar

from tui_trainer.tui.screens.keyed import KeyedScreen


class ChartScreen(KeyedScreen):
    """Shows fit and loss, or one of them alone; its classes tell the style sheet which."""

    # In turn. Where there is room for one chart only, the second of these stands for both.
    VIEWS: ClassVar[tuple[str, str, str]] = ("both", "fit", "loss")

    def __init__(self) -> None:
        super().__init__(classes="-view-both")
        self.chart_view, self.log_y, self.smooth = "both", True, False

    def draw(self) -> None:
        """Show what there is."""
        raise NotImplementedError

    @property
    def single(self) -> bool:
        """Whether there is room for one chart only."""
        return self.has_class("-narrow") or (self.has_class("-short") and not self.has_class("-wide"))

    @property
    def alone(self) -> str:
        """The chart that stands there where there is room for one only."""
        return self.VIEWS[1] if self.chart_view == "both" else self.chart_view

    def set_view(self, view: str) -> None:
        """Show this view from now on."""
        self.chart_view = view
        for name in self.VIEWS:
            self.set_class(name == view, f"-view-{name}")
        self.call_after_refresh(self.draw)

    def action_view(self) -> None:
        if self.single:
            self.set_view("fit" if self.alone == "loss" else "loss")
        else:
            self.turn_view()

    def turn_view(self) -> None:
        """Show the next view."""
        self.set_view(self.VIEWS[(self.VIEWS.index(self.chart_view) + 1) % len(self.VIEWS)])

    def action_log_scale(self) -> None:
        self.log_y = not self.log_y
        self.draw()

    def action_smoothing(self) -> None:
        self.smooth = not self.smooth
        self.draw()
