"""stdout and stderr, as everything here writes to them: losing one can't hurt what the process is there for.

A full disk, a reader that has gone or a closed stream is found at the first write, in one place. From
there on what is written goes nowhere, so that nothing trips over it again; of stdout, whose loss
somebody has to know of, OutputLost is raised, once.
"""

import contextlib
import errno
import io
import math
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from tui_trainer.files import reason

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

POLL_SECONDS = 0.1
PATIENCE = 2.0


class OutputLost(Exception):
    """stdout can't be written to. No OSError, lest somebody who expects trouble with another file takes it for that."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"stdout: {reason(error)}")
        self.broken_pipe = isinstance(error, BrokenPipeError)

    @property
    def code(self) -> int:
        """The exit code of a command that only tells."""
        return 128 + signal.SIGPIPE if self.broken_pipe else 1


class Output(io.TextIOWrapper):
    """A standard stream that may be lost."""

    def __init__(self, stream: TextIO | None, patience: float, raises: bool) -> None:
        """stream: what Python made of it, None where it is closed; patience: seconds to wait for whoever reads it."""
        self._bytes = _Bytes(stream, patience, raises)
        super().__init__(
            io.BufferedWriter(self._bytes),
            encoding=stream.encoding if stream else "utf-8",
            errors=stream.errors if stream else "backslashreplace",
            line_buffering=not raises or self._bytes.isatty(),
        )

    def hurry(self) -> None:
        """Wait no longer for a reader that does not read: the process was asked to end. For a signal handler too."""
        self._bytes.patience = PATIENCE


class _Bytes(io.RawIOBase):
    def __init__(self, stream: TextIO | None, patience: float, raises: bool) -> None:
        self._stream, self.patience, self._raises = stream, patience, raises
        self._handle: int | None = None
        self._lost: OSError | None = None
        if stream:
            stream.flush()
            with contextlib.suppress(io.UnsupportedOperation):  # tests read what was written from memory
                self._handle = stream.fileno()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self._stream and self._stream.isatty())

    def fileno(self) -> int:
        return self._handle if self._handle is not None else super().fileno()

    def write(self, content: "ReadableBuffer") -> int:
        # A pipe that is ready takes this much at once; of more, the rest would wait for a reader.
        part = memoryview(content)[: select.PIPE_BUF]
        if not self._lost:
            try:
                return self._write(part)
            except OSError as error:
                self._lost = error
                self._point_nowhere()
        # Others, such as the thread that draws progress bars, have nobody to tell.
        if self._raises and threading.current_thread() is threading.main_thread():
            self._raises = False
            raise OutputLost(self._lost)
        return len(part)

    def _write(self, part: memoryview) -> int:
        if not self._stream:
            raise OSError(errno.EBADF, "it is closed")
        if self._handle is None:
            return self._stream.buffer.write(part)
        waited = 0.0
        while waited < self.patience:
            if select.select([], [self._handle], [], POLL_SECONDS)[1]:
                with contextlib.suppress(BlockingIOError):
                    return os.write(self._handle, part)
            waited += POLL_SECONDS
        raise TimeoutError(errno.ETIMEDOUT, "nobody reads it")

    def _point_nowhere(self) -> None:
        """Give what goes there past us, such as Python's own last flush, a place to go."""
        if self._handle is not None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._handle)
            os.close(nowhere)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Have whatever this process prints meanwhile go through an Output."""
    _hold_places()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Output(sys.stdout, math.inf, raises=True), Output(sys.stderr, PATIENCE, raises=False)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


_apart: list[TextIO] = []  # stdout, while it takes JSON alone


def json_stream() -> TextIO:
    """Where lines of JSON go."""
    return _apart[-1] if _apart else sys.stdout


@contextlib.contextmanager
def json_alone(json: bool) -> Iterator[None]:
    """Have stdout take lines of JSON and nothing else meanwhile, if so: what own code prints goes to stderr."""
    if not json:
        yield
        return
    _apart.append(sys.stdout)
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout = _apart.pop()


def hurry() -> None:
    """Wait no longer for whoever reads stdout."""
    if isinstance(stream := json_stream(), Output):
        stream.hurry()


def _hold_places() -> None:
    """Open what is closed of the standard streams, lest a file of ours gets its number, and what is printed there."""
    for handle in (0, 1, 2):
        try:
            os.fstat(handle)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), handle)
