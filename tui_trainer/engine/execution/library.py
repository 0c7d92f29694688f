"""Compiled libraries: kept from one time to the next, loaded, and thrown away where they are no good.

A library is code that runs as this user. So it is only taken from a folder that nobody else can
write, and what is loaded is a private copy of the very bytes that were looked at. A file's name
holds what it was made from and by, and the hash of what is in it, by which a damaged one is noticed.
"""

import atexit
import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from tui_trainer.engine.execution.mode import Cancelled, CannotRun
from tui_trainer.files import make_private, private_folder, read_own, reason, write_whole

NO_EXEC = getattr(os, "ST_NOEXEC", 0)  # macOS does not say
POLL_SECONDS, LONGEST_WAIT = 0.02, 60.0  # for another process that makes the same library
CALLED, DISCARDED = "called", "discarded: "


class Unusable(Exception):
    """A library is no good: what is the matter with it, in words that follow `it`."""


class Journal:
    """What went wrong with a library, in a file beside it: no file where all is well.

    A line says that the library was thrown away, and why, or that a process calls it for the first
    time. That one is gone when the call is survived, so where it is found and nobody holds the lock,
    its process has died in the call. The kernel gives back the lock of a process that dies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[str]:
        """What is written there, but for a first call by a process that lives."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return []
        with os.fdopen(handle, errors="replace") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:  # it is held; or locks can't be had here, and who calls can't be known
                return [line for line in file.read().splitlines() if line != CALLED]
            return file.read().splitlines()

    def discarded(self, why: str) -> None:
        """Note that the library was thrown away."""
        with contextlib.suppress(OSError), self._held() as handle:
            os.write(handle, f"{DISCARDED}it {why}\n".encode())

    @contextlib.contextmanager
    def first_call(self) -> Iterator[None]:
        """While the library is called for the first time. Where another process is at that, it is witness enough."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                handle = stack.enter_context(self._held())
                os.write(handle, f"{CALLED}\n".encode())
                stack.callback(self._forget, handle)
            yield

    def _forget(self, handle: int) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)  # another process may have the file open already
            self.path.unlink()

    @contextlib.contextmanager
    def _held(self) -> Iterator[int]:
        """The file, locked, to add to. Raises OSError where it is locked by another, or can't be."""
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield handle
        finally:
            os.close(handle)


@dataclass
class Code:
    """A library's loop over many steps, and what it takes on trust: see `tracing.layout`."""

    train: Callable[..., None]
    layout: str


@dataclass
class Library:
    """A library that can be called; note: what a person should know about how it came here, in a line, or nothing."""

    code: Code
    note: str
    journal: Journal
    survived: bool = False

    def train(self, *arguments: object) -> None:
        """Call its loop."""
        with contextlib.nullcontext() if self.survived else self.journal.first_call():
            self.code.train(*arguments)
        self.survived = True


