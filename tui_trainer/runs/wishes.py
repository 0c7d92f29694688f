"""What other processes want of a run: lines that they add to a file in its folder, which is the owner's alone.

A file and no socket: it also works where the folder lies on another machine.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from tui_trainer.engine.control import RunControl
from tui_trainer.files import check_own, read_bytes

NAME = "wishes.jsonl"
MAX_BYTES = 100_000  # that are read at once


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wish. A learning rate is given itself or, where runs have several, as a factor."""

    wish: Literal["pause", "resume", "stop", "checkpoint", "lr"]
    value: float = 0.0
    factor: float = 0.0


def send(folder: Path, wish: Wish) -> None:
    """Ask the process that trains the run in this folder for something. Raises OSError, also for another user's run."""
    check_own(folder)
    handle = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        os.write(handle, msgspec.json.encode(wish) + b"\n")
    finally:
        os.close(handle)


class Wishes:
    """The wishes that have come since this was made: older ones were meant for who trained the run before."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME
        self._read = self._size()

    def new(self) -> list[Wish]:
        """The wishes that have come since it was last asked; lines that are none are passed over."""
        size = self._size()
        if size == self._read:
            return []
        start, wishes = min(self._read, size), []
        try:
            content = read_bytes(self._file, start, MAX_BYTES, owner=self._file.parent.stat().st_uid)
        except OSError:
            return []
        # What is so long without a line's end is no wish.
        end = content.rfind(b"\n") + 1
        whole = content if len(content) == MAX_BYTES and not end else content[:end]
        self._read = start + len(whole)
        for line in whole.splitlines():
            try:
                wishes.append(msgspec.json.decode(line, type=Wish))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
        return wishes

    def _size(self) -> int:
        try:
            return self._file.stat().st_size
        except OSError:
            return 0


def fulfil(wish: Wish, control: RunControl, checkpoint: Callable[[], object]) -> None:
    """Pass a wish on to the runs' control. A learning rate that can be none is passed over."""
    match wish:
        case Wish("pause"):
            control.pause()
        case Wish("resume"):
            control.resume()
        case Wish("stop"):
            control.stop()
        case Wish("checkpoint"):
            checkpoint()
        case Wish("lr", value=value) if 0 < value <= 1e6:
            control.change("lr", lambda _: value)
        case Wish("lr", factor=factor) if 0 < factor < 1e6:
            control.change("lr", lambda old: min(old * factor, 1e6))
