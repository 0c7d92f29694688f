"""When the next frame may be drawn."""

FRAME_SECONDS = 0.1
SHARE_OF_LOCK = 0.15
SHARE_OF_CORE = 0.4
LATEST = 1.0  # seconds: however much else the screen's thread has to do, nobody waits longer for a frame
BYTES_PER_SECOND = 20_000


class Frames:
    """Frames come as often as they are paid for: with time since the last one, of which the screen gets a share.

    The share is small while training needs Python's lock for each step, as the eager loop does:
    what the screen takes of it, training loses. Over bytes the same is done, for the sake of links.
    """

    def __init__(self) -> None:
        self._last, self._spent, self._written = float("-inf"), 0.0, 0

    def due(self, now: float, spent: float, written: int, locked: bool) -> bool:
        """Whether a frame may be drawn now, FRAME_SECONDS after it was asked last; if so it counts as drawn.

        now: the time, in seconds; spent: what the screen's thread has used of a core since it
        began, in seconds, which counts drawing, layout and keys; written: bytes, likewise;
        locked: whether training holds Python's lock.
        """
        share = SHARE_OF_LOCK if locked else SHARE_OF_CORE
        paid = max(min((spent - self._spent) / share, LATEST), (written - self._written) / BYTES_PER_SECOND)
        if now - self._last < paid:
            return False
        self._last, self._spent, self._written = now, spent, written
        return True
