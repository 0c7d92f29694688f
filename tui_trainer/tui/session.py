"""The session: the runs on the screen, wherever they are trained.

The screen's thread calls the methods and reads `group`; it gets only rare facts, through
`announce`, which must be safe to call from any thread. Everything else it looks up when it draws.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import Pace
from tui_trainer.engine.requests import Change, Request
from tui_trainer.engine.status import Status

if TYPE_CHECKING:
    from tui_trainer.engine.events import Event
    from tui_trainer.engine.trainer import Trainer
    from tui_trainer.runs.branch import Fork
    from tui_trainer.runs.group import Group
    from tui_trainer.runs.record import Record
    from tui_trainer.runs.stored_run import StoredRun

CLOSE_SECONDS = 3.0


@dataclass(frozen=True)
class Prepared:
    """New runs stand on the screen, untrained, or where they were left."""

    untrained: bool = True


@dataclass(frozen=True)
class Refused:
    """The settings can't be trained with, for a reason in one line; what was there goes on."""

    reason: str


@dataclass(frozen=True)
class Broke:
    """A bug, with its traceback; the app lives."""

    traceback: str


@dataclass(frozen=True)
class Message:
    """A line about how runs are kept, or why something can't be done."""

    text: str


SessionEvent: TypeAlias = "Prepared | Refused | Broke | Message | Event"
Announce: TypeAlias = Callable[[SessionEvent], object]


class Session(Protocol):
    """One group of runs at a time, None before the first stand; the records of the one before it are kept as ghosts.

    watched: which process trains the runs, where it is another one; limits: what of here doesn't reach it;
    pace: the one at which runs begin from here on.
    """

    watched: str
    limits: str
    pace: Pace
    group: "Group | None"
    ghosts: "Sequence[Record]"

    @property
    def trainers(self) -> "Sequence[Trainer]":
        """What trains them here, for those who look into a net."""

    @property
    def state(self) -> Status:
        """How the runs stand together."""

    @property
    def trouble(self) -> str:
        """Why the runs can't be kept at the moment; empty where they are."""

    @property
    def resuming(self) -> bool:
        """Whether stored runs are being resumed, which will stand in a moment."""

    @property
    def preparing(self) -> bool:
        """Whether runs are being prepared, which will stand in a moment."""

    def takes(self, setting: str) -> bool:
        """Whether a change of this setting can reach the runs, or new ones."""

    def open(self) -> None:
        """Bring the first runs, in the background, once the screen stands."""

    def prepare(self, comparison: Comparison, start: bool = False) -> None:
        """Prepare the runs of a comparison, in the background; then train them, if `start`.

        Training that is under way goes on until the new runs stand: settings that turn out to be
        bad cost nothing.
        """

    def resume(self, runs: "Sequence[StoredRun]", changes: Sequence[Change] = ()) -> None:
        """Resume stored runs where they were left, in the background, and train on, with these changes."""

    def branch(self, forks: "Sequence[Fork]") -> None:
        """Prepare branches of runs, in the background, and train them. Training that is under way ends then."""

    def foresee(self, comparison: Comparison) -> None:
        """These runs may be trained next."""
        return

    def check(self, comparison: Comparison) -> None:
        """Find out, in the background, whether the data can be had; tell only if not."""

    def start(self) -> None:
        """Train, or go on after more epochs were asked for."""

    def request(self, request: Request) -> None:
        """Ask the runs for something; completed runs that get more epochs go on."""

    def close(self) -> None:
        """Leave, and wait for the threads: one inside PyTorch at Python's end would crash it."""

    @property
    def records(self) -> "Sequence[Record]":
        return self.group.records if self.group else ()

    @property
    def present_pace(self) -> Pace:
        """The pace of the runs that there are."""
        return self.group.pace if self.group else self.pace

    @property
    def machine(self) -> float:
        """The epochs a second that they could do; infinite where that isn't known."""
        return self.group.machine if self.group else math.inf
