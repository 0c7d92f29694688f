"""Kept runs read for the charts, in a thread: a run's folder holds its losses, its weights give its curve."""

import threading
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui_trainer.experiment import InputError
from tui_trainer.runs.shelf import KeptRun

if TYPE_CHECKING:
    from tui_trainer.runs.record import Record

REMEMBERED = 32


class Recaller:
    """Recalls the runs that are wanted, the last wish first; `tell` is called from its thread after each.

    What was recalled is in `records`, until the run is written to again; a run that can't be
    recalled has a line there that says why.
    """

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell = tell
        self._changed = threading.Condition()
        self._wanted: list[KeptRun] = []
        self._closed = False
        self._known: dict[Path, tuple[datetime, Record | str]] = {}
        self._thread = threading.Thread(target=self._work, name="recall", daemon=True)
        self._thread.start()

    def want(self, runs: Sequence[KeptRun]) -> "list[Record | str | None]":
        """What is known of these runs, None for one that is not recalled yet; it will be."""
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
            result = _recalled(run)
            with self._changed:
                self._known.pop(run.folder, None)
                self._known[run.folder] = run.info.updated, result
                while len(self._known) > REMEMBERED:
                    del self._known[next(iter(self._known))]
            self._tell()


def _recalled(run: KeptRun) -> "Record | str":
    try:
        import tui_trainer.charts.views.view  # noqa: F401
        from tui_trainer.runs.recall import recall

        return recall(run)
    except InputError as error:
        return str(error)
    except Exception:
        return traceback.format_exc().strip().splitlines()[-1]
