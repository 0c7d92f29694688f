"""The command in forks of this process, which has loaded PyTorch once, so that a start takes milliseconds."""

import contextlib
import fcntl
import importlib
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pyte
import torch

from tests.end_to_end.conftest import KITTY, Screen
from tui_trainer.cli import main
from tui_trainer.engine.intervals import USUAL

PATIENCE = 120.0
COLUMNS, ROWS = 80, 24


class Fork:
    """`tui-trainer ARGUMENTS` in a child process, whose output is read as it comes.

    lines: what it told on stdout, each with the time of its arrival; first: what the child does before.
    """

    def __init__(self, *arguments: str, first: Callable[[], object] = lambda: None) -> None:
        self.lines: list[tuple[float, bytes]] = []
        self.errors, self.ended = b"", False
        self._rest = b""
        (self._out, out), (self._err, err) = os.pipe(), os.pipe()
        sys.stdout.flush()
        self.process = os.fork()
        if not self.process:
            os.dup2(out, 1)
            os.dup2(err, 2)
            _be_the_command(arguments, first)
        os.close(out)
        os.close(err)
        self._open = {self._out, self._err}

    @property
    def told(self) -> list[tuple[float, int]]:
        """The epochs that it told, each with its time."""
        events = [(when, json.loads(line)) for when, line in self.lines]
        return [(when, event["epoch"]) for when, event in events if event["event"] == "epoch"]

    @property
    def said(self) -> list[str]:
        """The lines on stderr."""
        return self.errors.decode().splitlines()

    def read(self, until: float) -> bool:
        """Take in what it writes until this instant, or until it ends; returns whether it may live on."""
        while self._open and (left := until - time.monotonic()) > 0:
            for end in select.select(list(self._open), [], [], left)[0]:
                self._take(end, time.monotonic())
        return bool(self._open)

    def _take(self, end: int, now: float) -> None:
        try:
            content = os.read(end, 1 << 16)
        except OSError:  # a pty whose other end is closed
            content = b""
        if not content:
            self._open.discard(end)
            os.close(end)
        elif end == self._err:
            self.errors += content
        else:
            self._hear(content, now)

    def _hear(self, content: bytes, now: float) -> None:
        *lines, self._rest = (self._rest + content).split(b"\n")
        self.lines += [(now, line) for line in lines]

    def wait_for(self, true: Callable[[], object], what: str) -> None:
        """Read until something is true."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            alive = self.read(min(deadline, time.monotonic() + 0.02))
            assert true() or (alive and time.monotonic() < deadline), f"no {what}; {self.errors.decode()}"

    def kill(self, number: signal.Signals = signal.SIGKILL) -> float:
        """Send a signal. Returns when that was."""
        os.kill(self.process, number)
        return time.monotonic()

    def close(self) -> None:
        """End it, if it has not ended."""
        if not self.ended:
            self.kill()
            os.waitpid(self.process, 0)

    def wait(self) -> int:
        """Read to its end. Returns its exit code, -N where signal N ended it."""
        assert not self.read(time.monotonic() + PATIENCE), f"it does not end; {self.errors.decode()}"
        deadline, process, status = time.monotonic() + PATIENCE, 0, 0
        while not process:
            process, status = os.waitpid(self.process, os.WNOHANG)
            assert time.monotonic() < deadline, "it lives on in silence"
            select.select([], [], [], 0 if process else 0.005)
        self.ended = True
        assert b"Traceback" not in self.errors, self.errors.decode()
        return os.waitstatus_to_exitcode(status)


class TerminalFork(Fork):
    """The same in a terminal, where the app or the bars show themselves."""

    def __init__(self, *arguments: str, first: Callable[[], object] = lambda: None) -> None:
        self.lines, self.errors, self._err, self.ended = [], b"", -1, False
        self._told: list[tuple[float, int]] = []
        self.screen = Screen(COLUMNS, ROWS)
        self.screen.write_process_input = self.type
        self._stream = pyte.ByteStream(self.screen)
        sys.stdout.flush()
        self.process, self._out = pty.fork()
        if not self.process:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
            _be_the_command(arguments, first)
        self._open = {self._out}
        self.before = termios.tcgetattr(self._out)

    @property
    def told(self) -> list[tuple[float, int]]:
        return self._told

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def type(self, text: str) -> None:
        """Press keys, or answer as a terminal does."""
        with contextlib.suppress(OSError):
            os.write(self._out, text.encode())

    def hang_up(self) -> None:
        """Close the terminal over the program's head."""
        self._open.clear()
        os.close(self._out)

    def assert_restored(self) -> None:
        """The program has left the terminal as it found it, as far as a terminal can be asked."""
        assert not self.screen.cursor.hidden
        assert self.modes == self.before

    def _take(self, end: int, now: float) -> None:
        self.modes = termios.tcgetattr(end)
        super()._take(end, now)

    def _hear(self, content: bytes, now: float) -> None:
        self._stream.feed(KITTY.sub(b"", content))
        if found := re.search(r"epoch ([\d,]+)/", self.text):
            self._told.append((now, int(found[1].replace(",", ""))))


def _be_the_command(arguments: tuple[str, ...], first: Callable[[], object]) -> NoReturn:
    """Be tui-trainer to the end of the process, which leaves without its parent's last steps."""
    code = 1
    try:
        first()
        code = main(arguments)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def warm_up(folder: Path) -> None:
    """Have the modules loaded that the forks need, and no thread left that they would miss."""
    for name in ("cli.resume", "runs.resume", "tui.app"):
        importlib.import_module(f"tui_trainer.{name}")
    torch.set_num_threads(1)
    os.environ["TUI_TRAINER_RUNS"] = str(folder / "warm-up")
    output = os.dup(1)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # what it tells is not the fault's
    try:
        assert main(["train", "--json", "--epochs=2", "--samples=4", "--device=cpu", "--execution=eager"]) == 0
    finally:
        sys.stdout.flush()
        os.dup2(output, 1)
        os.close(output)


def checkpoint_often(seconds: float) -> Callable[[], None]:
    """For a child: checkpoints this often and not every ten seconds, so that an instant may well fall into one."""

    def first() -> None:
        # The usual intervals, in this process alone: it runs the command, which has no flag for them.
        object.__setattr__(USUAL, "checkpoint", seconds)
        object.__setattr__(USUAL, "checkpoint_share", 1.0)

    return first


def runs_folder(folder: Path) -> None:
    """Where this process and its forks keep runs from now on."""
    os.environ["TUI_TRAINER_RUNS"] = str(folder)
