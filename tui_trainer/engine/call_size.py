"""How many steps one call may hold."""

CALL_SECONDS = 0.03
GROWTH = 4


class CallSize:
    """Cuts the work into calls so short that a pause, a stop and the charts seem to act at once."""

    def __init__(self) -> None:
        self.steps = 1
        self.rate = 0.0

    def note(self, steps: int, seconds: float) -> None:
        """A call took so many steps in so many seconds: the next one may be longer, or has to be shorter."""
        self.rate = steps / max(seconds, 1e-9)
        self.steps = max(1, min(int(self.rate * CALL_SECONDS), self.steps * GROWTH))
