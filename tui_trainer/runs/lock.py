"""One writer a run: a lock that is gone with its process, and with the machine."""

import fcntl
import os
import socket
import time
from pathlib import Path

from tui_trainer.escape import printable

NAME = "lock"
TRIES, SECONDS_BETWEEN = 5, 0.02


class Locked(Exception):
    """Another process writes this run: its process id and its machine, in words."""


class RunLock:
    """The right to write into a run's folder, held until `release` or the end of the process.

    The kernel keeps it (flock, which Linux also takes to an NFS server), so there is no stale one:
    the file that stays behind only tells who held it last.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises Locked where another has it, OSError where the folder can't be written."""
        # A link is not followed: what it names is not ours to write.
        self._handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            self._take()
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        except BlockingIOError:
            holder = printable(os.read(self._handle, 200).decode(errors="replace").strip()) or "another process"
            self.release()
            raise Locked(holder) from None
        except OSError:
            self.release()
            raise

    def _take(self) -> None:
        for _ in range(TRIES - 1):
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                time.sleep(SECONDS_BETWEEN)  # it may be a reader that has a look: see `is_locked`
        fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Give it back."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def is_locked(folder: Path) -> bool:
    """Whether some process, this one included, writes the run in this folder."""
    try:
        handle = os.open(folder / NAME, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would wait for its other end
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(handle)
