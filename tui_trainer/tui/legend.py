"""The runs' names with their signs, colours and losses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from tui_trainer.charts.looks import figure, marker

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record


def legend(records: "Sequence[Record]", styles: Sequence[Style], losses: bool = True) -> Text:
    """`● identity 2.84  ▲ tanh 2.29`, each in its run's colour; without losses, only the names."""
    text = Text()
    for i, record in enumerate(records):
        words = f"{marker(i)} {record.name}"
        if losses:
            held_out = f" (held out {figure(record.test_loss)})" if record.test_loss is not None else ""
            ended = record.status in ("diverged", "failed")
            words += f" {record.status if ended else figure(record.loss)}{held_out}"
        text.append("  " if i else "").append(words, styles[i % len(styles)])
    return text
