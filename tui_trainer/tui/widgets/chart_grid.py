"""The views of some runs, laid out beside or above each other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from tui_trainer.catalog import VIEWS
from tui_trainer.charts.views import Options, load, title, views_for
from tui_trainer.choices import of_task
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.legend import legible, smoothed, titled
from tui_trainer.tui.widgets.chart_view import ChartView

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record


class ChartGrid(Container):
    """A chart for each view of what is learned, or one of them alone, as the screen's classes say."""

    def __init__(self, *more: Widget, alone: str, waiting: str = "", id: str) -> None:
        """more: widgets after the charts; each stands for the view that it is named after.

        alone: the view that stands where there is room for one only; waiting: what is said in the first meanwhile.
        """
        super().__init__(id=id)
        self._more, self._alone, self._waiting = more, alone, waiting
        self.views = list(of_task(VIEWS, "curve"))  # what there is to see of the runs that are shown, or will be

    def compose(self) -> ComposeResult:
        for i, name in enumerate(views_for()):
            chart = ChartView(f"{VIEWS[name].help} appears here" if i else self._waiting, id=name, name=name)
            chart.border_title = title(name, Options())
            yield chart
        yield from self._more

    def on_mount(self) -> None:
        self._lay_out()

    def leave_alone(self, name: str) -> None:
        """From now on, this view stands where there is room for one only."""
        self._alone = name
        self._lay_out()

    def _lay_out(self) -> None:
        alone = self._alone if self._alone in self.views else self.views[0]
        for child in self.children:
            child.set_class(child.name == alone, "-alone")
            hidden = child.name not in self.views or (VIEWS[child.name].aside and child.name != alone)
            child.set_class(isinstance(child, ChartView) and hidden, "-of-other-tasks")

    def show(
        self,
        runs: "Sequence[Record]",
        ghosts: "Sequence[Record]",
        options: Options,
        texts: Sequence[Text],
        other_texts: Sequence[Text],
        nothing: str = "",
        then: "Sequence[Record]" = (),
        at: float | None = None,
    ) -> Iterator[None]:
        """Draw what is visible of these runs, and faintly of those before.

        then: the same runs as they were at the moment that is looked at, where that is not now; at: where on the axis
        of the losses it lies.

        One chart at each step, as drawing them takes longer than a key should wait. The first of the texts that
        there is room for names the runs over the first chart, of the other texts over the others; nothing: what is
        said where there is no run.
        """
        styles = role_styles(self.app)
        if runs and self.views != (views := views_for(runs)):
            self.views = views
            self._lay_out()
        for chart in self.query(ChartView):
            assert chart.name
            if not runs:
                chart.show(nothing)
                chart.head([Text(title(chart.name, options))])
            elif chart.display:
                view = load(chart.name)
                shown = runs if view.over_time else then or runs
                drawn = view.drawn(shown, ghosts, options)
                if view.over_time and not isinstance(drawn, str):
                    drawn = replace(drawn, cursor=at)
                chart.show(drawn)
                legend, notes = ((), ()) if isinstance(drawn, str) else (drawn.legend, drawn.notes)
                beside = [Text(words, styles[role]) for words, role in view.figures(then or runs)]
                beside += [legible(word, role, styles) for word, role in legend]
                beside += map(Text, notes)
                if at is not None and not isinstance(drawn, str):
                    beside += [Text(words, styles[role]) for words, role in smoothed(drawn, at)]
                beside += map(Text, view.notes(shown, options))
                chart.head(titled(view.title(shown, options), texts), Text("  ").join(beside) if beside else None)
                texts = other_texts
                yield
