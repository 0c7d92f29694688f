"""What the charts' borders say of the runs: their names with their signs, colours and losses."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from tui_trainer.charts.styles import FAINT_ROLES, format_number, marker

if TYPE_CHECKING:
    from tui_trainer.charts.chart import Chart
    from tui_trainer.runs.record import Record


def legend(records: "Sequence[Record]", styles: Sequence[Style], losses: bool = True, held_out: bool = True) -> Text:
    """`● identity 2.84 (held out 3.1)  ▲ tanh 2.29 (held out 2.4)`, each in its run's colour; or less of it.

    A loss is the last epoch's, where the chart's curve ends.
    """
    text = Text()
    for i, record in enumerate(records):
        words = f"{marker(i)} {record.name}"
        if losses:
            last, last_test = record.history.last, record.history.last_test
            if record.status.bad:
                words += f" {record.status}"
            elif last is not None:
                words += f" {format_number(last)}"
                if held_out and last_test is not None:
                    words += f" (held out {format_number(last_test)})"
        text.append("  " if i else "").append(words, styles[i % len(styles)])
    return text


def legends(records: "Sequence[Record]", styles: Sequence[Style]) -> list[Text]:
    """The fullest legend, and what can stand in its place where there is less room."""
    return [
        legend(records, styles),
        legend(records, styles, held_out=False),
        *([signs] if (signs := _signs(records, styles)) else []),
        legend(records, styles, losses=False),
    ]


def _signs(records: "Sequence[Record]", styles: Sequence[Style]) -> Text | None:
    """`● 2.84 ▲ 2.29`: losses matter more than names; None where there are none yet."""
    if all(record.history.last is None and not record.status.bad for record in records):
        return None
    text = Text()
    for i, record in enumerate(records):
        last = record.history.last
        loss = str(record.status) if record.status.bad else "–" if last is None else f"{last:.3g}"
        text.append(" " if i else "").append(f"{marker(i)} {loss}", styles[i % len(styles)])
    return text


def smoothed(chart: "Chart", x: float) -> list[tuple[str, str]]:
    """`● 2.41`, and the role of its run: where smoothed curves are at an x, if the losses beside it are others."""
    if not any(line.still and line.role in FAINT_ROLES for line in chart.lines):
        return []
    values = [(line, line.at(x)) for line in chart.lines if not line.still]
    return [(f"{line.marker} {format_number(value)}", line.role) for line, value in values if value is not None]


def titled(title: str, texts: Sequence[Text]) -> list[Text]:
    """These legends as titles of a chart; with less between title and legend before there is less of the legend."""
    return [Text(title + gap).append_text(text) for text in texts for gap in ("   ", " ")]


def legible(words: str, role: str, styles: Mapping[str, Style]) -> Text:
    """`─ runs before`: the sign in its role's colour, and words beside it that can be read where that is faint."""
    sign, space, rest = words.partition(" ")
    return Text.assemble((sign, styles[role]), space, (rest, styles["quiet" if role == "ghost" else role]))
