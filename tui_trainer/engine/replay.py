"""A run's steps taken once more, as they were the first time."""

from collections.abc import Callable

from tui_trainer.engine import edits
from tui_trainer.engine.events import StepFinished
from tui_trainer.engine.execution.auto import prepare
from tui_trainer.engine.execution.eager import Eager
from tui_trainer.engine.execution.mode import Mode, Work
from tui_trainer.engine.observe import Observation
from tui_trainer.engine.snapshots import Stretch
from tui_trainer.engine.spreads import spread_of
from tui_trainer.engine.state import State, put_tensors
from tui_trainer.engine.trainer import Trainer
from tui_trainer.sentence import InputError
from tui_trainer.tasks.spread import Spread


class Replay(Trainer):
    """A trainer that goes wherever it is put, and on from there under the settings and in the mode that it is given.

    It must be made like the trainer of the run that it repeats; no request reaches it, and it prepares a mode once.
    """

    last_loss: float | None = None  # of the last epoch that ended
    cancelled: Callable[[], bool] = staticmethod(lambda: False)  # whether nobody waits for it any more
    _modes: dict[str, Mode] = {}

    def put(self, state: State) -> None:
        """Be the run at another moment. Raises InputError where it can't have been."""
        self.steps = -1  # nowhere, should it fail
        try:
            put_tensors(self, state)
        except (RuntimeError, ValueError, KeyError):
            raise InputError(f"{self.name}: what was kept of it does not fit its settings") from None
        self.epoch, self.steps = state.facts.epoch, state.facts.steps

    def go_on(self, limit: int, stretch: Stretch) -> None:
        """Take the next steps, at most so many: whole epochs, or a part of one, or what is left of it.

        Raises Diverged; Cancelled; InputError where device or mode of the first time can't be had.
        """
        self._go_into(stretch)
        self.auto.mode = self._in_mode(stretch.execution)
        steps = self.sampler.take(limit, self._rates)
        at, self.steps = self.steps, -1
        ended = self.losses.add(self._run(steps))
        self.fresh, self.steps = False, at + len(steps)
        self.epoch += len(ended)
        if len(ended):
            self.last_loss = float(ended[-1] * self.loss_unit)

    def observe(self, stretch: Stretch) -> StepFinished:
        """Take the next step of this stretch alone, and tell its numbers. After that it is nowhere in the run."""
        self._go_into(stretch)
        self._observation = Observation(self.step)
        steps = self.sampler.take(1, self._rates)
        batch = next(steps.batches())
        with self._own_random_numbers(), self._observation:
            prediction, loss = self.step(*self.dataset[batch], steps.rates.item())
        self.steps += 1
        step = self._observed(batch, prediction, loss)
        self.steps = -1
        return step

    def spread(self) -> Spread | None:
        """Of the weights that it has been given, whatever its steps are."""
        return spread_of(self.step, self.looked_at)

    def _go_into(self, stretch: Stretch) -> None:
        """Go on as the run did there; where it begins, after what was edited by hand."""
        if stretch.experiment is not self.experiment:
            device = self.device
            self.adopt(stretch.experiment)
            if self.device != device:
                self._modes = {}
        if stretch.steps == self.steps:
            edits.put(self.step, stretch.edits)

    def _in_mode(self, execution: str) -> Mode:
        if execution not in self._modes:
            work = Work(
                self.step, self.dataset.x, self.dataset.y, self.sampler.sizes, cancelled=lambda: self.cancelled()
            )
            mode, trouble = prepare(execution, work) if execution != "eager" else (Eager(work), "")
            if mode.name != execution:
                raise InputError(f"{self.name}: it was {execution}, which can't be had here: {trouble}")
            self._modes = {**self._modes, execution: mode}
        return self._modes[execution]
