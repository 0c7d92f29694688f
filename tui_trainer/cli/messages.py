"""Messages of a command beside its output: lines on stderr."""

import sys

from tui_trainer.escape import printable

AT_ONCE = "interrupted; a run that was under way goes on from its last checkpoint"


def write_message(message: str) -> None:
    """Write it in one line, after the program's name."""
    print(f"tui-trainer: {printable(message)}", file=sys.stderr)  # noqa: T201
