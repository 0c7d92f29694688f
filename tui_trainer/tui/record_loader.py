"""Stored runs loaded for the charts, in a thread: a run's folder holds its losses, its weights give its curve."""

import threading
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui_trainer.files import reason
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record

REMEMBERED = 32


class RecordLoader:
    """Loads the records that are requested, the last request first; `report` is called from its thread after each.

    What was loaded is known, until the run is written to again; of a run that can't
    be loaded, a line that says why.
    """

    def __init__(self, report: Callable[[], object]) -> None:
        self._report = report
        self._changed = threading.Condition()
        self._wanted: list[StoredRun] = []
        self._closed = False
        self._known: dict[Path, tuple[datetime, Record | str]] = {}
        self._thread = threading.Thread(target=self._work, name="records", daemon=True)
        self._thread.start()

    def request(self, runs: Sequence[StoredRun]) -> "list[Record | str | None]":
        """What is known of these runs, None for one that is not loaded yet; it will be."""
        with self._changed:
            self._wanted = [run for run in runs if self._known.get(run.folder, (None,))[0] != run.info.updated]
            self._changed.notify()
            return [self._known[run.folder][1] if run.folder in self._known else None for run in runs]

    def close(self) -> None:
        """No more, and wait for the one under way: a thread inside PyTorch at Python's end would crash it."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(3.0)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._closed)
                if self._closed:
                    return
                run = self._wanted.pop(0)
                before = self._known.get(run.folder, (None, None))[1]
            result = _load(run, before)
            with self._changed:
                self._known.pop(run.folder, None)
                self._known[run.folder] = run.info.updated, result
                while len(self._known) > REMEMBERED:
                    del self._known[next(iter(self._known))]
            self._report()


def _load(run: StoredRun, before: "Record | str | None") -> "Record | str":
    try:
        import tui_trainer.charts.views.view  # noqa: F401
        from tui_trainer.runs.follow import stored_record
        from tui_trainer.runs.script_record import ScriptRecord

        if isinstance(before, ScriptRecord):  # what it had logged so far was read, and may be much
            before.follow(run)
            return before
        return stored_record(run)
    except OSError as error:
        return f"{run.id}: {reason(error)}; it can't be read"
    except InputError as error:
        return str(error)
    except Exception:
        return traceback.format_exc().strip().splitlines()[-1]
