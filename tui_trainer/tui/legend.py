"""The runs' names with their signs, colours and losses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from tui_trainer.charts.looks import figure, marker

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record


def legend(records: "Sequence[Record]", styles: Sequence[Style]) -> Text:
    """`● identity 2.84  ▲ tanh 2.29`, each in its run's colour."""
    text = Text()
    for i, record in enumerate(records):
        held_out = f" (held out {figure(record.test_loss)})" if record.test_loss is not None else ""
        ended = f" {record.status}" if record.status in ("diverged", "failed") else ""
        words = f"{marker(i)} {record.name} {figure(record.loss)}{held_out}{ended}"
        text.append("  " if i else "").append(words, styles[i % len(styles)])
    return text
