"""Which goals were met: a small file in the user's data folder."""

import os
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from tui_trainer.catalog import LESSONS
from tui_trainer.files import read_text

MAX_BYTES = 100_000


def progress_file() -> Path:
    """Where goals met are kept."""
    return user_data_path("tui-trainer", appauthor=False) / "lessons.json"


def goals_met() -> set[str]:
    """The lessons whose goals were met; none where the file is missing or spoiled."""
    try:
        names = msgspec.json.decode(read_text(progress_file(), MAX_BYTES), type=list[str])
    except (OSError, ValueError, msgspec.MsgspecError):
        return set()
    return {name for name in names if name in LESSONS}


def keep_goal(name: str) -> None:
    """Note that a lesson's goal was met. Raises OSError where that can't be written.

    The file is written beside and renamed, so that it is always whole.
    """
    met = goals_met() | {name}
    file = progress_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(msgspec.json.encode([lesson for lesson in LESSONS if lesson in met]))
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)
