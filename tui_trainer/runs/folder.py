"""A run's folder, as it lies on the disk: what it is called, what is in it, where all of them are.

experiment.toml            the settings it was started with
run.json                   how it stands: status, times, losses, versions, device, host
label.json                 what a person says of it: another name, a note, a pin
metrics.jsonl              every epoch's loss, and what was changed on the way
checkpoint.safetensors     weights and all else that its future depends on
lock                       held by the process that writes it
"""

import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tui_trainer.comparison import Comparison
from tui_trainer.experiment import Experiment, InputError
from tui_trainer.files import flush_folder, reason, write_whole
from tui_trainer.runs.places import runs_folder

EXPERIMENT, INFO, LABEL = "experiment.toml", "run.json", "label.json"


class Info(msgspec.Struct, kw_only=True):
    """run.json. Times are UTC; seconds are of training, without pauses; losses in the data's own units."""

    name: str
    group: str
    status: str
    started: datetime
    updated: datetime
    epoch: int = 0
    epochs: int = 0
    steps: int = 0
    seconds: float = 0.0
    loss: float | None = None
    test_loss: float | None = None
    best: float | None = None
    best_epoch: int = 0
    execution: str = ""
    device: str = ""
    host: str = ""
    process: int = 0
    folder: str = ""
    versions: dict[str, str] = {}
    error: str | None = None


class Label(msgspec.Struct, kw_only=True, frozen=True):
    """label.json."""

    name: str = ""
    note: str = ""
    pinned: bool = False


def usable_runs_folder() -> Path:
    """The same, made if it is not there. Raises InputError where runs can't be written into it."""
    folder = runs_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"can it be written?")
            file.flush()
    except OSError as error:
        raise InputError(f"{folder}: {reason(error)}; give --runs-dir another folder") from None
    return folder


def no_room(folder: Path, error: OSError) -> str:
    """Why runs can't be kept there, and what to do."""
    return f"{folder}: {reason(error)}; give --runs-dir another folder"


def new_folder(info: Info, experiment: Experiment) -> Path:
    """Make a run's folder, which appears with its settings and its state in it. Raises OSError."""
    parent = runs_folder()
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
    write_whole(beside / EXPERIMENT, Comparison.covering([experiment]).to_toml().encode())
    write_info(beside, info)
    stem = f"{info.started:%Y%m%d-%H%M%S}-{_slug(info.name)}"
    for number in range(1, 10_000):
        target = parent / (f"{stem}-{number}" if number > 1 else stem)
        try:
            beside.rename(target)  # onto a folder that is not empty it fails
        except OSError:
            if not target.exists():
                raise
        else:
            flush_folder(parent)
            return target
    raise FileExistsError(17, f"there are too many runs called {stem}")


def write_info(folder: Path, info: Info) -> None:
    """Write run.json. Raises OSError."""
    info.updated = now()
    write_whole(folder / INFO, msgspec.json.format(msgspec.json.encode(info)) + b"\n")


def write_label(folder: Path, label: Label) -> None:
    """Write label.json. Raises OSError."""
    write_whole(folder / LABEL, msgspec.json.encode(label))


def now() -> datetime:
    return datetime.now(UTC)


def _slug(name: str) -> str:
    """A name as a part of a folder's: letters, figures and little else."""
    return re.sub(r"[^A-Za-z0-9._=]+", "-", name).strip("-.")[:40] or "run"
