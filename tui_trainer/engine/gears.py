"""Which mode a run trains in, and when it moves to a faster one."""

from typing import TYPE_CHECKING

from tui_trainer.catalog import EXECUTIONS
from tui_trainer.engine.execution import CannotRun, Eager, Mode
from tui_trainer.engine.workshop import Job, ask
from tui_trainer.escape import printable

if TYPE_CHECKING:
    from tui_trainer.engine.trainer import Trainer

LADDER = ("compiled", "traced", "eager")
WORTH_SECONDS = 1.0


class Gears:
    """A run's mode. All begin with the eager loop, whose first step also makes the optimizer's state.

    A mode that can't be had is a line in the log, and the next one down takes its place.
    """

    def __init__(self, trainer: "Trainer", wish: str = "") -> None:
        """wish: the mode wanted, where it is not the experiment's."""
        self.mode: Mode = Eager(trainer)
        self._trainer = trainer
        self._wish = wish or trainer.experiment.execution
        self._settled = self._wish == "eager"
        self._job: Job | None = None

    def target(self, seconds_left: float) -> tuple[str, str]:
        """The mode to move to now, and what went wrong with a better one; empty texts where all stays.

        `auto` takes native code where it is kept or as soon as it was made aside, if so much training
        is left that it is worth it; on a device other than the CPU, and for large steps, the traced loop.
        """
        if self._settled or not self._trainer.steps:
            return "", ""
        if self._wish != "auto":
            return self._wish, ""
        if seconds_left < WORTH_SECONDS:
            return "", ""
        if not self._trainer.suits_native_code:
            return "traced", ""
        return self._made_aside()

    def _made_aside(self) -> tuple[str, str]:
        from tui_trainer.engine.build import kept, recipe
        from tui_trainer.engine.library import library_cache

        wanted = recipe(self._trainer.experiment, self._trainer.order.batch)
        if self._job is None:
            libraries = library_cache()
            try:
                if kept(wanted, libraries):
                    return "compiled", ""
            except (CannotRun, OSError) as error:
                return "traced", f"compiled: {error}"
            self._job = ask(wanted, libraries.folder)
        if not self._job.done:
            return "", ""
        return ("traced", f"compiled: {self._job.failure}") if self._job.failure else ("compiled", "")

    def shift(self, target: str, trouble: str = "") -> str:
        """Move to this mode, or to the next one down that can be had. Returns what went wrong on the way."""
        self._settled = True
        troubles = [trouble] if trouble else []
        for name in LADDER[LADDER.index(target) :]:
            try:
                self.mode = EXECUTIONS[name].make(self._trainer)
                break
            except CannotRun as error:
                troubles.append(f"{name}: {error}")
            except Exception as error:  # tracing reaches deep into torch; a run never ends by it
                troubles.append(f"{name}: {type(error).__name__}: {str(error).partition(chr(10))[0]}")
        return printable("; ".join(troubles))
