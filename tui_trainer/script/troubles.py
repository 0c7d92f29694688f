"""Errors of this program's own in a script's process: each is told in a line, once, and goes no further."""

import contextlib
import sys
from collections.abc import Callable
from typing import TypeVar

from tui_trainer.escape import printable

MAX_TOLD = 20
Result = TypeVar("Result")


class Troubles:
    """Tells them on stderr."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def kept_in(self, what: str, do: Callable[[], Result]) -> Result | None:
        """Do something; where that fails, tell it, and give nothing."""
        try:
            return do()
        except Exception as error:
            self.tell(what, error)
            return None

    def tell(self, what: str, error: Exception) -> None:
        """That something failed, and that training goes on."""
        system = error.strerror if isinstance(error, OSError) else None
        first = next(iter(str(error).splitlines()), type(error).__name__)
        self.say(f"{what}: {system.lower() if system else first}; training goes on")

    def say(self, text: str) -> None:
        """A line."""
        if text not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(text)
            with contextlib.suppress(Exception):  # it may be closed
                sys.stderr.write(f"tui-trainer: {printable(text)}\n")
