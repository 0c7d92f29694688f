"""The session: the runs on the screen, and the threads that prepare and train them.

The screen's thread calls the methods and reads `records`; it is told only rare facts, through
`announce`, which must be safe to call from any thread. Everything else it looks up when it draws.
"""

import gc
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tui_trainer.comparison import Comparison
from tui_trainer.engine.requests import Change, Checkpoint, Request, SetEpochs, Stop
from tui_trainer.engine.status import Status
from tui_trainer.experiment import InputError

if TYPE_CHECKING:
    from tui_trainer.engine.control import RunControl
    from tui_trainer.engine.events import Event, SettingChanged
    from tui_trainer.engine.trainer import Trainer
    from tui_trainer.runs.keeping import Keeping
    from tui_trainer.runs.record import Record
    from tui_trainer.runs.shelf import KeptRun

LOOK_SECONDS = 0.1
LOOK_SHARE = 0.05
CLOSE_SECONDS = 3.0


@dataclass(frozen=True)
class Prepared:
    """New runs stand on the screen, untrained."""


@dataclass(frozen=True)
class Refused:
    """The settings can't be trained with, for a reason in one line; what was there goes on."""

    reason: str


@dataclass(frozen=True)
class Broke:
    """A bug, with its traceback; the app lives."""

    traceback: str


@dataclass(frozen=True)
class Said:
    """A line about how runs are kept."""

    words: str


Told: TypeAlias = "Prepared | Refused | Broke | Said | Event"


@dataclass
class Lineup:
    """The runs of one comparison: what trains them, what is known of them, what controls and what keeps them.

    `comparison` is what was lined up, `in_force` the same with what the engine has confirmed since.
    """

    comparison: Comparison
    trainers: "list[Trainer]"
    records: "list[Record]"
    control: "RunControl"
    keeping: "Keeping | None" = None
    thread: threading.Thread | None = None
    in_force: Comparison = field(init=False)

    def __post_init__(self) -> None:
        self.in_force = self.comparison

    def compares(self, setting: str) -> bool:
        """Whether the runs were lined up to have several values of a setting."""
        return len(self.comparison.values[setting]) > 1

    def confirm(self, event: "SettingChanged") -> None:
        """A live setting of one of the runs has changed, as its record says by now."""
        # Of a setting that is not compared there is one value, which runs take up in turns and those that have
        # ended never do.
        changed = [r for r in self.records if r.name == event.run or self.compares(event.setting)]
        values = Comparison.covering([record.experiment for record in changed]).values[event.setting]
        self.in_force = Comparison({**self.in_force.values, event.setting: values})

    @property
    def started(self) -> bool:
        return self.thread is not None

    @property
    def training(self) -> bool:
        """Whether its thread is at work, be it paused."""
        return self.thread is not None and self.thread.is_alive()


