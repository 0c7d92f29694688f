"""RunControl: what a person wants of the runs, taken up by the engine between two steps."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Change = Callable[[Any], Any]


class RunControl:
    """The one thing that the screen's thread and the training thread share.

    The screen's side calls these methods, from any thread. Each wish is one change under one lock,
    for all the runs that train in turns. The engine's side is `Follower`, one for each run.
    """

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.paused = self.stopped = False
        self.steps = self.epochs = 0
        self.changes: list[tuple[str, Change]] = []
        self.version = 0

    def pause(self) -> None:
        """Wait before the next step."""
        with self._wish():
            self.paused = True

    def resume(self) -> None:
        """Go on."""
        with self._wish():
            self.paused = False

    def step(self) -> None:
        """Pause, but take one more step."""
        with self._wish():
            self.paused = True
            self.steps += 1

    def step_epoch(self) -> None:
        """Pause, but go on to the end of the epoch first."""
        with self._wish():
            self.paused = True
            self.epochs += 1

    def stop(self) -> None:
        """End before the next step."""
        with self._wish():
            self.stopped = True

    def change(self, setting: str, change: Change) -> None:
        """Change a live setting (lr, epochs or device): each run's old value gives its new one."""
        with self._wish():
            self.changes.append((setting, change))

    @contextmanager
    def _wish(self) -> Iterator[None]:
        """Hold the lock while a wish is written down, then tell those who wait."""
        with self.condition:
            yield
            self.version += 1
            self.condition.notify_all()


class Follower:
    """One run's reading of a RunControl: which wishes it has already fulfilled."""

    def __init__(self, control: RunControl) -> None:
        self._control = control
        self._version = self._steps = self._epochs = self._changes = 0

    @property
    def attention(self) -> bool:
        """Whether there may be something to do. Cheap, since it is asked before every step."""
        return self._control.version != self._version or self._control.paused

    @property
    def stopped(self) -> bool:
        return self._control.stopped

    @property
    def paused(self) -> bool:
        return self._control.paused

    @property
    def waiting(self) -> bool:
        """Whether the next step has to wait."""
        c = self._control
        return c.paused and not c.stopped and c.steps == self._steps and c.epochs == self._epochs

    @property
    def single_step(self) -> bool:
        """Whether the next step is one that was asked for alone."""
        return self._control.paused and self._control.steps > self._steps

    def take_changes(self) -> list[tuple[str, Change]]:
        """The changed settings that this run has not taken up, oldest first."""
        c = self._control
        with c.condition:
            self._version = c.version
            if not c.paused:
                self._steps, self._epochs = c.steps, c.epochs
            changes, self._changes = c.changes[self._changes :], len(c.changes)
            return changes

    def took_step(self) -> None:
        """A step asked for alone is being taken."""
        self._steps += 1

    def took_epoch(self) -> None:
        """An epoch ended, and with it the wish to go on to its end."""
        self._epochs = self._control.epochs

    def wait(self) -> None:
        """Sleep until there is something to do."""
        with self._control.condition:
            self._control.condition.wait_for(lambda: not self.waiting or len(self._control.changes) > self._changes)
