"""What this machine has: its devices, with their memory."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from tui_trainer.engine.devices import available_devices, describe, find_device
from tui_trainer.lessons.frame import Table, Words
from tui_trainer.lessons.language import Texts

MEMINFO = Path("/proc/meminfo")
GIB = 2**30
META = torch.device("meta")


@dataclass(frozen=True)
class Place:
    """A device: its name in words, its memory and how much of that is free in bytes, None where nothing tells.

    The texts have the words for `meta`, which is no device of the machine.
    """

    device: torch.device
    words: str
    memory: int | None
    free: int | None
    auto: bool = False

    @property
    def facts(self) -> dict[str, object]:
        return {"device": str(self.device), "memory": self.memory, "free": self.free, "auto": self.auto}


def places() -> list[Place]:
    """The devices that work here, and `meta` where the CPU is the only one."""
    names = [torch.device(name) for name in available_devices()]
    auto = find_device("auto")
    here = [Place(device, describe(device), *memory_of(device), auto=device == auto) for device in names]
    return here if len(here) > 1 else [*here, Place(META, "", None, None)]


def second_device() -> torch.device:
    """The device that is not the CPU: an accelerator where one works, else `meta`."""
    return next(place.device for place in places() if place.device.type != "cpu")


def memory_of(device: torch.device) -> tuple[int | None, int | None]:
    """All of a device's memory and what is free of it, in bytes; None where nothing tells."""
    if device.type == "cpu":
        return _pages("SC_PHYS_PAGES"), _available()
    try:
        if device.type == "mps":
            total = torch.mps.recommended_max_memory()
            return total, total - torch.mps.driver_allocated_memory()
        free, total = getattr(torch, device.type).mem_get_info(device)
    except RuntimeError:  # a driver that doesn't tell
        return None, None
    return total, free


def place_table(texts: Texts, rows: Sequence[Place]) -> Table:
    """The devices, and which of them `auto` takes."""
    cells: list[list[Words]] = [
        [
            texts("meta") if place.device == META else place.words,
            _gib(place.memory),
            _gib(place.free),
            [("●", "good")] if place.auto else "",
        ]
        for place in rows
    ]
    return Table([texts(f"column.{name}") for name in ("device", "memory", "free", "auto")], cells)


def _available() -> int | None:
    """What programs can have without swapping: Linux tells, elsewhere it is the pages that nobody uses."""
    try:
        lines = MEMINFO.read_text().splitlines()
    except OSError:
        return _pages("SC_AVPHYS_PAGES")
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _pages(name: str) -> int | None:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # a system without sysconf, or without this entry
        return None


def _gib(size: int | None) -> str:
    return "–" if size is None else f"{size / GIB:.1f}"
