"""Processes, as Linux tells of them, and what another one or a thread does: a test waits until it is there."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

on_linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux tells in /proc who began whom")


def living(number: int) -> list[int]:
    """A process and those that it began, as far as they live."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        begun = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    except OSError:
        return []
    return [number] * (state != "Z") + [each for child in begun for each in living(int(child))]


def wait_for(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
