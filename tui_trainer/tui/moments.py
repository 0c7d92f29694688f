"""Moments in the past of runs, computed in a thread: one that is near at once, the very one when it is ready."""

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_trainer.sentence import InputError

if TYPE_CHECKING:
    from tui_trainer.engine.past import Moment, Past

PATIENCE = 0.06  # seconds: a moment that is ready by then comes without another one before it


@dataclass(frozen=True)
class Sought:
    """A run's past, and the epoch of it that is looked at; without a past, why there is none.

    step: whether the step that came next is wanted too.
    """

    past: "Past | str"
    epoch: int
    step: bool = False


class Moments:
    """Finds the moments that are sought: `report` is called from its thread whenever there is one more.

    Whoever seeks others cancels what is under way, unless it plays: then each is finished that was begun.
    """

    def __init__(self, report: Callable[[], object]) -> None:
        self._report = report
        self._changed = threading.Condition()
        self._sought: tuple[Sought, ...] = ()
        self._found: list[Moment | str | None] = []
        self._turn = self._done = 0
        self._hurry = self._closed = False
        self._thread: threading.Thread | None = None

    def seek(self, sought: Sequence[Sought], patient: bool = False) -> "list[Moment | str | None]":
        """What is known of these by now: the moment, another one near it, why there is none, or None yet.

        patient: what is being computed is finished before these.
        """
        with self._changed:
            if tuple(sought) != self._sought:
                alike = [each.past for each in sought] == [each.past for each in self._sought]
                self._sought, self._found = tuple(sought), self._found if alike else [None] * len(sought)
                self._turn += 1
                self._hurry = not patient
                if sought and self._thread is None and not self._closed:
                    self._thread = threading.Thread(target=self._work, name="moments", daemon=True)
                    self._thread.start()
                self._changed.notify()
            return list(self._found)

    def close(self) -> None:
        """No more, and wait for what is under way: a thread inside PyTorch at Python's end would crash it."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread:
            self._thread.join(3.0)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._turn != self._done or self._closed)
                if self._closed:
                    return
                sought, turn = self._sought, self._turn
                self._done = turn
            for place, each in enumerate(sought):
                if not self._wanted(turn):
                    break
                self._find(place, each, turn)

    def _find(self, place: int, sought: Sought, turn: int) -> None:
        past = sought.past
        if isinstance(past, str):
            self._take(place, past, past)
            return
        begun, first = time.monotonic(), True

        def cancelled() -> bool:
            nonlocal first
            if first and time.monotonic() - begun > PATIENCE:
                first = False
                self._take(place, past, past.nearest(sought.epoch))
            return not self._wanted(turn)

        try:
            moment = past.at(sought.epoch, cancelled)
            if moment is None and first:  # as where a key is held down: one near it is better than nothing
                moment = past.nearest(sought.epoch)
            if moment is not None and sought.step and not cancelled():
                moment = past.with_step(moment)
            if moment is not None:
                self._take(place, past, moment)
        except InputError as error:
            self._take(place, past, str(error))
        except Exception:
            self._take(place, past, traceback.format_exc().strip().splitlines()[-1])

    def _wanted(self, turn: int) -> bool:
        return not self._closed and (turn == self._turn or not self._hurry)

    def _take(self, place: int, past: "Past | str", found: "Moment | str") -> None:
        """Know this from now on, unless other runs are looked at by now."""
        with self._changed:
            if place >= len(self._sought) or self._sought[place].past is not past:
                return
            self._found[place] = found
        self._report()
