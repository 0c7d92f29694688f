"""`python -m MODULE` in processes that have PyTorch loaded already: forks of one that each pytest process starts once.

A process that imports PyTorch and takes its first step needs some three seconds of a core for it; a fork needs none.
What a test says of the start itself takes a fresh process instead.
"""

import atexit
import contextlib
import fcntl
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

# What the command and the app load until their first step.
LOADED = (
    "torch._dynamo",
    "tui_trainer.cli.train",
    "tui_trainer.cli.resume",
    "tui_trainer.tui.app",
    "tests.faults.forks",
)
NUMBER = struct.Struct("i")
PATIENCE = 120.0


class Process:
    """`python -m MODULE ARGUMENTS`, in a session of its own.

    files: its stdin, stdout and stderr; env: all of its environment; fresh: whether it starts from nothing.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        files: tuple[int, int, int],
        env: Mapping[str, str],
        cwd: str,
        fresh: bool = False,
    ) -> None:
        self._told, telling = os.pipe()
        self._code: int | None = None
        asked = {"module": module, "arguments": arguments, "env": dict(env), "cwd": cwd, "fresh": fresh}
        socket.send_fds(_server(), [json.dumps(asked).encode()], [*files, telling])
        os.close(telling)
        self.pid = self._number()

    def wait(self, seconds: float = PATIENCE) -> int:
        """Its exit code once it has ended, -N where signal N did that. Raises TimeoutError where it does not."""
        if self._code is None:
            if not select.select([self._told], [], [], seconds)[0]:
                raise TimeoutError("it lives on")
            self._code = self._number()
            os.close(self._told)
        return self._code

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal, if it lives."""
        if not self.ended:  # after that, its number may be another one's
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    @property
    def ended(self) -> bool:
        """Whether it lives no more."""
        return self._code is not None or bool(select.select([self._told], [], [], 0)[0])

    def _number(self) -> int:
        (number,) = NUMBER.unpack(os.read(self._told, NUMBER.size))
        return int(number)


def run(module: str, *arguments: str, fresh: bool = False, check: bool = False) -> subprocess.CompletedProcess[bytes]:
    """The same in this process's surroundings, to its end; what it writes is kept apart; check: as of subprocess."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull) as nothing:
        files = nothing.fileno(), out.fileno(), err.fileno()
        process = Process(module, *arguments, files=files, env=os.environ, cwd=os.getcwd(), fresh=fresh)
        try:
            code = process.wait()
        finally:
            process.kill()
        for file in (out, err):
            file.seek(0)
        ran = subprocess.CompletedProcess([module, *arguments], code, out.read(), err.read())
        if check:
            ran.check_returncode()
        return ran


@contextlib.contextmanager
def piped(
    module: str, *arguments: str, cwd: str | Path = "", fresh: bool = False, **env: str
) -> Iterator[tuple[Process, BinaryIO, BinaryIO]]:
    """The same while it runs, with its stdout and its stderr; what still lives then is killed.

    env: what its environment has beside this process's.
    """
    (out, its_out), (err, its_err) = os.pipe(), os.pipe()
    with open(os.devnull) as nothing, open(out, "rb") as told, open(err, "rb") as said:
        files = nothing.fileno(), its_out, its_err
        within = {"env": os.environ | env, "cwd": str(cwd or Path.cwd())}
        process = Process(module, *arguments, files=files, fresh=fresh, **within)
        os.close(its_out)
        os.close(its_err)
        overdue = threading.Timer(PATIENCE, process.kill)  # whoever reads on comes to an end
        overdue.daemon = True
        overdue.start()
        try:
            yield process, told, said
        finally:
            overdue.cancel()
            process.kill()
            process.wait()


@functools.cache
def _server() -> socket.socket:
    """The process that forks, at the other end of a socket; it ends when that is closed."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=its.fileno(), cwd=Path(__file__).parent.parent
        )

    @atexit.register
    def end() -> None:
        ours.close()
        process.wait()

    return ours


def _serve() -> None:
    """Fork whenever asked."""
    asking = socket.socket(fileno=os.dup(0))
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    while True:
        content, files, _, _ = socket.recv_fds(asking, 1 << 16, 4)
        if not content:
            os._exit(0)
        if not os.fork():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asking.close()
            _watch(json.loads(content), files)
        for file in files:
            os.close(file)


def _watch(asked: dict[str, Any], files: list[int]) -> NoReturn:
    """Fork once more into what was asked for, and tell its number, and its exit code when it has ended."""
    *standard, telling = files
    if process := os.fork():
        for file in (0, 1, 2, *standard):
            os.close(file)
        os.write(telling, NUMBER.pack(process))
        _, status = os.waitpid(process, 0)
        os.write(telling, NUMBER.pack(os.waitstatus_to_exitcode(status)))
        os._exit(0)
    os.close(telling)
    _be(asked, standard)


def _be(asked: dict[str, Any], standard: list[int]) -> NoReturn:
    """Be what was asked for, to the end of the process."""
    os.setsid()
    for number, file in enumerate(standard):
        os.dup2(file, number)
    os.closerange(3, max(standard) + 1)
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    if asked["fresh"]:
        os.execv(sys.executable, [sys.executable, "-m", asked["module"], *asked["arguments"]])
    encoding = asked["env"].get("PYTHONIOENCODING", "utf-8")
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        how = {"encoding": encoding, "errors": "backslashreplace" if name == "stderr" else "strict"}  # as Python has it
        stream = open(number, mode, 1 if name == "stderr" else -1, closefd=False, **how)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv[1:] = asked["arguments"]
    code: object = 1
    try:
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as leaving:
        code = leaving.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else bool(code))  # taking PyTorch down takes a third of a second


if __name__ == "__main__":
    _serve()
