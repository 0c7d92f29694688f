"""Files that a person names, opened to be read from any place; what comes through a pipe is kept in a file first."""

import atexit
import contextlib
import os
import select
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tui_trainer.files import open_regular, reason
from tui_trainer.sentence import InputError

WAIT = 2.0  # seconds for somebody who writes into a named pipe
_kept: dict[tuple[str, int, int], BinaryIO] = {}  # what came through pipes, as it comes only once


@contextlib.contextmanager
def open_table_file(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file, or the content of a pipe, which waits until all of it has come. Raises InputError."""
    with contextlib.suppress(OSError):
        status = os.stat(path)
        if stat.S_ISFIFO(status.st_mode) or stat.S_ISSOCK(status.st_mode):
            key = (str(path), status.st_dev, status.st_ino)
            if key not in _kept:
                _kept[key] = _received(path)
            with os.fdopen(os.dup(_kept[key].fileno()), "rb") as file:
                file.seek(0)
                yield file
            return
    with open_regular(path) as file:
        yield file


def _received(path: Path) -> BinaryIO:
    kept = tempfile.TemporaryFile()  # noqa: SIM115  it stays open as long as this process
    try:
        # Without O_NONBLOCK, a named pipe that nobody writes to would wait for ever.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
            kept.write(_beginning(pipe))
            os.set_blocking(pipe.fileno(), True)
            shutil.copyfileobj(pipe, kept)
    except OSError as error:
        kept.close()
        raise InputError(f"{path}: {reason(error)}; give a file that can be read") from None
    if not kept.tell():
        kept.close()
        raise InputError(f"{path}: a pipe that nobody writes to; give a file, or a pipe with rows")
    kept.flush()
    atexit.register(kept.close)
    return kept


def _beginning(pipe: BinaryIO) -> bytes:
    """The first bytes to come: none where nobody writes, which is waited for a moment."""
    waited = 0.0
    while True:
        came = pipe.read(65536)
        if came:
            return came
        if came == b"":  # None is a writer that is still silent
            if waited >= WAIT:
                return b""
            waited += 0.1
        select.select([], [], [], 0.1)
