"""Opening the files that a person names."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from tui_trainer.experiment import InputError


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading bytes.

    Raises InputError, naming the path, for what is missing, unreadable, a directory, or a device
    (which may never end).
    """
    try:
        # O_NONBLOCK: a named pipe without a writer would wait for ever. The kind is checked after
        # opening, so that what was checked is what is read.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}; give a file that can be read") from None
    mode = os.fstat(file.fileno()).st_mode
    if not stat.S_ISREG(mode):
        file.close()
        kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise InputError(f"{path}: {kind}; give a file")
    return file


def read_text(path: Path, limit: int) -> str:
    """Read a small regular UTF-8 file; a BOM is dropped. Raises InputError for anything else."""
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise InputError(f"{path}: over {limit:,} bytes; give a smaller file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start + 1:,} is not UTF-8; save the file as UTF-8 text") from None
