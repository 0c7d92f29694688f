"""The stored runs as they change: read again and again, each only when it was written to."""

from pathlib import Path

from tui_trainer.runs import metrics
from tui_trainer.runs.folder import INFO, LABEL
from tui_trainer.runs.lock import is_locked
from tui_trainer.runs.places import runs_folder
from tui_trainer.runs.stored_run import StoredRun, read_run
from tui_trainer.sentence import InputError

Written = tuple[int, int]
Stamp = tuple[Written, Written, Written, bool | None]


class Listing:
    """Remembers what it has read. For one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, StoredRun]] = {}

    def read(self) -> list[StoredRun]:
        """Every run that can be read, the newest first."""
        known, self._known = self._known, {}
        try:
            folders = [path for path in runs_folder().iterdir() if not path.name.startswith(".")]
        except OSError:
            folders = []
        for folder in folders:
            if folder.is_symlink() or not folder.is_dir():
                continue
            before = known.get(folder)
            live = is_locked(folder) if before is None or before[1].info.status.trains else False
            info, label, losses = (_written(folder / name) for name in (INFO, LABEL, metrics.NAME))
            stamp = info, label, losses, live
            try:
                run = before[1] if before and before[0] == stamp else read_run(folder)
            except InputError:
                continue
            self._known[folder] = stamp, run
        runs = [run for _, run in self._known.values()]
        return sorted(runs, key=lambda run: (run.info.started, run.folder.name), reverse=True)


def _written(file: Path) -> Written:
    """When a file was written, and which it is: each is a new one, and two may come within a tick of the clock."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_ino
