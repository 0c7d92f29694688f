"""`tui-trainer export`: a stored run as a table, weights, a picture or a script."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.filesize import decimal

from tui_trainer.catalog import EXPORTS
from tui_trainer.cli.completions import completed_by, files
from tui_trainer.cli.console import open_console
from tui_trainer.cli.messages import write_message
from tui_trainer.cli.parser import Parser, use_runs_folder
from tui_trainer.escape import printable
from tui_trainer.export.exports import check_ending, write_export
from tui_trainer.named_data import pasted_path
from tui_trainer.runs.library import find
from tui_trainer.sentence import InputError


def export(arguments: Sequence[str]) -> int:
    """Export a stored run to a file. Returns the exit code. Raises InputError."""
    asked = make_parser().parse_all(arguments)
    use_runs_folder(asked)
    path = Path(pasted_path(asked.to)).expanduser()
    try:
        check_ending(path)
    except InputError as error:
        raise InputError(f"--to: {error}") from None
    run = find(asked.run)
    if asked.data is not None:
        from tui_trainer.runs.samples import moved  # which loads torch, as not all that is exported needs

        run = moved(run, asked.data, write_message)
    size = write_export(run, path, asked.force, "give another file, or --force to replace it")
    says = f"{printable(path)}  {decimal(size)}: {EXPORTS[path.suffix.lower()].help}"
    open_console().print(says, markup=False, soft_wrap=True)
    return 0


def make_parser() -> Parser:
    """The flags of this command."""
    width = max(map(len, EXPORTS))
    parser = Parser(
        prog="tui-trainer export",
        description="Export a stored run to a file, whose ending says what it holds.",
        epilog="endings:\n" + "\n".join(f"  {ending:{width}}  {choice.help}" for ending, choice in EXPORTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_run("the run's id, its name, or how its id begins")
    completed_by(parser.add_argument("--to", metavar="FILE", required=True, help="the file to write"), files)
    parser.add_moved_data()
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    parser.add_runs_folder()
    return parser
