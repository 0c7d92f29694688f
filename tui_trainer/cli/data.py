"""`tui-trainer data FILE`: what stands in a table, and what would become of its columns, before training."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_trainer.catalog import DATASETS
from tui_trainer.cli.parser import Parser, values_of
from tui_trainer.comparison import Comparison
from tui_trainer.named_data import CSV_FILE, TABLE, WITH_TARGET, arrays_path, data_path
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS
from tui_trainer.wording import listed

if TYPE_CHECKING:
    from rich.table import Table

    from tui_trainer.data.summary import Summary

OF_FILES = [
    name for name, setting in SETTINGS.items() if setting.needs in (CSV_FILE, TABLE, WITH_TARGET) or name == "x"
]
PLAIN_BARS = " .:-=+*%#"
WIDE = 90  # columns of a terminal that has room for histograms


def data(arguments: Sequence[str]) -> int:
    """Show the table in a file. Returns the exit code. Raises InputError."""
    asked = make_parser().parse_all(arguments)
    settings = {name: SETTINGS[name] for name in OF_FILES}
    path = SETTINGS["data"].parse(asked.file)
    if data_path(path) is None:
        tables = listed(name for name in DATASETS if data_path(name))
        raise InputError(f"data: {path!r} is no table; give a CSV, Parquet or JSON lines file, or one of {tables}")
    comparison = Comparison.of(data=[path], **values_of(vars(asked), settings))
    (experiment, *_) = comparison.runs.values()
    from tui_trainer.data.summary import as_object, summary
    from tui_trainer.rules import check_rules

    check_rules(experiment)
    if arrays_path(path):
        from tui_trainer.cli.pictures import show

        show(experiment, asked.json)
        return 0
    found = summary(experiment)
    if asked.json:
        from tui_trainer.cli.console import write_json

        write_json(as_object(found))
    else:
        _show(found)
    return 0


def make_parser() -> Parser:
    """The parser of what follows `tui-trainer data`."""
    parser = Parser(
        prog="tui-trainer data",
        description="Look at a table before training: what its columns hold, and what would be learned from what.",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("file", metavar="FILE", help="a CSV, Parquet or JSON lines file, or a table's name")
    parser.add_argument("--json", action="store_true", default=False, help="as an object of JSON")
    parser.add_settings(SETTINGS[name] for name in OF_FILES)
    return parser


def _show(found: "Summary") -> None:
    from rich.text import Text

    from tui_trainer.cli.console import lacks_unicode, open_console
    from tui_trainer.data.summary import BARS
    from tui_trainer.escape import printable
    from tui_trainer.wording import count

    console = open_console()
    head = f"{found.file}: {count(found.rows, 'row')}, {count(len(found.columns), 'column')}"
    console.print(Text(printable(head), style="bold"), soft_wrap=True)
    console.print(_table(found, console.width >= WIDE, PLAIN_BARS if lacks_unicode(console) else BARS))
    troubles = [found.trouble, *(column.trouble for column in found.columns)]
    for words in dict.fromkeys(filter(None, [*found.notes, *troubles])):
        console.print(Text(printable(words)), soft_wrap=True)


def _table(found: "Summary", wide: bool, bars: str) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from tui_trainer.data.summary import bars_of, range_of, related_to_target
    from tui_trainer.escape import printable

    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    titles = ["column", "is", "type", "missing", "values", *(["histogram"] if wide else []), "with target"]
    for title in titles:
        table.add_column(title, justify="right" if title in ("missing", "with target") else "left", overflow="fold")
    for column in found.columns:
        cells = [column.name, column.role or "–", column.type, f"{column.missing:,}" if column.missing else ""]
        cells += [range_of(column), *([bars_of(column.histogram, bars)] if wide else []), related_to_target(column)]
        style = "bold" if column.is_target else "" if column.is_used else "dim"
        table.add_row(*(Text(printable(cell), style=style) for cell in cells))
    return table
