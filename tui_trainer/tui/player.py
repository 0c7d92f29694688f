"""Takes a lesson's frames in a thread: the next when it is asked for, or one after another."""

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from tui_trainer.sentence import InputError
from tui_trainer.tui.session import CLOSE_SECONDS, Broke, Refused

if TYPE_CHECKING:
    from tui_trainer.lessons.frame import Frame


class Over:
    """There are no more frames."""


PlayerEvent: TypeAlias = "Frame | Over | Refused | Broke"


class Player:
    """One go through a lesson's frames, from the first, which comes by itself.

    `report` is called with this player and what is new, from the player's own thread.
    """

    def __init__(
        self,
        frames: "Callable[[], Iterator[Frame]]",
        report: "Callable[[Player, PlayerEvent], object]",
        playing: bool = False,
    ) -> None:
        self._frames, self._report = frames, report
        self._changed = threading.Condition()
        self._wanted = 0
        self._closed = False
        self.playing = playing
        self.over = False
        self._thread = threading.Thread(target=self._run, name="lesson", daemon=True)
        self._thread.start()

    def next(self) -> None:
        """One more frame, then wait."""
        with self._changed:
            self.playing = False
            self._wanted += 1
            self._changed.notify()

    def play(self, playing: bool) -> None:
        """Frame after frame, or wait."""
        with self._changed:
            self.playing = playing
            self._changed.notify()

    def close(self) -> None:
        """No more frames: the thread ends when the one under way is made."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def join(self) -> None:
        """Wait for that: a thread that is inside PyTorch when Python ends would crash it."""
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            shown_until: float | None = None
            for frame in self._frames():
                if shown_until is not None and not self._wait(shown_until):
                    return
                self._report(self, frame)
                shown_until = time.monotonic() + frame.seconds
        except InputError as error:
            self._report(self, Refused(error.message))
        except Exception:
            self._report(self, Broke(traceback.format_exc()))
        self.over, self.playing = True, False
        if not self._closed:
            self._report(self, Over())

    def _wait(self, shown_until: float) -> bool:
        """Wait until the next frame is wanted. False where no frame is wanted any more."""
        with self._changed:
            while not self._closed:
                if self._wanted:
                    self._wanted -= 1
                    return True
                left = shown_until - time.monotonic()
                if self.playing and left <= 0:
                    return True
                self._changed.wait(left if self.playing else None)
            return False
