"""A real terminal for a real process: a pty, and a screen that obeys what is written to it."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte
import pytest

from tests.warm import Process

PATIENCE = 120.0
KEPT = ("PATH", "HOME", "TMPDIR", "PYTHONPATH", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
# Sequences of the kitty keyboard protocol, which pyte would write out as text.
KITTY = re.compile(rb"\x1b\[[<>=]\d*u")
KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "end": "\x1b[F",
    "home": "\x1b[H",
    "left": "\x1b[D",
    "right": "\x1b[C",
    "shift+left": "\x1b[1;2D",
    "shift+right": "\x1b[1;2C",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "ctrl+c": "\x03",
    "ctrl+p": "\x10",
    "ctrl+u": "\x15",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
}


class Screen(pyte.Screen):
    """pyte's screen, which stumbles over a few sequences with a prefix that it does not know."""

    def select_graphic_rendition(self, *attributes: int, **prefix: bool) -> None:
        if not prefix:
            super().select_graphic_rendition(*attributes)


class Terminal:
    """`tui-trainer ARGUMENTS` in a pty of `size` (columns, rows); fresh: in a process that has loaded nothing yet."""

    def __init__(
        self,
        *arguments: str,
        size: tuple[int, int] = (120, 40),
        cwd: Path | None = None,
        fresh: bool = False,
        **env: str,
    ) -> None:
        columns, rows = size
        self.size = size
        self.screen = Screen(columns, rows)
        self.screen.write_process_input = self._answer
        self.answering, self.unanswered = True, 0
        self._stream = pyte.ByteStream(self.screen)
        self.written = bytearray()
        self._rows: list[str] = []
        self.pressed: set[str] = set()
        # No more of the outer environment than it takes: a CI's NO_COLOR or COLUMNS would change what is tested.
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self._end, its = pty.openpty()
        self._set_size(columns, rows)
        self.before = termios.tcgetattr(self._end)
        self._process = Process(
            "tui_trainer",
            *arguments,
            files=(its, its, its),
            env=terminal | kept | env,
            cwd=str(cwd or Path.cwd()),
            fresh=fresh,
        )
        os.close(its)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self.hang_up()

    # What it shows

    @property
    def rows(self) -> list[str]:
        """The rows, put together once for all that looks at them until more is written."""
        self._rows = self._rows or self.screen.display
        return self._rows

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    def line(self, y: int) -> str:
        """One row; -1 is the last."""
        return self.rows[y]

    @property
    def epoch(self) -> int:
        """The epoch on the status line; -1 where it can't be read."""
        found = re.search(r"epoch ([\d,]+)/", self.text)
        return int(found[1].replace(",", "")) if found else -1

    @property
    def state(self) -> str:
        """The state on the status line."""
        found = re.match(r" [^\w\s] (\w+) ", self.line(-3))
        return found[1] if found else ""

    @property
    def cursor(self) -> str:
        """The name under the cursor of a list, which is bold."""
        for y, line in enumerate(self.rows):
            found = re.search(r"│ {1,2}[✓ ] (\w+(?::\d+)?)  ", line)
            if found and self.screen.buffer[y][found.start(1)].bold:
                return found[1]
        return ""

    def colours(self, word: str) -> set[tuple[str, str]]:
        """The (foreground, background) pairs in which the first `word` on the screen is written."""
        for y, line in enumerate(self.rows):
            if (x := line.find(word)) >= 0:
                cells = [self.screen.buffer[y][x + i] for i in range(len(word))]
                return {(cell.bg, cell.fg) if cell.reverse else (cell.fg, cell.bg) for cell in cells}
        raise AssertionError(f"no {word!r} on the screen:\n{self.text}")

    def wait_for(self, wanted: str | Callable[[], object], what: str = "") -> None:
        """Read until a text is on the screen, or something is true."""
        true = (lambda: wanted in self.text) if isinstance(wanted, str) else wanted
        deadline = time.monotonic() + PATIENCE
        while not true():
            alive = self._read()
            if not true() and (not alive or time.monotonic() > deadline):
                why = "the program ended" if not alive else "too late"
                raise AssertionError(f"{why}, and still no {what or wanted}; the screen:\n{self.text}")

    def wait_until_gone(self, text: str) -> None:
        self.wait_for(lambda: text not in self.text, f"end of {text!r}")

    def _read(self) -> bool:
        """Take in what was written, waiting a little for it; False at its end."""
        if not select.select([self._end], [], [], 0.05)[0]:
            return True
        try:
            data = os.read(self._end, 1 << 16)
        except OSError:  # nobody writes any more
            return False
        self._rows = []
        self.written += data
        self._stream.feed(KITTY.sub(b"", data))
        return True

    def _answer(self, text: str) -> None:
        """What the terminal says when it is asked, unless it shall not answer."""
        if self.answering:
            self._send(text)
        else:
            self.unanswered += 1

    @property
    def pid(self) -> int:
        return self._process.pid

    # What is done to it

    def type(self, key: str) -> None:
        """Press one key."""
        self.pressed.add(key)
        self._send(KEYS.get(key, key))

    def burst(self, *keys: str | bytes) -> None:
        """Press keys so fast that they arrive in one piece; bytes arrive as they are."""
        self._send(b"".join(key if isinstance(key, bytes) else KEYS.get(key, key).encode() for key in keys))

    def press(self, key: str, then: str | Callable[[], object]) -> None:
        """Press one key and wait for what it shows."""
        self.type(key)
        self.wait_for(then, f"effect of {key!r}")

    def click(self, word: str, then: str | Callable[[], object]) -> None:
        """Click on the last `word` of the last row that has it, and wait for what it shows."""
        y = max(y for y, line in enumerate(self.rows) if word in line)
        x = self.line(y).rindex(word)
        for end in "Mm":
            self._send(f"\x1b[<0;{x + 1};{y + 1}{end}")
        self.wait_for(then, f"effect of a click on {word!r}")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the kernel tells the program by SIGWINCH."""
        self._read()
        self._rows = []
        self.size = columns, rows
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _send(self, text: str | bytes) -> None:
        with contextlib.suppress(OSError):  # it may have ended
            os.write(self._end, text.encode() if isinstance(text, str) else text)

    def kill(self, number: signal.Signals) -> None:
        self._process.kill(number)

    def wait(self) -> int:
        """Wait for the program's end. Returns its exit code, -N where signal N ended it."""
        ended = []
        self.wait_for(lambda: ended or (not self._read() and ended.append(True)) or ended, "end")
        return self._process.wait(PATIENCE)

    def hang_up(self) -> None:
        """Close the terminal over the program's head."""
        if self._end >= 0:
            os.close(self._end)
        self._end = -1

    def wait_unseen(self) -> int:
        """Wait for the end of a program that has no terminal any more."""
        return self._process.wait(PATIENCE)

    def assert_restored(self) -> None:
        """The program has left the terminal as it found it."""
        for mode, on, name in (
            (1049, False, "alternate screen"),
            (25, True, "cursor"),
            (1000, False, "mouse clicks"),
            (1003, False, "mouse moves"),
            (1006, False, "mouse coordinates"),
            (1004, False, "focus events"),
            (2004, False, "bracketed paste"),
            (7, True, "line wrap"),
        ):
            turns = re.findall(rb"\x1b\[\?%d([hl])" % mode, self.written)
            assert not turns or (turns[-1] == b"h") is on, f"{name} ({mode}) was left {'off' if on else 'on'}"
        assert re.search(rb"\x1b\[\?1049h.*\x1b\[\?1049l", self.written, re.DOTALL), "the app had its own screen"
        pushes, pops = self.written.count(b"\x1b[>1u"), self.written.count(b"\x1b[<u")
        assert pushes <= pops, "the keyboard protocol was left on"
        assert termios.tcgetattr(self._end) == self.before

    @property
    def last_words(self) -> str:
        """What can be read after the app's screen was left."""
        return re.sub(r"\x1b\[\?\d+[hl]", "", self.written.rpartition(b"\x1b[?1049l")[2].decode())


@pytest.fixture
def terminal():
    """Start tui-trainer in a terminal; whatever is left of it is ended with the test."""
    started: list[Terminal] = []

    def start(*arguments: str, **options: object) -> Terminal:
        started.append(Terminal(*arguments, **options))
        return started[-1]

    yield start
    for each in started:
        each.close()
