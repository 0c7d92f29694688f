"""Where runs are kept."""

import os
from pathlib import Path

from platformdirs import user_data_path

VARIABLE = "TUI_TRAINER_RUNS"


def runs_folder() -> Path:
    """Where runs are kept: what the variable TUI_TRAINER_RUNS names, or a folder in the user's data folder."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser().absolute() if named else user_data_path("tui-trainer", appauthor=False) / "runs"
