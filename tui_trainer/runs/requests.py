"""What other processes ask of a run: lines that they add to a file in its folder, which is the owner's alone.

A file and no socket: it also works where the folder lies on another machine.
"""

import contextlib
import os
from pathlib import Path

from tui_trainer.engine.requests import Request, SetPace, from_line, to_line
from tui_trainer.files import check_own, read_bytes
from tui_trainer.sentence import InputError

NAME = "requests.jsonl"
MAX_BYTES = 100_000  # that are read at once


def send(folder: Path, request: Request) -> None:
    """Ask the process that trains the run in this folder for something. Raises OSError, also for another user's run."""
    check_own(folder)
    handle = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        os.write(handle, to_line(request))
    finally:
        os.close(handle)


class Requests:
    """The requests that have come since this was made: older ones were meant for who trained the run before."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME
        self._read = self._size()

    def new(self) -> list[Request]:
        """The requests that have come since it was last asked; lines that are none are passed over.

        So is a pace: runs don't wait for the eyes of those who watch from elsewhere.
        """
        size = self._size()
        if size == self._read:
            return []
        start, requests = min(self._read, size), list[Request]()
        try:
            content = read_bytes(self._file, start, MAX_BYTES, owner=self._file.parent.stat().st_uid)
        except OSError:
            return []
        # What is so long without a line's end is no request.
        end = content.rfind(b"\n") + 1
        whole = content if len(content) == MAX_BYTES and not end else content[:end]
        self._read = start + len(whole)
        for line in whole.splitlines():
            with contextlib.suppress(InputError):
                requests.append(from_line(line))
        return [request for request in requests if not isinstance(request, SetPace)]

    def _size(self) -> int:
        try:
            return self._file.stat().st_size
        except OSError:
            return 0
