"""Where the plain commands print: charts, JSON, and terminals without UTF-8."""

import codecs
import sys
import unicodedata
from collections.abc import Mapping
from io import TextIOWrapper
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from tui_trainer.charts.chart import Chart
from tui_trainer.charts.raster import ASCII, draw
from tui_trainer.charts.styles import style
from tui_trainer.cli.output import json_stream

MAX_WIDTH = 120


def open_console() -> Console:
    """A console on stdout, which writes what its encoding lacks as signs that look like it."""
    console = Console(highlight=False)
    if lacks_unicode(console) and isinstance(sys.stdout, TextIOWrapper):
        codecs.register_error("look-alike", _look_alike)
        sys.stdout.reconfigure(errors="look-alike")
    return console


def lacks_unicode(console: Console) -> bool:
    return not console.encoding.lower().startswith("utf")


def print_chart(console: Console, chart: Chart, height: int) -> None:
    """Draw a chart, as wide as the terminal."""
    colours = not console.no_color and console.color_system not in (None, "standard")
    for row in draw(chart, min(console.width, MAX_WIDTH), height, lacks_unicode(console), colours):
        console.print(Text.assemble(*((text, style(paint)) for text, paint in row)), no_wrap=True)


def write_json(fields: Mapping[str, Any]) -> None:
    """Write an object as a line. JSON is UTF-8, whatever the locale says."""
    stream = json_stream().buffer
    stream.write(msgspec.json.encode(fields) + b"\n")
    stream.flush()


def _look_alike(error: UnicodeError) -> tuple[str, int]:
    """Write what an encoding lacks as a sign that looks like it, or else as its number."""
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end].translate(ASCII)
    # A superscript two is a 2 to those who know no better.
    return unicodedata.normalize("NFKD", missing).encode("ascii", "backslashreplace").decode(), error.end
