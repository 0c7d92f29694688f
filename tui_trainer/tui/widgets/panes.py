"""Charts beside and below each other: as many as there is room for."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size

from tui_trainer.tui.panes import MOST, Drawn
from tui_trainer.tui.widgets.chart_view import ChartView

LEAST = Size(36, 8)  # of a chart that stands beside others, with its border
SHAPE = 4.0  # so many times as wide as high, in cells, a chart is best


class PaneGrid(Container):
    """Shows as many charts as it is given, of which `room` says how many there may be."""

    def compose(self) -> ComposeResult:
        for place in range(MOST):
            yield ChartView(id=f"pane{place}")

    @property
    def room(self) -> int:
        """How many charts there is room for."""
        return min(MOST, self._most_across * self._most_down)

    def share(self, count: int) -> Size:
        """How large each of so many charts is."""
        across = self._across(count)
        return Size(self.size.width // across - 2, self.size.height // max(1, -(-count // across)) - 2)

    @property
    def _most_across(self) -> int:
        return max(1, self.size.width // LEAST.width)

    @property
    def _most_down(self) -> int:
        return max(1, self.size.height // LEAST.height)

    def show(self, drawn: Sequence[Drawn]) -> None:
        """Show these, no more than there is room for."""
        across = self._across(len(drawn))
        self.styles.grid_size_columns = across
        for place, chart in enumerate(self.query(ChartView)):
            chart.display = place < len(drawn)
            if place < len(drawn):
                chart.show(drawn[place].chart)
                chart.head(drawn[place].titles, drawn[place].subtitle)

    def _across(self, count: int) -> int:
        """How many stand beside each other, so that each has about the shape that it is best in."""

        def unfit(across: int) -> tuple[int, float]:
            down = -(-count // across)
            width, height = self.size.width / across, max(1.0, self.size.height / down)
            shape = width / height / SHAPE
            return across * down - count, max(shape, 1 / max(shape, 0.01))

        fitting = [n for n in range(1, self._most_across + 1) if -(-count // n) <= self._most_down]
        return min(fitting, key=unfit) if fitting and count else 1
