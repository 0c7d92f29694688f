"""Private access into argparse, all of it. Without it, argparse tells in its own words what is wrong."""

import argparse
from typing import Any

# Each name, and what is lost where it has changed.
CHECKED = "Python 3.11 to 3.14"
USES = {
    "argparse:ArgumentParser()._option_string_actions": "a value that begins with a minus needs its =",
    "argparse:ArgumentParser()._actions": "a misspelled command gets no suggestion, a shell offers fewer flags",
    "argparse:ArgumentParser()._optionals.title": "the help in another language has a heading in English",
    "argparse:HelpFormatter.add_usage": "the help in another language begins with a word in English",
}


def flags_of(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """A parser's own flags, each spelling."""
    return dict(getattr(parser, "_option_string_actions", {}))


def title_options(parser: argparse.ArgumentParser, title: str) -> None:
    """Have the help put these words above the flags that are in no group."""
    if group := getattr(parser, "_optionals", None):
        group.title = title


class UsageFormatter(argparse.HelpFormatter):
    """Begins the help with other words than `usage: `."""

    def __init__(self, prog: str, begin: str) -> None:
        super().__init__(prog)
        self._begin = begin

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, prefix or self._begin)


def replace_command(parser: argparse.ArgumentParser, name: str, command: argparse.ArgumentParser) -> None:
    """Have another parser read what follows a command's name."""
    for action in getattr(parser, "_actions", ()):
        if isinstance(action.choices, dict) and name in action.choices:
            action.choices[name] = command


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands below a parser, by name."""
    several = [action.choices for action in getattr(parser, "_actions", ()) if isinstance(action.choices, dict)]
    return {name: command for commands in several for name, command in commands.items()}
