"""How many steps one call may hold."""

GROWTH = 4


class CallSize:
    """Cuts the work into calls of at most so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.steps = 1
        self.rate = 0.0

    def note(self, steps: int, seconds: float) -> None:
        """A call took so many steps in so many seconds: the next one may be longer, or has to be shorter."""
        self.rate = steps / max(seconds, 1e-9)
        self.steps = max(1, min(int(self.rate * self._seconds), self.steps * GROWTH))
