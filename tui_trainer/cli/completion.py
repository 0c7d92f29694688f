"""`tui-trainer completion SHELL`: what a shell evaluates, so that it completes commands, flags and their values.

The shell asks this program at each tab, by argcomplete's protocol; answers come from the parsers themselves.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from pkgutil import resolve_name

import argcomplete
from argcomplete.lexers import split_line
from argcomplete.shell_integration import shellcode

from tui_trainer.catalog import LESSONS
from tui_trainer.cli._argparse import replace_command
from tui_trainer.cli.completions import completed_by
from tui_trainer.cli.flags import OWN_FLAGS, settings_of_code
from tui_trainer.cli.flags import make_parser as make_whole_parser
from tui_trainer.cli.parser import Parser
from tui_trainer.sentence import InputError
from tui_trainer.settings import Setting
from tui_trainer.wording import quoted

PROGRAM = "tui-trainer"
SHELLS = {
    "bash": 'eval "$(tui-trainer completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(tui-trainer completion zsh)" in ~/.zshrc, after compinit',
    "fish": "tui-trainer completion fish > ~/.config/fish/completions/tui-trainer.fish",
}


def completion(arguments: Sequence[str]) -> int:
    """Print what a shell evaluates. Returns the exit code. Raises InputError."""
    shell = make_parser().parse_all(arguments).shell
    if shell not in SHELLS:
        raise InputError(f"completion: {quoted(shell)} is no shell of these: {', '.join(SHELLS)}")
    from tui_trainer.cli.console import open_console  # here: at a tab, nobody waits for it

    open_console().print(shellcode([PROGRAM], shell=shell), markup=False, highlight=False, soft_wrap=True)
    return 0


def make_parser() -> Parser:
    """The flags of this command."""
    parser = Parser(
        prog=f"{PROGRAM} completion",
        description="Print what a shell evaluates: " + "; ".join(SHELLS.values()) + ".",
        allow_abbrev=False,
    )
    completed_by(parser.add_argument("shell", metavar="SHELL", help=" or ".join(SHELLS)), lambda prefix: SHELLS)
    return parser


def complete() -> None:
    """Answer the shell, and end."""
    words = split_line(os.environ.get("COMP_LINE", ""), int(os.environ.get("COMP_POINT", "0")))[3][1:]
    argcomplete.autocomplete(_whole_parser(words), always_complete_options="long")
    sys.exit(1)


def _whole_parser(words: Sequence[str]) -> Parser:
    """The parser of the whole command line, with the flags of each command; of a lesson's where that one is named."""
    own: dict[str, Setting] = {}
    with contextlib.suppress(InputError):  # such as a name that is half written
        own = settings_of_code(words)
    parser = make_whole_parser(own.values())
    for name in set(OWN_FLAGS) & set(words[:1]):  # no more than that: a person waits
        make = resolve_name(f"tui_trainer.cli.{name}:make_parser")
        replace_command(parser, name, _lessons(words) if name == "lesson" else make())
    return parser


def _lessons(words: Sequence[str]) -> Parser:
    from tui_trainer.cli.lesson import make_parser, make_parser_of
    from tui_trainer.lessons.language import DEFAULT, texts_in

    parser = make_parser(texts_in(DEFAULT))
    lessons = parser.add_subparsers(dest="name", metavar="NAME", parser_class=Parser)
    for name, choice in LESSONS.items():
        lessons.add_parser(name, help=choice.help)
        if words[:2] == ["lesson", name]:
            from tui_trainer.lessons.lesson import load_lesson  # which loads torch

            with contextlib.suppress(InputError):
                replace_command(parser, name, make_parser_of(load_lesson(name)))
    return parser
