"""A few words on the status line, for a while."""

import time

NOTICE_SECONDS = 6.0


class Notice:
    """Words about the state they were said in: they go with it, and soon anyway."""

    def __init__(self) -> None:
        self._words, self._state, self._ends = "", "", 0.0

    def say(self, words: str, state: str) -> None:
        """Say this from now on."""
        self._words, self._state, self._ends = words, state, time.monotonic() + NOTICE_SECONDS

    def words(self, state: str) -> str:
        """What is to be said now, which may be nothing."""
        return self._words if state == self._state and time.monotonic() < self._ends else ""
