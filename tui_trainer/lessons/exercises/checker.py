"""The way to the process that checks: started once, asked often, ended with whoever started it."""

import contextlib
import os
import select
import subprocess
import sys
import threading
from types import TracebackType
from typing import Self

import msgspec

from tui_trainer.lessons.exercises.exercise import GRACE, MAX_BYTES, Outcome, Request

SECONDS = 5.0  # that a learner's lines have
PATIENCE = 120.0  # for PyTorch to load on a slow disk
CLOSE_SECONDS = 2.0
KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ")
# No GPU, and no threads: both would have to be had anew in each fork.
ALONE = {
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class Checker:
    """Checks one exercise at a time. `stop` and `close` may be called from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # held while a check runs
        self._closed = self._asked = self._stop = False
        self._process = _start()

    def check(self, name: str, source: str, seconds: float = SECONDS) -> Outcome:
        """Run and check what a learner wrote for the exercise of this name; waits for what comes of it."""
        if len(source.encode("utf-8", "replace")) > MAX_BYTES:
            return Outcome("long", {"bytes": f"{MAX_BYTES:,}"})
        source = source.encode("utf-8", "replace").decode()
        self._stop = self._asked = False
        with self._lock:
            if self._closed:
                return Outcome("stopped")
            if self._process.poll() is not None:
                _close_pipes(self._process)
                self._process = _start()
                if self._closed:  # meanwhile
                    self._process.terminate()
            _send(self._process, msgspec.json.encode(Request(name, source, seconds)) + b"\n")
            self._asked = True
            if self._stop:  # meanwhile; a stop before the request would be taken for one of the check before
                _send(self._process, b"\n")
            reply = _reply(self._process, seconds)
        try:
            return msgspec.json.decode(reply, type=Outcome)
        except msgspec.MsgspecError:  # it was ended from outside, or by the learner's lines
            return Outcome("lost")

    def stop(self) -> None:
        """Stop a check that runs, if one does."""
        if self._lock.locked():
            self._stop = True
            if self._asked:
                _send(self._process, b"\n")

    def close(self) -> None:
        """End the process, and with it a check that runs."""
        self._closed = True
        self._process.terminate()
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # upon which its fork ends itself
            self._process.wait()
        with self._lock:
            _close_pipes(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _start() -> "subprocess.Popen[bytes]":
    """Start the server, which finds the same modules as this process, and knows little else of it."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | ALONE
    environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, sys.path))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tui_trainer.lessons.exercises.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=environment,
        start_new_session=True,
        bufsize=0,
    )


def _reply(process: "subprocess.Popen[bytes]", seconds: float) -> bytes:
    """What the server answers to a request; nothing where it ends, or says nothing for long."""
    assert process.stdout
    reply = b""
    while not reply.endswith(b"\n"):
        if not select.select([process.stdout], [], [], PATIENCE + seconds + GRACE)[0]:
            process.kill()
        piece = process.stdout.read(1 << 16)
        if not piece:
            return b""
        reply += piece
    return reply


def _send(process: "subprocess.Popen[bytes]", content: bytes) -> None:
    assert process.stdin
    with contextlib.suppress(OSError, ValueError):  # it has ended
        while content:
            content = content[process.stdin.write(content) or 0 :]


def _close_pipes(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        assert pipe
        with contextlib.suppress(OSError):
            pipe.close()
