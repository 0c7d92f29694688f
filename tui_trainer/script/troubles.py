"""Errors of this program's own in a script's process: each is reported in a line, once, and goes no further."""

import contextlib
import sys
from collections.abc import Callable
from typing import TypeVar

from tui_trainer.escape import printable

MAX_LINES = 20
Result = TypeVar("Result")


class Troubles:
    """Writes them to stderr."""

    def __init__(self) -> None:
        self._written: set[str] = set()

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
        first = next(iter(str(error).splitlines()), type(error).__name__)
        self.warn(f"{what}: {system.lower() if system else first}; training goes on")

    def warn(self, text: str) -> None:
        """A line."""
        if text not in self._written and len(self._written) < MAX_LINES:
            self._written.add(text)
            with contextlib.suppress(Exception):  # it may be closed
                sys.stderr.write(f"tui-trainer: {printable(text)}\n")
