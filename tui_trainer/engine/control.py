"""RunControl: what a person requests of the runs, applied by the engine between two steps."""

import threading
from collections.abc import Callable

from tui_trainer.engine.pace import MAX, Pace
from tui_trainer.engine.requests import (
    Change,
    Checkpoint,
    Edit,
    Epoch,
    Pause,
    Request,
    Resume,
    ScaleRate,
    Set,
    SetPace,
    Step,
    Stop,
)


class RunControl:
    """The requests for all the runs that train in turns, in their order: what their thread shares with all others.

    The engine's side is `ControlReader`, one for each run. pace: of all of them together, so that no run reads it;
    on_checkpoint: called where one is wanted, which is no matter of the engine's.
    """

    def __init__(self) -> None:
        self.pace: Pace = MAX
        self.changed = threading.Condition()
        self.requests: list[Request] = []
        self.stopped = False
        self.on_checkpoint: Callable[[], object] = lambda: None

    def put(self, request: Request) -> None:
        """Ask for something: from any thread, or in a signal's handler."""
        if isinstance(request, Checkpoint):
            self.on_checkpoint()
            return
        with self.changed:
            if isinstance(request, SetPace):
                self.pace = request.pace
            else:
                self.requests.append(request)
            self.stopped = self.stopped or isinstance(request, Stop)
            self.changed.notify_all()

    def gather(self) -> None:
        """Between two calls, in each run: where several processes train together, take what the others were asked."""

    def wait(self, until: Callable[[], bool], seconds: float | None = None) -> bool:
        """Sleep until this is so, which only something that comes in can change, or so long. Returns whether it is."""
        with self.changed:
            return self.changed.wait_for(until, seconds)


class ControlReader:
    """One run's reading of a RunControl, `of_all`: how far it has read, and what it still has to do."""

    def __init__(self, control: RunControl) -> None:
        self.of_all = control
        self._read = self._steps = 0
        self._to_epochs_end = False
        self.paused = self.stopped = False

    @property
    def attention(self) -> bool:
        """Whether there may be something to do. Cheap, since it is asked before every step."""
        return self.paused or self.unread

    @property
    def unread(self) -> bool:
        """Whether something has come in that this run has not read."""
        return len(self.of_all.requests) > self._read

    @property
    def stop_wanted(self) -> bool:
        """Whether a stop has come in, read or not: for what takes long between two steps."""
        return self.of_all.stopped

    @property
    def waiting(self) -> bool:
        """Whether the next step has to wait."""
        return self.paused and not (self.stopped or self._steps or self._to_epochs_end)

    @property
    def single_step(self) -> bool:
        """Whether the next step is one that was asked for alone."""
        return self.paused and self._steps > 0

    def take_changes(self) -> list[Change | Edit]:
        """Read what has come in. Returns the changes of settings and of weights, oldest first."""
        changes: list[Change | Edit] = []
        while self.unread:
            request = self.of_all.requests[self._read]
            self._read += 1
            match request:
                case Pause():
                    self.paused = True
                case Resume():
                    self.paused, self._steps, self._to_epochs_end = False, 0, False
                case Step():
                    self.paused, self._steps = True, self._steps + 1
                case Epoch():
                    self.paused = self._to_epochs_end = True
                case Stop():
                    self.stopped = True
                case Set() | ScaleRate() | Edit():
                    changes.append(request)
        return changes

    def took_step(self) -> None:
        """A step asked for alone is being taken."""
        self._steps -= 1

    def took_epoch(self) -> None:
        """An epoch ended, and with it the request to go on to its end."""
        self._to_epochs_end = False

    def wait(self) -> None:
        """Sleep until something comes in."""
        self.of_all.wait(lambda: self.unread)
