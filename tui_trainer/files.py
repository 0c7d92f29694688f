"""Opening the files that a person names, writing our own so that they are always whole, and losing the terminal.

Also whose files and folders are: what lies in a place that others can write is not taken for our own.
"""

import contextlib
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import tui_trainer
from tui_trainer.sentence import InputError, Sentence

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
FOLDER = os.O_RDONLY | os.O_DIRECTORY
ANOTHER = Sentence("give another file")


def reason(error: OSError) -> Sentence:
    """What the system says went wrong, in small letters."""
    return Sentence((error.strerror or str(error)).lower())


@contextlib.contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading bytes.

    Raises InputError, naming the path, for what is missing, unreadable, a directory, or a device
    (which may never end), and where reading fails.
    """
    try:
        # O_NONBLOCK: a named pipe without a writer would wait for ever. The kind is checked after
        # opening, so that what was checked is what is read.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                kind = Sentence("a directory") if stat.S_ISDIR(mode) else Sentence("not a regular file")
                raise InputError(Sentence("{path}: {kind}; give a file", path=path, kind=kind))
            yield file
    except OSError as error:
        said = Sentence("{path}: {reason}; give a file that can be read", path=path, reason=reason(error))
        raise InputError(said) from None


def read_bytes(path: Path, start: int = 0, count: int | None = None, owner: int | None = None) -> bytes:
    """Read a regular file from a byte on, to its end or so many bytes.

    Raises OSError, also for what never ends, and for a file of another user than the owner, where one is named.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if owner not in (None, status.st_uid):
            raise PermissionError(errno.EPERM, "it belongs to another user", str(path))
        file.seek(start)
        # No more than there is: memory is taken for all that is asked for.
        return file.read() if count is None else file.read(min(count, max(0, status.st_size - start)))


def read_lines(path: Path, start: int, stop: int | None, longest: int) -> Iterator[bytes]:
    """The lines of a regular file from one byte to another, or to its end, each with the newline that ends it.

    A last one without an end is left out. Of one that is longer than `longest` bytes, a part comes without a newline.
    The file is never in memory as a whole. Raises OSError.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        file.seek(start)
        left = (status.st_size if stop is None else stop) - start
        while left > 0 and (line := file.readline(min(left, longest))):
            left -= len(line)
            if line.endswith(b"\n") or len(line) == longest:
                yield line


def read_text(path: Path, limit: int) -> str:
    """Read a small regular UTF-8 file; a BOM is dropped. Raises InputError for anything else."""
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise InputError(Sentence("{path}: over {limit} bytes; give a smaller file", path=path, limit=f"{limit:,}"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"{error.start + 1:,}"
        said = Sentence("{path}: byte {place} is not UTF-8; save the file as UTF-8 text", path=path, place=place)
        raise InputError(said) from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, private to the user: whoever looks, whenever, finds what was there before or all of this.

    It is written beside, flushed and renamed, and the folder is flushed too, so that a crash of the
    machine leaves one of the two as well. Raises OSError.
    """
    with _whole(path) as file:
        file.write(content)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """The same for what is written bit by bit: the file is there once the block has ended."""
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    flush_folder(path.parent)


def write_at(path: Path, start: int, content: bytes, flush: bool = False) -> None:
    """Write to a file from a byte on, and cut what came after; it is made, private to the user, where it is not there.

    flush: have it written to the disk as well. A link is not followed. Raises OSError: whoever then writes there again
    leaves nothing of what was written by half.
    """
    # O_NONBLOCK: a named pipe that nobody reads would wait for ever.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    try:
        os.ftruncate(handle, start)
        done = 0
        while done < len(content):
            done += os.pwrite(handle, content[done:], start + done)
        if flush:
            os.fdatasync(handle)
    finally:
        os.close(handle)


def write_for_person(path: Path, content: bytes, force: bool = False, advice: str = ANOTHER) -> None:
    """Write a file that a person named, as `write_whole` does; what is there is only replaced with `force`.

    Raises InputError, and then leaves no file; advice: what else to do where one is there.
    """
    with open_for_person(path, force, advice) as file:
        file.write(content)


@contextlib.contextmanager
def open_for_person(path: Path, force: bool = False, advice: str = "give another file") -> Iterator[BinaryIO]:
    """The same for what is written bit by bit: where the block ends with an exception, there is no file either."""
    try:
        if not force:  # its name is taken first, lest one that comes up meanwhile be overwritten
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with _whole(path) as file:
                yield file
        except BaseException:
            if not force:
                with contextlib.suppress(OSError):
                    path.unlink()
            raise
    except FileExistsError:
        raise InputError(Sentence("{path}: is there already; {advice}", path=path, advice=advice)) from None
    except OSError as error:
        raise InputError(
            Sentence("{path}: {reason}; {advice}", path=path, reason=reason(error), advice=ANOTHER)
        ) from None


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this user alone. Raises OSError.

    `mkdir(mode=0o700, parents=True)` would leave those above as open as the umask does.
    """
    if not folder.parent.exists():
        make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


@contextlib.contextmanager
def private_folder(folder: Path, top: Path) -> Iterator[int]:
    """Open a folder that nobody but this user can write; root can write everywhere.

    The same must hold for all folders above it up to `top`, and up to the user's home where `top`
    lies in it. It is looked at on handles, and what is opened in the folder with `dir_fd` is in
    the one that was looked at, whatever a name stands for by then. Raises OSError, with the words
    for a person and the folder's name.
    """
    real, home, top = (Path(os.path.realpath(p)) for p in (folder, os.path.expanduser("~"), top))
    places = [real, *real.parents]
    last = next((place for place in (home, top) if place in places), places[-1])
    handles: list[int] = []
    try:
        for place in places[: places.index(last) + 1]:
            handles.append(os.open("..", FOLDER, dir_fd=handles[-1]) if handles else os.open(folder, FOLDER))
            status = os.fstat(handles[-1])
            if status.st_uid not in (os.geteuid(), 0):
                raise PermissionError(errno.EPERM, "it belongs to another user", str(place))
            if status.st_mode & OTHERS_WRITE:
                raise PermissionError(errno.EPERM, "others can write it (chmod go-w would end that)", str(place))
        yield handles[0]
    finally:
        for handle in handles:
            os.close(handle)


def read_own(name: str, folder: int) -> bytes:
    """Read a regular file of this user, which nobody else can write, in an open folder.

    Raises OSError, with words for a person.
    """
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PermissionError(errno.EPERM, "not a regular file", name)
        if status.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "it belongs to another user", name)
        if status.st_mode & OTHERS_WRITE:
            raise PermissionError(errno.EPERM, "others can write it", name)
        return file.read()


def check_own(folder: Path) -> None:
    """See that a folder belongs to this user. Raises PermissionError, also for one that can't be written.

    A file that is made in it must have the same owner: network file systems have names of their own for him.
    """
    with tempfile.TemporaryFile(dir=folder) as made:
        if os.fstat(made.fileno()).st_uid != folder.stat().st_uid:
            raise PermissionError(errno.EPERM, "it belongs to another user", str(folder))


def own_python() -> list[str]:
    """The command for Python in a process of our own, which `-m` and a module's name follow.

    Without -P, it would take modules from the working folder, whoever put them there; only where
    this program itself is taken from there, it has to.
    """
    ours = Path(tui_trainer.__file__).parent.parent
    return [sys.executable] if ours == Path.cwd() else [sys.executable, "-P"]


def flush_folder(folder: Path) -> None:
    """Have a folder's names written to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def leave_terminal() -> None:
    """After a hang-up: what is still written to the terminal that has gone, or read from it, would fail or wait."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
