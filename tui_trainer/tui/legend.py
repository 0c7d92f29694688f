"""What the charts' borders say: the runs' names with their signs, colours and losses, and whatever else is drawn."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from tui_trainer.charts.looks import figure, marker

if TYPE_CHECKING:
    from tui_trainer.charts.chart import Chart
    from tui_trainer.runs.record import Record


def legend(records: "Sequence[Record]", styles: Sequence[Style], losses: bool = True) -> Text:
    """`● identity 2.84  ▲ tanh 2.29`, each in its run's colour; without losses, only the names.

    A loss is the last epoch's, where the chart's curve ends.
    """
    text = Text()
    for i, record in enumerate(records):
        words = f"{marker(i)} {record.name}"
        if losses:
            last, held_out = record.history.last, record.history.last_test
            if record.status.bad:
                words += f" {record.status}"
            elif last is not None:
                words += f" {figure(last)}" + (f" (held out {figure(held_out)})" if held_out is not None else "")
        text.append("  " if i else "").append(words, styles[i % len(styles)])
    return text


def beside(chart: "Chart | None", styles: Mapping[str, Style], *more: str) -> Text | None:
    """`○ held out  ┈ best line 2.84`: what a chart shows beside the runs, in its colours, and more words about it."""
    from tui_trainer.charts.views import legend_of

    words = [Text(word, styles[role]) for word, role in (legend_of(chart) if chart else ())]
    return Text("  ").join([*words, *map(Text, more)]) if words or more else None


def scale_words(log_y: bool, smooth: bool) -> list[str]:
    """How losses are drawn."""
    return ["logarithmic"] * log_y + ["smoothed"] * smooth
