"""The two charts, and the single step that takes the loss chart's place."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container

from tui_trainer.engine.status import Status
from tui_trainer.tui.colours import role_styles, run_styles
from tui_trainer.tui.legend import beside, legend, scale_words
from tui_trainer.tui.widgets.chart import ChartPane
from tui_trainer.tui.widgets.steps import StepView

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record

NO_LOSS = "the loss of each epoch appears here"


class Charts(Container):
    """Fit and loss, beside or above each other, or one of them, as the screen's classes say."""

    def compose(self) -> ComposeResult:
        yield ChartPane("loading PyTorch…", id="fit")
        yield ChartPane(NO_LOSS, id="loss")
        yield StepView(id="steps")

    def on_mount(self) -> None:
        self.query_one("#fit").border_title = "Fit"
        self.query_one("#loss").border_title = "Loss by epoch"

    def show(
        self, records: "Sequence[Record]", ghosts: "Sequence[Record]", names: Text, log_y: bool, smooth: bool
    ) -> Iterator[None]:
        """Draw what is visible of these runs, with their names and losses, and faintly of those before.

        One chart at each step, as drawing them takes longer than a key should wait.
        """
        from tui_trainer.charts.views import fit_chart, fit_title, learned, loss_chart

        fit, loss, steps = (
            self.query_one("#fit", ChartPane),
            self.query_one("#loss", ChartPane),
            self.query_one(StepView),
        )
        styles = role_styles(self.app)
        only_names = legend(records, run_styles(self.app), losses=False)
        if len(names) > self.size.width - 12:
            names = only_names
        if fit.display:
            chart = fit_chart(records, ghosts)
            notes = [columns.note for columns in learned(records) if columns.note]
            lines = [f"{r.name}: {r.line}" for r in records if r.line and r.status is not Status.DIVERGED]
            fit.show(chart)
            fit.head(Text(f"{fit_title(records)}   ").append_text(names), beside(chart, styles, *notes, *lines))
            yield
        if loss.display:
            no_loss = "no epoch was finished" if all(record.status.ended for record in records) else NO_LOSS
            losses = loss_chart(records, ghosts, log_y, smooth)
            loss.show(losses, no_loss)
            loss.head(
                Text("Loss by epoch   ").append_text(only_names if fit.display else names),
                beside(losses, styles, *scale_words(log_y, smooth)),
            )
        if steps.display:
            steps.show(records)
