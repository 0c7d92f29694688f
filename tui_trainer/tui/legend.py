"""What the charts' borders say of the runs: their names with their signs, colours and losses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from tui_trainer.charts.looks import figure, marker

if TYPE_CHECKING:
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
            if record.status in ("diverged", "failed"):
                words += f" {record.status}"
            elif last is not None:
                words += f" {figure(last)}" + (f" (held out {figure(held_out)})" if held_out is not None else "")
        text.append("  " if i else "").append(words, styles[i % len(styles)])
    return text
