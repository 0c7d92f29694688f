"""Kept runs laid over each other: how they fit, and how their losses fell."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container

from tui_trainer.tui.colours import role_styles, run_styles
from tui_trainer.tui.legend import beside, legends, scale_words, titled
from tui_trainer.tui.widgets.chart import ChartPane

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record

TITLES = {"epoch": "Loss by epoch", "step": "Loss by step", "second": "Loss by seconds of training"}


class KeptCharts(Container):
    """Two charts, as the screen's classes say which."""

    def __init__(self) -> None:
        super().__init__(id="kept-charts")
        self.axis = "epoch"

    def compose(self) -> ComposeResult:
        yield ChartPane(id="fit")
        yield ChartPane(id="loss")

    def turn_axis(self) -> None:
        """Draw losses along the next axis."""
        axes = list(TITLES)
        self.axis = axes[(axes.index(self.axis) + 1) % len(axes)]

    def show(self, records: "Sequence[Record]", names: Sequence[str], log_y: bool, smooth: bool, waiting: bool) -> None:
        """Show these runs under these names; `waiting`: more of them are being read."""
        fit, loss = self.query_one("#fit", ChartPane), self.query_one("#loss", ChartPane)
        if not records:
            for pane, title in ((fit, "Fit"), (loss, TITLES[self.axis])):
                pane.show(None, "reading…" if waiting else "")
                pane.head([Text(title)])
            return
        from tui_trainer.charts.views import fit_chart, fit_title, loss_chart

        shown = _with_names(_sharing_data(records), names)
        texts, roles = legends(shown, run_styles(self.app)), role_styles(self.app)
        if fit.display:
            chart = fit_chart(shown)
            fit.show(chart)
            fit.head(titled(fit_title(shown), texts), beside(chart, roles))
        if loss.display:
            losses = loss_chart(shown, (), log_y, smooth, self.axis)
            loss.show(losses, "no epoch was finished")
            loss.head(titled(TITLES[self.axis], texts), beside(losses, roles, *scale_words(log_y, smooth)))


def _with_names(records: "Sequence[Record]", names: Sequence[str]) -> "list[Record]":
    return [replace(record, name=name) for record, name in zip(records, names, strict=True)]


def _sharing_data(records: "Sequence[Record]") -> "list[Record]":
    """The same, equal points being one: they are drawn once, and have one best line."""
    first: dict[str, Record] = {}
    return [replace(r, data=first.setdefault(r.data.fingerprint, r).data) for r in records]
