"""What the app remembers from one sitting to the next, in a small file in the user's config folder."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import tomli_w
from platformdirs import user_config_path

from tui_trainer.engine.pace import AUTO, Pace, read_pace
from tui_trainer.files import make_private, read_text, write_whole
from tui_trainer.runs.lock import changing

MAX_BYTES = 100_000


class Preferences(msgspec.Struct, frozen=True):
    """pace: at which runs are trained."""

    pace: Pace = AUTO

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "pace", read_pace(self.pace))


def preferences_file() -> Path:
    """Where they are kept."""
    return user_config_path("tui-trainer", appauthor=False) / "app.toml"


def read_preferences() -> Preferences:
    """What is remembered; the defaults where the file is missing or spoiled."""
    try:
        return msgspec.convert(_read(), Preferences)
    except msgspec.ValidationError:
        return Preferences()


def remember(**changes: Any) -> None:
    """Keep these preferences, and leave all else in the file as it is.

    Raises OSError where it can't be written, InputError where another process holds it for seconds.
    """
    file = preferences_file()
    make_private(file.parent)
    with changing(file.parent):
        write_whole(file, tomli_w.dumps(_read() | changes).encode())


def _read() -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(preferences_file(), MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
