"""Errors of this program's own in a script's process: each is reported in a line, once, and goes no further."""

import contextlib
import sys
from collections.abc import Callable
from typing import TypeVar

from tui_trainer.escape import printable

MAX_LINES, MAX_LENGTH = 10, 300  # lines of one kind; letters of a reason: PyTorch explains itself at length
Result = TypeVar("Result")


class Troubles:
    """Writes them to stderr."""

    def __init__(self) -> None:
        self._written: dict[str, set[str]] = {}

    def kept_in(self, what: str, do: Callable[[], Result]) -> Result | None:
        """Do something; where that fails, report it, and give nothing."""
        try:
            return do()
        except Exception as error:
            self.report(what, error)
            return None

    def report(self, what: str, error: Exception) -> None:
        """That something failed, and that training goes on."""
        system = error.strerror if isinstance(error, OSError) else None
        said = system.lower() if system else next(iter(str(error).splitlines()), type(error).__name__)
        said = said if len(said) <= MAX_LENGTH else f"{said[:MAX_LENGTH]}…"
        self.warn(f"{what}: {said}; training goes on")

    def warn(self, text: str) -> None:
        """A line. It is of the kind that its first words say: many of one don't stand in the way of others."""
        written = self._written.setdefault(text.partition(":")[0], set())
        if text not in written and len(written) < MAX_LINES:
            written.add(text)
            last = " (no more lines of this kind)" if len(written) == MAX_LINES else ""
            with contextlib.suppress(Exception):  # it may be closed
                sys.stderr.write(f"tui-trainer: {printable(text)}{last}\n")
