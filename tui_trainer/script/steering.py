"""What is asked of a script's run, and whether its next step has to wait."""

from collections.abc import Sequence

from tui_trainer.engine.requests import Pause, Request, Resume, Step, Stop
from tui_trainer.script.ranks import Ranks

LOOK_SECONDS = 0.25  # between two looks


class Steering:
    """Pause, one step, go on, stop; alike in all processes of a script."""

    def __init__(self) -> None:
        self.ranks: Ranks | None = None
        self.paused = self.stopped = False
        self._steps = 0  # that were asked for one by one, and are not taken yet

    @property
    def waits(self) -> bool:
        """Whether the next step has to."""
        return self.paused and not self.stopped and not self._steps

    def take(self, sent: Sequence[Request], step: int) -> list[Request]:
        """Take in what came to this process before a step, as all of them do. Returns what else there is to do."""
        left: list[Request] = []
        for request in self._shared(sent, step):
            match request:
                case Pause():
                    self.paused = True
                case Resume():
                    self.paused, self._steps = False, 0
                case Step():
                    self.paused, self._steps = True, self._steps + 1
                case Stop():
                    self.stopped = True
                case _:
                    left.append(request)
        return left

    def take_step(self, step: int) -> None:
        """Go on to this step, which was asked for alone: before the one after it, all look again."""
        self._steps = max(0, self._steps - 1)
        if self.ranks:
            self.ranks.next_look = step + 1

    def _shared(self, sent: Sequence[Request], step: int) -> Sequence[Request]:
        if not self.ranks:
            return sent
        try:
            return self.ranks.exchange(sent, step, LOOK_SECONDS)
        except BaseException:
            self.ranks = None  # the others do not answer any more, or would take it amiss
            raise
