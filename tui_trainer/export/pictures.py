"""A run's two charts, as a picture and as plain text."""

import io
import re
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from tui_trainer.charts.drawing import Row, draw, plain
from tui_trainer.charts.looks import STYLES, figure, marker, role
from tui_trainer.charts.views import TEST_MARKER, common_floor, fit_chart, learned, loss_chart
from tui_trainer.runs.recall import recall
from tui_trainer.runs.shelf import KeptRun

WIDTH, FIT_HEIGHT, LOSS_HEIGHT = 100, 20, 14  # cells


def txt(run: KeptRun) -> bytes:
    """UTF-8 text without colours. Raises InputError where the run's points can't be had any more."""
    return plain(_rows(run)).encode() + b"\n"


def svg(run: KeptRun) -> bytes:
    """The same in colour. Raises InputError."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, force_jupyter=False, no_color=False
    )
    for row in _rows(run):
        console.print(Text.assemble(*((text, STYLES[role]) for text, role in row)), no_wrap=True, highlight=False)
    drawn = console.export_svg(title=run.name)
    # rich has the reader's browser fetch a font from the net; any fixed-width one that is there will do.
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL).encode()


def _rows(run: KeptRun) -> list[Row]:
    record = recall(run)
    fit = fit_chart([record])
    rows: list[Row] = [[("Fit  ", "strong"), (f"{marker(0)} {run.name}", role(0)), ("  · data", "quiet")]]
    if len(record.data.x_test):
        rows[0].append((f"  {TEST_MARKER} held out", "test"))
    if record.line:
        rows[0].append((f"  {record.line}", "quiet"))
    rows += [[(line, "quiet")] for columns in learned([record]) for line in wrap(columns.words, WIDTH)]
    rows += draw(fit, WIDTH, FIT_HEIGHT)
    if losses := loss_chart([record]):
        title: Row = [("Loss (log)  ", "strong"), (f"{marker(0)} {figure(record.history.last)}", role(0))]
        if len(record.data.x_test):
            title.append((f"  {TEST_MARKER} held out {figure(record.history.last_test)}", role(0)))
        if (floor := common_floor([record])) is not None:
            title.append((f"  ┄ least squares {figure(floor)}", "floor"))
        if losses.zero_at_foot:
            title.append(("  0 at the foot", "axis"))
        rows += [[("", "quiet")], title, *draw(losses, WIDTH, LOSS_HEIGHT)]
    return rows
