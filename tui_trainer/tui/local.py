"""A session whose runs are trained here, in a thread of their own."""

import gc
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import MAX, Pace
from tui_trainer.engine.requests import Change, Edit, Request, Set, SetPace, Stop
from tui_trainer.engine.status import Status
from tui_trainer.own_settings import references_of
from tui_trainer.rules import check_rules
from tui_trainer.sentence import InputError
from tui_trainer.tui.compile_ahead import Ahead, Nothing
from tui_trainer.tui.session import CLOSE_SECONDS, Announce, Broke, Message, Prepared, Refused, Session

if TYPE_CHECKING:
    from tui_trainer.engine.trainer import Trainer
    from tui_trainer.runs.branch import Fork
    from tui_trainer.runs.group import RunGroup
    from tui_trainer.runs.record import Record
    from tui_trainer.runs.stored_run import StoredRun

SNAPSHOT_SECONDS = 0.05  # less than a turn takes at any pace, so that each is seen
SNAPSHOT_SHARE = 0.02  # of the thread that trains


class LocalSession(Session):
    """At most one group trains; the one before it is kept as ghosts.

    It begins with stored runs that are resumed, with changes, or with those of a comparison.
    """

    watched = limits = ""

    def __init__(
        self,
        announce: Announce,
        comparison: Comparison,
        resume: "Sequence[StoredRun]" = (),
        changes: Sequence[Change] = (),
        pace: Pace = MAX,
        ahead: Ahead | None = None,
        anyway: bool = False,
    ) -> None:
        """ahead: what gets to know which runs may come next; anyway: whether those that are resumed go on with own code
        that has changed since.
        """
        self.pace, self._ahead = pace, ahead or Nothing()
        self._announce = announce
        self._first = partial(self.resume, resume, changes, anyway) if resume else partial(self.prepare, comparison)
        self._lock = threading.Lock()
        self._newest = 0  # of the groups that were asked for
        self._said: set[str] = set()
        self._resuming: threading.Thread | None = None
        self._preparing: threading.Thread | None = None  # the newest
        self._training: threading.Thread | None = None
        self.group: RunGroup | None = None
        self.ghosts: Sequence[Record] = ()

    def open(self) -> None:
        self._first()

    def prepare(self, comparison: Comparison, start: bool = False) -> None:
        def make() -> "RunGroup":
            from tui_trainer.runs.group import RunGroup  # here: the window stands before torch is loaded

            return RunGroup.of(comparison, self._report_once)

        self._ahead.want(comparison)
        self._prepare_in_thread(make, start)

    def resume(self, runs: "Sequence[StoredRun]", changes: Sequence[Change] = (), anyway: bool = False) -> None:
        def make() -> "RunGroup":
            from tui_trainer.runs.resume import resume

            return resume(runs, self._report, changes, anyway=anyway)

        self._resuming = self._prepare_in_thread(make, start=True)

    def branch(self, forks: "Sequence[Fork]") -> None:
        def make() -> "RunGroup":
            from tui_trainer.runs.branch import branch

            return branch(forks, self._report)

        self._prepare_in_thread(make, start=True, ghosts=[fork.parent for fork in forks])

    def _prepare_in_thread(
        self, make: "Callable[[], RunGroup]", start: bool, ghosts: "Sequence[Record]" = ()
    ) -> threading.Thread:
        """ghosts: what stands faintly beside the new runs, where that is not the runs before."""
        self._newest += 1
        self._resuming = None
        thread = threading.Thread(target=self._prepare, args=(make, start, self._newest, ghosts), daemon=True)
        thread.start()
        self._preparing = thread
        return thread

    def _report(self, text: str) -> None:
        self._announce(Message(text))

    def _report_once(self, text: str) -> None:
        """What was guessed of a file is not said again with every other setting."""
        if text not in self._said:
            self._said.add(text)
            self._report(text)

    def _prepare(
        self, make: "Callable[[], RunGroup]", start: bool, number: int, ghosts: "Sequence[Record]" = ()
    ) -> None:
        try:
            import tui_trainer.charts.raster  # noqa: F401  # with plotext, for which the first frame would wait a second
            from tui_trainer.runs.code import changed_code
            from tui_trainer.runs.families import parents_of

            group = make()
            ghosts = ghosts or parents_of(group.records)
            for trainer, record in group.runs.values():
                record.task.warm_caches()
                record.take_snapshot(trainer)
            before = [record.code for record in (self.group.records if self.group else ())]
            for name in changed_code(before, [record.code for record in group.records]):
                self._report(f"{name} has changed: this is its text of now")
            untrained = not any(trainer.steps for trainer in group.trainers)
            if self.group is None:
                # What was imported stays: the collector need not go through it again and again,
                # which would stop everything for a fifth of a second each time.
                gc.collect()
                gc.freeze()
        except InputError as error:
            self._announce(Refused(str(error)))
            return
        except Exception:
            self._announce(Broke(traceback.format_exc()))
            return
        with self._lock:
            if number != self._newest:
                group.close()
                return  # others were asked for since
            self._end()
            if ghosts:
                self.ghosts = list({id(record): record for record in ghosts}.values())
            elif self.group and self._training:
                self.ghosts = self.group.records
            self.group, self._training = group, None
            group.request(SetPace(self.pace))
            self._ahead.want(group.comparison)
        self._announce(Prepared(untrained))
        if start:
            self.start()

    def foresee(self, comparison: Comparison) -> None:
        self._ahead.want(comparison)

    def check(self, comparison: Comparison) -> None:
        self.foresee(comparison)

        def load() -> None:
            from tui_trainer.data.samples import load_samples

            try:
                for experiment in comparison.runs.values():
                    check_rules(experiment)
                    if references_of(experiment):  # which nobody has asked for yet
                        continue
                    load_samples(experiment, comparison.data_named)
            except InputError as error:
                self._announce(Refused(str(error)))

        threading.Thread(target=load, daemon=True).start()

    def start(self) -> None:
        with self._lock:  # a key may start what the thread that prepared it is about to start
            if self.group and not self.training:
                self._training = threading.Thread(target=self._train, args=(self.group,), name="training", daemon=True)
                self._training.start()

    def _train(self, group: "RunGroup") -> None:
        from tui_trainer.engine.events import EpochsFinished, Progress

        if group.control.stopped:
            return
        begun = group.writer is not None
        try:
            group.store()
        except InputError as error:
            if not begun:
                self._training = None
            self._announce(Refused(str(error)))
            return
        due = dict.fromkeys(group.runs, 0.0)
        try:
            for event in group.events():
                now = time.perf_counter()
                rare = not isinstance(event, EpochsFinished | Progress)
                if rare or now >= due[event.run]:
                    trainer, record = group.runs[event.run]
                    worked = time.thread_time()
                    record.take_snapshot(trainer)
                    # A snapshot of a large network takes its share of the time and no more.
                    due[event.run] = now + max(SNAPSHOT_SECONDS, (time.thread_time() - worked) / SNAPSHOT_SHARE)
                if rare:
                    self._announce(event)
        except Exception:
            for record in group.records:
                record.status = record.status if record.status.ended else Status.FAILED
            self._announce(Broke(traceback.format_exc()))
        finally:
            group.close()

    def request(self, request: Request) -> None:
        group = self.group
        if group is None or (isinstance(request, Change | Edit) and (self._training is None or group.control.stopped)):
            return
        group.request(request)
        if isinstance(request, Set) and request.setting == "epochs" and not self.training:
            group.request(SetPace(self.pace))  # full speed was to the end, which has moved
            self.start()

    def close(self) -> None:
        self._newest += 1
        self._ahead.close()
        self._end()

    def _end(self) -> None:
        if self.group and self._training:
            self.group.request(Stop())
            if self._training.ident:  # else it has yet to start, and then ends at once
                self._training.join(CLOSE_SECONDS)
        if self.group:
            self.group.close()

    # What the screen asks.

    @property
    def training(self) -> bool:
        """Whether the thread that trains is at work, be it paused."""
        return self._training is not None and self._training.is_alive()

    @property
    def trainers(self) -> "Sequence[Trainer]":
        return self.group.trainers if self.group else ()

    @property
    def state(self) -> Status:
        if self.group is None:
            return Status.LOADING
        if self._training is None:
            return Status.READY
        # Those whose turn is yet to come are running like the others.
        statuses = (record.status for record in self.group.records)
        return Status.together(Status.RUNNING if status.untrained else status for status in statuses)

    @property
    def trouble(self) -> str:
        return self.group.trouble if self.group else ""

    @property
    def preparing(self) -> bool:
        return self._preparing is not None and self._preparing.is_alive()

    @property
    def resuming(self) -> bool:
        return self._resuming is not None and self._resuming.is_alive()

    def takes(self, setting: str) -> bool:
        return True
