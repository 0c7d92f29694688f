"""A session whose runs are trained by another process: it reads what that one writes, and sends it requests."""

import threading
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import MAX
from tui_trainer.engine.requests import Change, Checkpoint, Request
from tui_trainer.engine.status import Status
from tui_trainer.files import reason
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.tui.session import CLOSE_SECONDS, Announce, Broke, Message, Prepared, Refused, Session

if TYPE_CHECKING:
    from tui_trainer.engine.trainer import Trainer
    from tui_trainer.runs.branch import Fork
    from tui_trainer.runs.follow import RemoteGroup
    from tui_trainer.runs.record import Record
    from tui_trainer.runs.stored_run import StoredRun

POLL_SECONDS = 0.25
POLLS_PER_CHECKPOINT = 4
SMALL_CHECKPOINT = 1_000_000  # bytes: so large a one is not asked for again and again, to see a curve move
ONLY = Sentence("these runs train in another process: pause, stop and the learning rate reach it, the rest does not")


class RemoteSession(Session):
    """Follows runs that were started together. Reads in a thread of its own, in the place of one that trains."""

    limits = ONLY
    trouble = ""
    resuming = preparing = False
    pace = MAX  # whoever trains them does not wait for those who watch
    ghosts: "Sequence[Record]" = ()
    trainers: "Sequence[Trainer]" = ()

    def __init__(self, announce: Announce, runs: "Sequence[StoredRun]") -> None:
        self._announce, self._runs = announce, runs
        self.watched = f"process {runs[0].info.process} on {runs[0].info.host}"
        self.group: RemoteGroup | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watching", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def _watch(self) -> None:
        try:
            import tui_trainer.charts.views.view  # noqa: F401
            from tui_trainer.runs.families import parents_of
            from tui_trainer.runs.follow import RemoteGroup

            self.group = RemoteGroup(self._runs)
            self.ghosts = parents_of(self.group.records)
            self._announce(Prepared())
            self._announce(Message(f"watching {self.watched}"))
            self._follow(self.group)
        except InputError as error:
            self._announce(Refused(str(error)))
        except Exception:
            self._announce(Broke(traceback.format_exc()))

    def _follow(self, group: "RemoteGroup") -> None:
        polls = 0
        while not self._closed.wait(POLL_SECONDS):
            before = [record.status for record in group.records]
            for event in group.events():
                self._announce(event)
            for record, status in zip(group.records, before, strict=True):
                if record.status is Status.INTERRUPTED is not status:
                    lost = f"{record.name}  interrupted at epoch {record.epoch:,}: its process has ended"
                    self._announce(Message(lost))
            polls += 1
            small = group.checkpoint_size <= SMALL_CHECKPOINT
            if polls % POLLS_PER_CHECKPOINT == 0 and self.state is Status.RUNNING and small:
                self.request(Checkpoint())

    def request(self, request: Request) -> None:
        try:
            if self.group:
                self.group.request(request)
        except OSError as error:
            self._announce(Message(f"{self._runs[0].id}: {reason(error)}"))

    @property
    def state(self) -> Status:
        return Status.together(record.status for record in self.records)

    def close(self) -> None:
        self._closed.set()
        if self._thread.ident:
            self._thread.join(CLOSE_SECONDS)

    # What only the process that trains can do.

    def prepare(self, comparison: Comparison, start: bool = False) -> None:
        self._announce(Message(ONLY))

    def resume(self, runs: "Sequence[StoredRun]", changes: Sequence[Change] = ()) -> None:
        self._announce(Message(ONLY))

    def branch(self, forks: "Sequence[Fork]") -> None:
        self._announce(Message(ONLY))

    def start(self) -> None:
        """Nothing to start: it trains."""

    def check(self, comparison: Comparison) -> None:
        self._announce(Message(ONLY))

    def takes(self, setting: str) -> bool:
        return setting == "lr"
