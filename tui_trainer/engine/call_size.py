"""How many steps one call may hold."""

GROWTH = 4


class CallSize:
    """Cuts the work into calls of at most so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.steps = 1
        self.rate = self.fastest = 0.0  # steps a second: in the last call, and in the best one after the first

    def note(self, steps: int, seconds: float) -> None:
        """A call took so many steps in so many seconds: the next one may be longer, or has to be shorter."""
        first, self.rate = not self.rate, steps / max(seconds, 1e-9)
        if not first:  # which makes much that all others find there
            self.fastest = max(self.fastest, self.rate)
        self.steps = max(1, min(int(self.rate * self._seconds), self.steps * GROWTH))
