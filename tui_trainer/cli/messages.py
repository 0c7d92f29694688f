"""What a command says beside its output: lines on stderr, and its exit code."""

import sys

from tui_trainer.escape import printable

COMPLETED, FAILED, BAD_INPUT, DIVERGED, INTERRUPTED = 0, 1, 2, 3, 130
AT_ONCE = "interrupted; a run that was under way goes on from its last checkpoint"


def write_message(message: str) -> None:
    """Write it in one line, after the program's name."""
    print(f"tui-trainer: {printable(message)}", file=sys.stderr)  # noqa: T201
