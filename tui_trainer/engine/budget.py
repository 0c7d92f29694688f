"""What may be spent on the side of training, so that it is never slowed by more than a share."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

AT_FIRST, SHARE = 0.1, 0.05  # seconds, and a part of the seconds of training


class Budget:
    """Allows what costs seconds aside: at first as often as one likes, later a small part of the time."""

    def __init__(self) -> None:
        self._spent, self._price = 0.0, 0.0

    def allows(self, seconds: float) -> bool:
        """Whether it may be had once more, after so many seconds of training."""
        return self._spent + self._price <= AT_FIRST + SHARE * seconds

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Note what this takes; the next will take as long as the quickest so far."""
        start = time.perf_counter()
        yield
        took = time.perf_counter() - start
        self._spent += took
        self._price = min(self._price or took, took)
