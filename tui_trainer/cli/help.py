"""`tui-trainer help`: the pages that the app shows as well."""

from collections.abc import Sequence
from pkgutil import resolve_name

from rich.table import Table
from rich.text import Text

from tui_trainer.catalog import TOPICS
from tui_trainer.cli._argparse import commands_of
from tui_trainer.cli.completions import completed_by
from tui_trainer.cli.console import MAX_WIDTH, open_console
from tui_trainer.cli.flags import OWN_FLAGS
from tui_trainer.cli.flags import make_parser as make_whole_parser
from tui_trainer.cli.parser import Parser
from tui_trainer.help.pages import page


def help(arguments: Sequence[str]) -> int:
    """List the pages, or show one; a command that is no topic tells its flags. Returns the exit code.

    Raises InputError.
    """
    topic = make_parser().parse_all(arguments).topic
    if topic is None:
        _list()
    elif topic not in TOPICS and (command := _command(topic)):
        command.print_help()
    else:
        shown = page(topic)
        console = open_console()
        console.print(shown, width=min(console.width, MAX_WIDTH))
    return 0


def make_parser() -> Parser:
    """The flags of this command."""
    parser = Parser(
        prog="tui-trainer help",
        description="List the pages of help; with a topic, show that one.",
        allow_abbrev=False,
    )
    topic = parser.add_argument("topic", metavar="TOPIC", nargs="?", help="one of the list: tui-trainer help data")
    completed_by(topic, lambda prefix: TOPICS)
    return parser


def _command(name: str) -> Parser | None:
    """The parser of a command, if there is one of this name."""
    if name in OWN_FLAGS:
        parser: Parser = resolve_name(f"tui_trainer.cli.{name}:make_parser")()
        return parser
    found = commands_of(make_whole_parser()).get(name)
    assert found is None or isinstance(found, Parser)
    return found


def _list() -> None:
    console = open_console()
    topics = Table.grid(padding=(0, 2))
    for name, about in TOPICS.items():
        topics.add_row(Text(name, "bold"), about)
    console.print(topics)
    console.print(
        "\ntui-trainer help TOPIC shows one; so does ? in the app. tui-trainer --help has the flags.", soft_wrap=True
    )
