"""A session whose runs are trained by another process: it reads what that one keeps, and sends it requests."""

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tui_trainer.comparison import Comparison
from tui_trainer.engine.requests import Checkpoint, Request
from tui_trainer.engine.status import Status
from tui_trainer.experiment import InputError
from tui_trainer.files import reason
from tui_trainer.runs.requests import send
from tui_trainer.runs.shelf import KeptRun, read_run
from tui_trainer.tui.session import CLOSE_SECONDS, Broke, Lineup, Prepared, Refused, Said, Session, Told

if TYPE_CHECKING:
    from tui_trainer.runs.recall import Recollection

LOOK_SECONDS = 0.25
LOOKS_A_CHECKPOINT = 4
SMALL_CHECKPOINT = 1_000_000  # bytes: so large a one is not asked for again and again, to see a curve move
ONLY = "these runs train in another process: pause, stop and the learning rate reach it, the rest does not"


class Watching(Session):
    """Follows kept runs. Reads in a thread of its own, which takes the place of the one that trains."""

    limits = ONLY

    def __init__(self, announce: Callable[[Told], object]) -> None:
        super().__init__(announce)
        self.runs: Sequence[KeptRun] = ()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, runs: Sequence[KeptRun]) -> None:
        """Follow these runs, which were started together."""
        self.runs = runs
        self.watched = f"process {runs[0].info.process} on {runs[0].info.host}"
        self._thread = threading.Thread(target=self._watch, name="watching", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        try:
            import tui_trainer.charts.views  # noqa: F401
            from tui_trainer.engine.control import RunControl
            from tui_trainer.runs.recall import Recollection

            watched = [Recollection(run) for run in self.runs]
            comparison = Comparison.covering([each.record.experiment for each in watched])
            lineup = Lineup(comparison, [], [each.record for each in watched], RunControl())
            lineup.thread = threading.current_thread()
            self.lineup = lineup
            self._announce(Prepared())
            self._say(f"watching {self.watched}")
            self._follow(watched, lineup)
        except InputError as error:
            self._announce(Refused(str(error)))
        except Exception:
            self._announce(Broke(traceback.format_exc()))

    def _follow(self, watched: "Sequence[Recollection]", lineup: Lineup) -> None:
        from tui_trainer.engine.events import SettingChanged

        looks = 0
        while not self._closed.wait(LOOK_SECONDS):
            for each in watched:
                before = each.record.status
                try:
                    events = each.follow(read_run(each.run.folder))
                except InputError as error:
                    self._announce(Refused(str(error)))
                    return
                for event in events:
                    if isinstance(event, SettingChanged):
                        lineup.confirm(event)
                    self._announce(event)
                if each.record.status is Status.INTERRUPTED is not before:
                    self._say(f"{each.record.name}  interrupted at epoch {each.record.epoch:,}: its process has ended")
            looks += 1
            if looks % LOOKS_A_CHECKPOINT == 0 and self.state is Status.RUNNING:
                self._ask_for_curves(watched)

    def _ask_for_curves(self, watched: "Sequence[Recollection]") -> None:
        from tui_trainer.runs.checkpoint import NAME

        sizes = [file.stat().st_size for each in watched if (file := each.run.folder / NAME).exists()]
        if max(sizes, default=0) <= SMALL_CHECKPOINT:
            self.request(Checkpoint())

    def request(self, request: Request) -> None:
        """Ask the process that trains; one of its runs' folders will do for all."""
        try:
            send(next((run for run in self.runs if run.live), self.runs[0]).folder, request)
        except OSError as error:
            self._announce(Said(f"{self.runs[0].id}: {reason(error)}"))

    @property
    def state(self) -> Status:
        return Status.together(record.status for record in self.records)

    def close(self) -> None:
        """No more looks, and wait for the one under way: a thread inside PyTorch at Python's end would crash it."""
        self._closed.set()
        if self._thread:
            self._thread.join(CLOSE_SECONDS)

    # What only the process that trains can do.

    def prepare(self, comparison: Comparison, start: bool = False) -> None:
        self._announce(Said(ONLY))

    def resume(self, runs: Sequence[KeptRun], changes: Mapping[str, Any] | None = None) -> None:
        self._announce(Said(ONLY))

    def start(self) -> None:
        """Nothing to start: it trains."""

    def check(self, comparison: Comparison) -> None:
        self._announce(Said(ONLY))

    def takes(self, setting: str) -> bool:
        return setting == "lr"
