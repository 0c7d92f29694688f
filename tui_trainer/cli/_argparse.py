"""Private access into argparse, all of it. Without it, argparse tells in its own words what is wrong."""

import argparse

# Each name, and what is lost where it has changed.
CHECKED = "Python 3.11 to 3.14"
USES = {
    "argparse:ArgumentParser()._option_string_actions": "a value that begins with a minus needs its =",
    "argparse:ArgumentParser()._actions": "a misspelled command gets no suggestion, a shell offers fewer flags",
}


def flags_of(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """A parser's own flags, each spelling."""
    return dict(getattr(parser, "_option_string_actions", {}))


def replace_command(parser: argparse.ArgumentParser, name: str, command: argparse.ArgumentParser) -> None:
    """Have another parser read what follows a command's name."""
    for action in getattr(parser, "_actions", ()):
        if isinstance(action.choices, dict) and name in action.choices:
            action.choices[name] = command


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands below a parser, by name."""
    several = [action.choices for action in getattr(parser, "_actions", ()) if isinstance(action.choices, dict)]
    return {name: command for commands in several for name, command in commands.items()}
