"""Time spent training, without the time spent waiting."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up the seconds between `start` and `stop`."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._before = seconds
        self._since: float | None = None

    def start(self) -> None:
        self._since = time.perf_counter()

    def stop(self) -> None:
        self._before, self._since = self.seconds, None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what is done meanwhile."""
        self.stop()
        yield
        self.start()

    @property
    def seconds(self) -> float:
        """Seconds so far, the running stretch included."""
        return self._before + (time.perf_counter() - self._since if self._since is not None else 0.0)
