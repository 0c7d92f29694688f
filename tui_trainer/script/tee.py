"""What a script prints goes where it went, and to its run as well."""

import contextlib
import sys
from typing import Any, TextIO

MOST = 1_000_000  # characters that wait to be written


class Tee:
    """Stands in for `sys.stdout` from `begin` to `end`; all but what is printed is the stream's own."""

    def __init__(self) -> None:
        self._stream: TextIO | None = None
        self._printed: list[str] = []
        self._size = 0

    def begin(self) -> None:
        """Take the place of `sys.stdout`."""
        self._stream, sys.stdout = sys.stdout, self

    def end(self) -> None:
        """Give it back, unless another has taken it since."""
        if sys.stdout is self and self._stream:
            sys.stdout = self._stream

    def take(self) -> str:
        """What was printed since it was last asked."""
        printed, self._printed, self._size = self._printed, [], 0
        return "".join(printed)

    def write(self, text: str) -> int:
        """Print."""
        with contextlib.suppress(TypeError):  # what is no text is for the stream to refuse
            if self._size < MOST:
                self._printed.append(text[:MOST])
                self._size += len(text)
        return self._stream.write(text) if self._stream else len(text)

    def writelines(self, lines: Any) -> None:
        """Print each."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
