"""What scripts' runs have written so far, read in a thread as it grows, and what is asked of them."""

import contextlib
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui_trainer.engine.requests import Request
from tui_trainer.engine.status import Status
from tui_trainer.escape import printable
from tui_trainer.files import reason
from tui_trainer.runs import histograms, images, output
from tui_trainer.runs.histograms import Histogram
from tui_trainer.runs.images import Image
from tui_trainer.runs.requests import send
from tui_trainer.runs.stored_run import StoredRun, read_run
from tui_trainer.sentence import InputError
from tui_trainer.tui.machine import Machine
from tui_trainer.tui.session import CLOSE_SECONDS

if TYPE_CHECKING:
    from tui_trainer.runs.script_record import ScriptRecord

POLL_SECONDS, POLLS_PER_MACHINE = 0.25, 8


class ScriptReader:
    """Follows some runs, the first of which shows histograms, pictures and output too. `version` counts what is new.

    Written by its thread: what it holds is replaced, and never changed.
    """

    def __init__(self, runs: Sequence[StoredRun]) -> None:
        self.runs = list(runs)
        self.records: Sequence[ScriptRecord] = ()
        self.spread: dict[str, list[Histogram]] = {}
        self.images: dict[str, list[Image]] = {}
        self.printed: list[str] = []
        self.trouble = ""
        self.machine = ""
        self.version = 0
        self._stamps: dict[str, object] = {}
        self._wanted: Callable[[], bool] = lambda: True
        self._wake, self._closed = threading.Event(), False
        self._thread = threading.Thread(target=self._work, name="script", daemon=True)

    def open(self, wanted: Callable[[], bool]) -> None:
        """Begin to read; later on only while it is wanted."""
        self._wanted = wanted
        self._thread.start()

    def close(self) -> None:
        """No more, and wait for the look under way: a thread inside PyTorch at Python's end would crash it."""
        self._closed = True
        self._wake.set()
        if self._thread.ident:
            self._thread.join(CLOSE_SECONDS)

    @property
    def state(self) -> Status:
        return Status.together(run.status for run in self.runs)

    @property
    def live(self) -> list[StoredRun]:
        """Those whose script runs now."""
        return [run for run in self.runs if run.live]

    def request(self, request: Request) -> None:
        """Ask the scripts that run. Raises OSError."""
        for run in self.live:
            send(run.folder, request)

    def _load(self) -> None:
        """Load PyTorch and what it takes to draw, and read what there is by now."""
        try:
            import tui_trainer.charts.views.logged  # noqa: F401
            from tui_trainer.runs.script_record import ScriptRecord

            self.records = [ScriptRecord.of_script(run) for run in self.runs]
        except Exception as error:
            self._fail(error)

    def _work(self) -> None:
        loading = threading.Thread(target=self._load, name="script loading", daemon=True)
        loading.start()
        try:
            while loading.is_alive():  # how it stands is seen meanwhile
                with contextlib.suppress(InputError):
                    self.runs = [read_run(run.folder) for run in self.runs]
                self.version += 1
                loading.join(POLL_SECONDS)
            if not self.records or self._closed:
                return
            self._look()
            machine, polls = Machine(self.runs[0].info.process, self.runs[0].info.host), 0
            self.version += 1
            while not self._wake.wait(POLL_SECONDS) and not self._closed:
                if self._wanted():
                    self.version += self._follow()
                    if polls % POLLS_PER_MACHINE == 0:
                        self.machine = machine.words() if self.live else ""
                    polls += 1
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Why nothing more is read."""
        self.trouble = _why(error)
        self.version += 1

    def _follow(self) -> bool:
        """Take in what was written since; returns whether there was something."""
        before, self.trouble = self.trouble, ""
        try:
            self.runs = [read_run(run.folder) for run in self.runs]
            changed = [record.follow(run) for record, run in zip(self.records, self.runs, strict=True)]
        except (InputError, OSError) as error:
            self.trouble = _why(error)
            return self.trouble != before
        return any([*changed, self._look(), before != self.trouble])

    def _look(self) -> bool:
        """Read the other files, where they were written to."""
        folder = self.runs[0].folder
        if new := self._is_new(histograms.NAME):
            spread: dict[str, list[Histogram]] = {}
            for each in histograms.read_histograms(folder):
                spread.setdefault(printable(f"{each.name} {each.of}".strip()), []).append(each)
            self.spread = spread
        if self._is_new(images.FOLDER):
            new, shown = True, dict[str, list[Image]]()
            for image in images.images(folder):
                shown.setdefault(image.name, []).append(image)
            self.images = shown
        if self._is_new(output.NAME):
            new, self.printed = True, output.read_output(folder)
        return new

    def _is_new(self, name: str) -> bool:
        try:
            status = (self.runs[0].folder / name).stat()
        except OSError:
            return False
        stamp = status.st_mtime_ns, status.st_size, status.st_ino
        changed, self._stamps[name] = self._stamps.get(name) != stamp, stamp
        return changed


def _why(error: Exception) -> str:
    """What was wrong, safe to show."""
    if isinstance(error, OSError):
        return printable(reason(error))
    return printable(error if isinstance(error, InputError) else traceback.format_exception_only(error)[-1].strip())
