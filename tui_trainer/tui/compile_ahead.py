"""Native code for the settings on the screen, compiled while the person reads them: by a process of its own."""

import contextlib
import os
import subprocess
from typing import Protocol

from tui_trainer.comparison import Comparison
from tui_trainer.files import own_python

CLOSE_SECONDS = 0.5
LONGEST = 4096  # bytes that a pipe takes at once or not at all


class Ahead(Protocol):
    """What gets to know what may be trained next."""

    def want(self, comparison: Comparison) -> None:
        """These runs may be trained next, and no others."""

    def close(self) -> None:
        """Nothing more is trained."""


class Nothing(Ahead):
    """Compiles nothing ahead."""

    def want(self, comparison: Comparison) -> None:
        pass

    def close(self) -> None:
        pass


class CompileAhead(Ahead):
    """Has them compiled by `engine.ahead`, whose process begins with the first and ends with this one.

    What goes wrong there costs nothing but time: who trains compiles for himself.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def want(self, comparison: Comparison) -> None:
        from tui_trainer.engine.ahead import as_line

        with contextlib.suppress(OSError):  # it may have ended; or it is so busy that the pipe is full
            if self._process is None:
                self._process = self._begin()
            assert self._process.stdin
            if len(line := as_line(comparison)) <= LONGEST:
                os.write(self._process.stdin.fileno(), line)

    def _begin(self) -> subprocess.Popen[bytes]:
        nowhere = subprocess.DEVNULL
        command = [*own_python(), "-m", "tui_trainer.engine.ahead"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere)  # noqa: S603
        assert process.stdin
        os.set_blocking(process.stdin.fileno(), False)
        return process

    def close(self) -> None:
        if self._process:
            self._process.terminate()
            assert self._process.stdin
            self._process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):  # it ends by itself
                self._process.wait(CLOSE_SECONDS)
