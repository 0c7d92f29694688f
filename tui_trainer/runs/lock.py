"""One writer a run, and one change of the library at a time: locks that are gone with their process, or the machine."""

import contextlib
import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_trainer.escape import printable
from tui_trainer.files import check_own, reason
from tui_trainer.sentence import InputError

NAME = "lock"
LIBRARY = ".lock"  # of the folder that holds all runs
SECONDS, LIBRARY_SECONDS, SECONDS_BETWEEN = 0.08, 5.0, 0.02


class Locked(Exception):
    """Another process writes this run: its process id and its machine, in words."""


_held: set[int] = set()  # the handles of this process


def _let_go() -> None:
    """A forked process, as one that loads batches, would hold them too, and outlive this one."""
    for handle in _held:
        os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_let_go)


class RunLock:
    """The right to write into a run's folder, held until `release` or the end of the process.

    The kernel keeps it (flock, which Linux also takes to an NFS server), so there is no stale one:
    the file that stays behind only tells who held it last.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises Locked where another has it, OSError where the folder can't or should not be written.

        Another user's run should not be: its files may be links to ours, and its data set any file that we can read.
        """
        check_own(folder)
        self._path = folder / NAME
        # A link is not followed: what it names is not ours to write.
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        _held.add(self._handle)
        try:
            _take(self._handle, SECONDS)  # it may be a reader that has a look: see `is_locked`
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        except BlockingIOError:
            holder = printable(os.read(self._handle, 200).decode(errors="replace").strip()) or "another process"
            self.release()
            raise Locked(holder) from None
        except OSError:
            self.release()
            raise

    @property
    def lost(self) -> str:
        """Why the right is gone: another process may take the lock that is there by now. Nothing while it is held."""
        held = os.fstat(self._handle)
        try:
            there = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return "its lock was removed while it trains"
        same = (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)
        return "" if same else "another folder was put in its place while it trains"

    def check(self) -> None:
        """Before each write: raises OSError where the right is gone."""
        if lost := self.lost:
            raise OSError(errno.ESTALE, lost, str(self._path))

    def release(self) -> None:
        """Give it back; a process that was forked has let go of it already."""
        if self._handle in _held:
            _held.discard(self._handle)
            _give_back(self._handle)
            self._handle = -1


def _take(handle: int, seconds: float) -> None:
    """Take a lock, waiting for so long. Raises BlockingIOError where others have it for longer, OSError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(SECONDS_BETWEEN)
        except OSError as error:
            raise OSError(error.errno, f"its file system gives no locks ({reason(error)})") from None


def _give_back(handle: int) -> None:
    """Give a lock back. Closing its file is not enough: a process that was forked meanwhile has it open, too."""
    with contextlib.suppress(OSError):  # where the file system gives no locks
        fcntl.flock(handle, fcntl.LOCK_UN)
    os.close(handle)


@contextmanager
def changing(folder: Path) -> Iterator[bool]:
    """While labels in the folder of all runs are changed, and runs appear in it, vanish or come back.

    Yields whether others are really kept out: not every file system has locks. Raises InputError where
    another process changes it for seconds, OSError where it can't be written.
    """
    handle = os.open(folder / LIBRARY, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            _take(handle, LIBRARY_SECONDS)
        except BlockingIOError:
            raise InputError(f"{folder}: another process is changing it; try again") from None
        except OSError:
            yield False
        else:
            yield True
    finally:
        _give_back(handle)


def is_locked(folder: Path) -> bool | None:
    """Whether some process, this one included, writes the run in this folder; None where there are no locks to ask."""
    try:
        handle = os.open(folder / NAME, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would wait for its other end
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    else:
        return False
    finally:
        _give_back(handle)
