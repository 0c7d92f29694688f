"""The two charts, and the single step that takes the loss chart's place."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container

from tui_trainer.tui.colours import role_styles, run_styles
from tui_trainer.tui.legend import beside, legends, scale_words, titled
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
        self, records: "list[Record]", ghosts: "list[Record]", names: Text, log_y: bool, smooth: bool
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
        texts = [names, *legends(records, run_styles(self.app))[1:]]
        if fit.display:
            chart = fit_chart(records, ghosts)
            notes = [columns.note for columns in learned(records) if columns.note]
            lines = [f"{r.name}: {r.line}" for r in records if r.line and r.status != "diverged"]
            fit.show(chart)
            fit.head(titled(fit_title(records), texts), beside(chart, styles, *notes, *lines))
            yield
        if loss.display:
            no_loss = "no epoch was finished" if all(record.ended for record in records) else NO_LOSS
            losses = loss_chart(records, ghosts, log_y, smooth)
            loss.show(losses, no_loss)
            loss.head(
                titled("Loss by epoch", texts[-1:] if fit.display else texts),
                beside(losses, styles, *scale_words(log_y, smooth)),
            )
        if steps.display:
            steps.show(records)
