"""Where in the past of some runs one looks, and how that moves: by keys, by the mouse, by itself at a pace."""

from dataclasses import dataclass

from tui_trainer.engine.pace import AUTO, MAX, Pace, Place, next_turn

NEARLY = 1e-9  # of an epoch: what steps leave of it by rounding


@dataclass
class TimeCursor:
    """An epoch that has ended, 0 being before training; None is now, where the runs are.

    It is one of the run that has gone furthest; the others are shown where they were then.
    """

    epoch: int | None = None
    playing: bool = False
    _due_at: float = 0.0
    _owed: float = 0.0  # of an epoch, where a turn is less than one

    def move(self, by: int, newest: int) -> None:
        """Go by so many epochs, back where it is less than 0; from the newest one on it is now."""
        self.go_to((newest if self.epoch is None else self.epoch) + by, newest)

    def go_to(self, epoch: int, newest: int) -> None:
        """Go to an epoch; to the newest or a later one is now."""
        self.epoch, self.playing = (max(0, epoch) if epoch < newest else None), False

    def stay(self, newest: int) -> None:
        """Stand still, where it is now at the newest epoch."""
        self.epoch, self.playing = (newest if self.epoch is None else self.epoch), False

    def leave(self) -> None:
        """Be now again."""
        self.epoch, self.playing = None, False

    def play(self, now: float) -> None:
        """Go on by itself from here, or stand still; from the beginning where it is now. now: the time, in seconds."""
        self.playing = not self.playing
        if self.playing:
            self.epoch, self._due_at, self._owed = self.epoch or 0, now, 0.0

    def advance(self, now: float, newest: int, pace: Pace, place: Place) -> None:
        """Go on to where it should be by now, at a pace; at the newest epoch it has caught up, and is now.

        place: how many epochs and steps the run has. At full speed, which nobody could see, it goes as at AUTO.
        """
        if not self.playing or self.epoch is None:
            return
        while self._due_at <= now and self.epoch < newest:
            here = Place(self.epoch + self._owed, place.epochs, place.steps)
            turn = next_turn(AUTO if pace == MAX else pace, here)
            self._owed += turn.epochs
            whole = int(self._owed + NEARLY)
            self.epoch, self._owed = self.epoch + whole, max(0.0, self._owed - whole)
            self._due_at += turn.seconds
        if self.epoch >= newest:
            self.leave()
