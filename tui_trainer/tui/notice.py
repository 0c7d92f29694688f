"""A few words on the status line, for a while."""

import time

NOTICE_SECONDS = 6.0


class Notice:
    """Words about what there was when they were said: they go with it, and soon anyway."""

    def __init__(self) -> None:
        self._words, self._ends = "", 0.0
        self._about: object = None

    def show(self, words: str, about: object = None) -> None:
        """Say this from now on, as long as what it is about stays equal."""
        self._words, self._about, self._ends = words, about, time.monotonic() + NOTICE_SECONDS

    def words(self, *about: object) -> str:
        """What is to be said now of any of these, which may be nothing."""
        return self._words if self._about in (about or (None,)) and time.monotonic() < self._ends else ""
