"""The views of a run, as a picture and as plain text."""

import io
import re
from dataclasses import replace
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.styles import Row, style
from tui_trainer.charts.views import load, views_for
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.stored_run import StoredRun

WIDTH = 100  # cells


def txt(run: StoredRun) -> bytes:
    """UTF-8 text without colours. Raises InputError where the run's samples can't be had any more."""
    return plain(_rows(run, colours=False)).encode() + b"\n"


def svg(run: StoredRun) -> bytes:
    """The same in colour. Raises InputError."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, force_jupyter=False, no_color=False
    )
    for row in _rows(run, colours=True):
        console.print(Text.assemble(*((text, style(paint)) for text, paint in row)), no_wrap=True, highlight=False)
    drawn = console.export_svg(title=run.name)
    # rich has the reader's browser fetch a font from the net; any fixed-width one that is there will do.
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL).encode()


def _rows(run: StoredRun, colours: bool) -> list[Row]:
    records = [replace(stored_record(run), name=run.name)]
    rows: list[Row] = []
    for view in map(load, views_for(records)):
        chart = view.drawn(records)
        if not isinstance(chart, str):
            if rows:
                rows.append([("", "quiet")])
            rows.append(view.caption(records[0], chart))
            rows += [[(line, "quiet")] for words in view.words(records) for line in wrap(words, WIDTH)]
            rows += draw(chart, WIDTH, view.rows, colours=colours)
    return rows
