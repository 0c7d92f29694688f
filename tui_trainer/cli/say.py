"""What a command says beside its output: a line on stderr."""

import sys

from tui_trainer.escape import printable


def say(message: str) -> None:
    """Say it in one line, after the program's name."""
    print(f"tui-trainer: {printable(message)}", file=sys.stderr)  # noqa: T201
