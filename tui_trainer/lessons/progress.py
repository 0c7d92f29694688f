"""Which goals were met: a small file in the user's data folder."""

from pathlib import Path

import msgspec
from platformdirs import user_data_path

from tui_trainer.catalog import LESSONS
from tui_trainer.files import make_private, read_text, write_whole

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
    """Note that a lesson's goal was met. Raises OSError where that can't be written."""
    met = goals_met() | {name}
    file = progress_file()
    make_private(file.parent)
    write_whole(file, msgspec.json.encode([lesson for lesson in LESSONS if lesson in met]))
