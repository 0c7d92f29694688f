"""Processes, as Linux tells of them."""

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