class LibraryCache:
    """The libraries in a folder that nobody else can write."""

    def __init__(self, folder: Path, top: Path, note: str = "") -> None:
        """top: up to where folders above must be closed to others too; note: why it is not the usual folder.

        Raises OSError for a folder that others can write, or this user can't.
        """
        self.folder, self._top, self.note = folder, top, note
        with private_folder(folder, top):
            if not os.access(folder, os.W_OK):
                raise PermissionError(errno.EACCES, "it can't be written", str(folder))

    def find(self, key: str, compiler: str) -> Library | None:
        """The library that this compiler, or where none is named any, made for this key.

        One that can't be used is thrown away, and so is one in whose first call a process died. Raises
        CannotRun where the one that was made in its place was not survived either; OSError.
        """
        with private_folder(self.folder, self._top) as folder:
            names = sorted(name for name in os.listdir(folder) if name.startswith(key) and name.endswith(".so"))
            for made in [f"{key}-{compiler}"] if compiler else sorted({name.rpartition("-")[0] for name in names}):
                own = [name for name in names if name.startswith(f"{made}-")]
                journal = Journal(self.folder / f"{made}.journal")
                past = journal.lines()
                if past.count(CALLED) > 1:
                    raise CannotRun(f"native code was not survived twice; without {journal.path} it is tried again")
                if past[-1:] == [CALLED]:
                    self._discard(own, folder, journal, "did not survive its first call")
                    continue
                for name in own:
                    try:
                        return self._library(self._load(name, folder), journal)
                    except Unusable as unusable:
                        self._discard([name], folder, journal, str(unusable))
        return None

    @contextlib.contextmanager
    def making(self, key: str, cancelled: Callable[[], bool]) -> Iterator[None]:
        """While a library of this key is made: by one process at a time, for which others wait, but not for ever.

        The kernel gives back the lock of a process that dies. Where locks can't be had, it is made twice. Raises
        Cancelled.
        """
        path = self.folder / f"{key}.lock"
        deadline = time.monotonic() + LONGEST_WAIT
        handle = None
        try:
            with contextlib.suppress(OSError):
                while handle is None and time.monotonic() < deadline:
                    handle = _lock(path)
                    if handle is None:
                        if cancelled():
                            raise Cancelled
                        time.sleep(POLL_SECONDS)
            yield
        finally:
            if handle is not None:
                path.unlink(missing_ok=True)
                os.close(handle)

    def keep(self, key: str, compiler: str, content: bytes) -> Library:
        """Keep a new library, and load it. Raises Unusable for one that can't be, which is not kept; OSError."""
        code = load(content, self.folder)
        made = f"{key}-{compiler}"
        write_whole(self.folder / f"{made}-{digest(content)}.so", content)
        return self._library(code, Journal(self.folder / f"{made}.journal"))

    def _library(self, code: Code, journal: Journal) -> Library:
        lost = [line.removeprefix(DISCARDED) for line in journal.lines() if line.startswith(DISCARDED)]
        notes = [self.note, f"compiled anew, since {lost[-1]} before" if lost else ""]
        return Library(code, "; ".join(filter(None, notes)), journal)

    def _load(self, name: str, folder: int) -> Code:
        try:
            content = read_own(name, folder)
        except OSError as error:
            raise Unusable(f"was no good ({reason(error)})") from None
        if not name.endswith(f"-{digest(content)}.so"):
            raise Unusable("was damaged")
        return load(content, self.folder)

    def _discard(self, names: list[str], folder: int, journal: Journal, why: str) -> None:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
        journal.discarded(why)


def _lock(path: Path) -> int | None:
    """The file, locked, or None where another has it. Raises OSError where there are no locks."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), path.stat()):
            return handle
    except (BlockingIOError, FileNotFoundError):  # or whoever had it has just removed it
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def library_cache() -> LibraryCache:
    """The one in the user's cache folder; where others can write there, or nobody can, one of this process alone."""
    folder = user_cache_path("tui-trainer", appauthor=False) / "compiled"
    try:
        make_private(folder)
        return LibraryCache(folder.absolute(), user_cache_path())
    except OSError as error:
        why = f"the cache folder is not used: {error.filename or folder}: {reason(error)}"
        return LibraryCache(folder_of_this_process(), folder_of_this_process(), why)


@cache
def folder_of_this_process() -> Path:
    """A folder that is gone when this process ends."""
    folder = tempfile.mkdtemp(prefix="tui-trainer-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


_loaded: dict[str, Code] = {}


def load(content: bytes, beside: Path) -> Code:
    """A library's code, loaded from a copy in a folder of our own; in a process, once.

    The copy lies among the temporary files or, where code may not be run from there, in `beside`.
    Raises Unusable for what is no library of ours, CannotRun where code may be run from neither; OSError.
    """
    found = _loaded.get(digest(content))
    if found:
        return found
    places = tempfile.gettempdir(), str(beside)
    place = next((place for place in places if not os.statvfs(place).f_flag & NO_EXEC), None)
    if not place:
        raise CannotRun(f"code may not be run from {places[0]} (noexec); let TMPDIR name a folder where it may")
    with tempfile.TemporaryDirectory(prefix=".tui-trainer-", dir=place) as private:
        # A name of its own: the loader takes what is loaded under the same name for the same.
        copy = Path(private) / "step.so"
        copy.write_bytes(content)
        try:
            library = ctypes.CDLL(str(copy))
            train, layout = library.train, ctypes.c_char.in_dll(library, "layout")
        except (OSError, AttributeError, ValueError) as error:
            raise Unusable(f"could not be loaded ({error})") from None
    train.restype = None
    code = Code(train, ctypes.string_at(ctypes.addressof(layout)).decode())
    return _loaded.setdefault(digest(content), code)


def digest(content: bytes) -> str:
    """The name of some content."""
    return hashlib.sha256(content).hexdigest()[:32]
