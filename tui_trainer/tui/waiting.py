"""What is waited for, and for how long already, in words."""

import time

SOON = 0.3  # seconds: of what is over by then, nothing is said
PREPARING, COMPILING, LOADING = "preparing the runs", "compiling native code", "loading PyTorch"


class Waiting:
    """Counts the seconds since something else began to be waited for."""

    def __init__(self) -> None:
        self._what, self._since = "", 0.0

    def words(self, what: str) -> str:
        """What is waited for, and the seconds that it has taken; empty where that is nothing yet."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._since = what, now
        seconds = now - self._since
        return f"{what}, {seconds:.1f} s" if what and seconds >= SOON else ""