class Session:
    """At most one lineup trains; the one before it is kept as a ghost."""

    # Which process trains the runs and what of here doesn't reach it, in words, where it is another one.
    watched = limits = ""

    def __init__(self, announce: Callable[[Told], object]) -> None:
        self._announce = announce
        self._lock = threading.Lock()
        self._wish = 0
        self._resuming: threading.Thread | None = None
        self.lineup: Lineup | None = None
        self.ghosts: list[Record] = []

    def prepare(self, comparison: Comparison, start: bool = False) -> None:
        """Line up the runs of a comparison, in the background; then train them, if `start`.

        Training that is under way goes on until the new runs stand: settings that turn out to be
        bad cost nothing.
        """
        self._line_up(lambda: self._afresh(comparison), start)

    def resume(self, runs: "Sequence[KeptRun]", changes: "Mapping[str, Any] | None" = None) -> None:
        """Take up kept runs where they were left, in the background, and train on; `changes`: other live settings."""
        self._line_up(lambda: self._revived(runs, changes), start=True, resuming=True)

    def _line_up(self, make: Callable[[], Lineup], start: bool, resuming: bool = False) -> None:
        self._wish += 1
        thread = threading.Thread(target=self._prepare, args=(make, start, self._wish), daemon=True)
        self._resuming = thread if resuming else None
        thread.start()

    def _afresh(self, comparison: Comparison) -> Lineup:
        # Here and not above: the window stands before torch is loaded.
        from tui_trainer.engine.control import RunControl
        from tui_trainer.engine.race import check_heeded, line_up
        from tui_trainer.runs.record import Record

        control = RunControl()
        trainers = line_up(comparison.runs, control, comparison.data_named)
        check_heeded(trainers)
        return Lineup(comparison, trainers, [Record.of(trainer) for trainer in trainers], control)

    def _revived(self, runs: "Sequence[KeptRun]", changes: "Mapping[str, Any] | None") -> Lineup:
        from tui_trainer.engine.control import RunControl
        from tui_trainer.runs.revive import revive

        control = RunControl()
        trainers, records, keeping = revive(runs, control, self._say, changes)
        comparison = Comparison.covering([trainer.experiment for trainer in trainers])
        return Lineup(comparison, trainers, records, control, keeping)

    def _say(self, words: str) -> None:
        self._announce(Said(words))

    def _prepare(self, make: Callable[[], Lineup], start: bool, wish: int) -> None:
        try:
            import tui_trainer.charts.views
            import tui_trainer.runs.keeping  # noqa: F401

            lineup = make()
            for record, trainer in zip(lineup.records, lineup.trainers, strict=True):
                record.data.settle()
                record.look(trainer)
            if self.lineup is None:
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
            if wish != self._wish:
                if lineup.keeping:
                    lineup.keeping.close()
                return  # a newer wish has overtaken this one
            self._end()
            if self.lineup and self.lineup.started:
                self.ghosts = self.lineup.records
            self.lineup = lineup
        self._announce(Prepared())
        if start:
            self.start()

    def check(self, comparison: Comparison) -> None:
        """Find out, in the background, whether the data can be had; tell only if not."""

        def load() -> None:
            from tui_trainer.data.points import load_data

            try:
                for experiment in comparison.runs.values():
                    load_data(experiment, comparison.data_named)
            except InputError as error:
                self._announce(Refused(str(error)))

        threading.Thread(target=load, daemon=True).start()

    def start(self) -> None:
        """Train the lineup in a thread of its own, or go on after more epochs were asked for."""
        with self._lock:  # a key may start what the thread that prepared it is about to start
            lineup = self.lineup
            if lineup and not lineup.training:
                lineup.thread = threading.Thread(target=self._train, args=(lineup,), name="training", daemon=True)
                lineup.thread.start()

    def _train(self, lineup: Lineup) -> None:
        from tui_trainer.engine.events import EpochsFinished, Progress, SettingChanged
        from tui_trainer.engine.race import race
        from tui_trainer.runs.keeping import Keeping

        looks = {
            trainer.name: (trainer, record) for trainer, record in zip(lineup.trainers, lineup.records, strict=True)
        }
        due = dict.fromkeys(looks, 0.0)
        if lineup.control.stopped:
            return
        try:
            if lineup.keeping is None:
                lineup.keeping = Keeping.begin(lineup.trainers, lineup.control, self._say)
            elif lineup.keeping.closed:
                lineup.keeping = lineup.keeping.reopened()
            keeping = lineup.keeping
        except InputError as error:
            if lineup.keeping is None:
                lineup.thread = None  # nothing has begun
            self._announce(Refused(str(error)))
            return
        try:
            for event in race(lineup.trainers):
                trainer, record = looks[event.run]
                record.apply(event)
                if isinstance(event, SettingChanged):
                    lineup.confirm(event)
                keeping.hear(event, trainer)
                now = time.perf_counter()
                rare = not isinstance(event, EpochsFinished | Progress)
                if rare or now >= due[event.run]:
                    record.look(trainer)
                    # A look at a large network takes its share of the time and no more.
                    due[event.run] = now + max(LOOK_SECONDS, (time.perf_counter() - now) / LOOK_SHARE)
                if rare:
                    self._announce(event)
        except Exception:
            for record in lineup.records:
                record.status = record.status if record.status.ended else Status.FAILED
            self._announce(Broke(traceback.format_exc()))
        finally:
            keeping.close()  # others may have the runs now: to resume them, or to delete them

    def request(self, request: Request) -> None:
        """Ask the runs for something; completed runs that get more epochs go on."""
        lineup = self.lineup
        if lineup is None or (isinstance(request, Change) and (not lineup.started or lineup.control.stopped)):
            return
        if lineup.keeping:
            lineup.keeping.request(request)
        elif not isinstance(request, Checkpoint):
            lineup.control.put(request)
        if isinstance(request, SetEpochs) and not lineup.training:
            self.start()

    def close(self) -> None:
        """End the training and wait for its thread."""
        self._wish += 1
        self._end()

    def _end(self) -> None:
        lineup = self.lineup
        if lineup and lineup.thread:
            lineup.control.put(Stop())
            if lineup.thread.ident:  # else it has yet to start, and then ends at once
                lineup.thread.join(CLOSE_SECONDS)
        if lineup and lineup.keeping:
            lineup.keeping.close()

    # What the screen asks.

    @property
    def trouble(self) -> str:
        """Why the runs can't be kept at the moment; empty where they are."""
        lineup = self.lineup
        return lineup.keeping.trouble if lineup and lineup.keeping else ""

    def takes(self, setting: str) -> bool:
        """Whether a change of this setting can reach the runs, or new ones."""
        return True

    @property
    def resuming(self) -> bool:
        """Whether kept runs are being taken up, which will stand in a moment."""
        return self._resuming is not None and self._resuming.is_alive()

    @property
    def records(self) -> "list[Record]":
        return self.lineup.records if self.lineup else []

    @property
    def state(self) -> Status:
        """How the runs stand together; those whose turn is yet to come are running like the others."""
        lineup = self.lineup
        if lineup is None:
            return Status.LOADING
        if not lineup.started:
            return Status.READY
        statuses = (record.status for record in lineup.records)
        return Status.together(Status.RUNNING if status.untrained else status for status in statuses)
