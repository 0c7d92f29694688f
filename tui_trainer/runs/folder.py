"""A run's folder, as it lies on the disk: what it is called, what is in it, where all of them are.

experiment.toml            the settings it was started with
run.json                   how it stands: status, times, losses, versions, device, host
code.json                  the text of a person's own code that it was trained with: see `code`
label.json                 what a person says of it: another name, a note, a pin
metrics.jsonl              every epoch's loss, and what was changed on the way
checkpoint.safetensors     weights and all else that its future depends on
snapshots.safetensors      states of before, by which any moment of its past can be computed once more
lock                       held by the process that writes it

That of a script that is watched has instead of its settings `config.json`, and beside its metrics `histograms.jsonl`,
`images` and `output.log`: see `config`, `histograms`, `images` and `output`.
"""

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec

from tui_trainer.comparison import Comparison
from tui_trainer.data.columns import DataFacts
from tui_trainer.engine.status import Status
from tui_trainer.experiment import Experiment
from tui_trainer.files import flush_folder, make_private, read_text, reason, write_whole
from tui_trainer.own_code import Source
from tui_trainer.runs.code import write_code
from tui_trainer.runs.config import Value, write_config
from tui_trainer.runs.lock import changing
from tui_trainer.runs.places import VARIABLE, runs_folder
from tui_trainer.sentence import InputError

UNFINISHED = ".new-"  # how a folder is called while it is made
DELETED = ".deleted"  # where those lie that can be brought back
MAX_BYTES = 1_000_000
EXPERIMENT, INFO, LABEL = "experiment.toml", "run.json", "label.json"

# A time without its zone can't be compared with the others.
Time: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class At(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run begins that branches off from another: after this epoch, which is so many steps."""

    epoch: Count
    steps: Count


class Info(msgspec.Struct, kw_only=True):
    """run.json. Times are UTC; seconds are of training, without pauses; losses in the data's own units.

    loss, test_loss: of the last epoch, as best is of the best; the final ones: after the last step, on all samples,
    as metrics, which are those of the task. parent: the id of the run from which a branch goes on, and where; what
    came before is its parent's. samples_seed: that of its samples, where another seed than its own made them.
    ranks: the processes that began it together, each with a batch of its own; job: as `engine.launched` has it.
    script: of a script that is watched, its path, or in words where it has none; empty for runs that are trained here.
    imported: from where it was imported, to be looked at; empty for runs of this program.
    There, loss is the last of the metrics, which have the last of each name that was logged, and epochs is 0 where
    nobody said how many there are.
    """

    name: str
    group: str
    status: Status
    started: Time
    updated: Time
    epoch: Count = 0
    epochs: Count = 0
    steps: Count = 0
    seconds: float = 0.0
    loss: float | None = None
    test_loss: float | None = None
    final_loss: float | None = None
    final_test_loss: float | None = None
    metrics: dict[str, float] = {}
    test_metrics: dict[str, float] = {}
    best: float | None = None
    best_epoch: Count = 0
    execution: str = ""
    device: str = ""
    host: str = ""
    process: int = 0
    folder: str = ""
    data: DataFacts | None = None
    parent: str = ""
    at: At | None = None
    samples_seed: Count | None = None
    ranks: Annotated[int, msgspec.Meta(ge=1)] = 1
    job: str = ""
    versions: dict[str, str] = {}
    error: str | None = None
    advice: str = ""
    script: str = ""
    imported: str = ""


class Label(msgspec.Struct, kw_only=True, frozen=True):
    """label.json."""

    name: str = ""
    note: str = ""
    pinned: bool = False


def usable_runs_folder() -> Path:
    """The same, made if it is not there. Raises InputError where runs can't be written into it."""
    folder = runs_folder()
    try:
        make_private(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"can it be written?")
            file.flush()
    except OSError as error:
        raise InputError(no_room(folder, error)) from None
    return folder


def no_room(folder: Path, error: OSError) -> str:
    """Why runs can't be kept there, and what to do."""
    return f"{folder}: {reason(error)}; give --runs-dir or {VARIABLE} another folder"


def new_folder(info: Info, experiment: Experiment, code: Mapping[str, Source] = {}) -> Path:
    """Make a run's folder, which appears with its settings, code and state in it. Raises InputError, OSError."""

    def write(folder: Path) -> None:
        write_experiment(folder, experiment)
        write_code(folder, code)

    return _new_folder(info, write)


def new_script_folder(info: Info, config: Mapping[str, Value]) -> Path:
    """Make the folder of a script's run, with what the script says of itself. Raises InputError, OSError."""
    return _new_folder(info, lambda folder: write_config(folder, config))


def _new_folder(info: Info, write_settings: Callable[[Path], None]) -> Path:
    parent = runs_folder()
    with changing(parent):
        beside = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=parent))
        try:
            write_settings(beside)
            write_info(beside, info)
            return _named(beside, info)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise


def _named(beside: Path, info: Info) -> Path:
    """Give a new folder its name, the first that neither a run has nor one that can be brought back."""
    parent = beside.parent
    stem = f"{info.started:%Y%m%d-%H%M%S}-{_slug(info.name)}"
    for number in range(1, 10_000):
        target = parent / (f"{stem}-{number}" if number > 1 else stem)
        if (parent / DELETED / target.name).exists():
            continue
        try:
            beside.rename(target)  # onto a folder that is not empty it fails
        except OSError:
            if not target.exists():
                raise
        else:
            flush_folder(parent)
            return target
    raise FileExistsError(17, f"there are too many runs called {stem}")


def read_experiment(folder: Path) -> Experiment:
    """The settings that a run was started with. Raises InputError where they can't be read."""
    file = folder / EXPERIMENT
    comparison = Comparison.from_toml(read_text(file, MAX_BYTES), str(file), kept=True)
    if len(comparison.runs) != 1:
        raise InputError(f"{file}: not the settings of one run; this run can't be read")
    (experiment,) = comparison.runs.values()
    return experiment


def write_experiment(folder: Path, experiment: Experiment) -> None:
    """Write experiment.toml. Raises OSError."""
    write_whole(folder / EXPERIMENT, Comparison.covering([experiment]).to_toml().encode())


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
