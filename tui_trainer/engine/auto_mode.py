"""The mode that a run is in, and its change to the one that is best for it."""

from collections.abc import Callable

from torch import Tensor

from tui_trainer.engine.execution.auto import best_for, prepare
from tui_trainer.engine.execution.eager import Eager
from tui_trainer.engine.execution.mode import Mode, Work
from tui_trainer.engine.execution.proof import STEPS, what_differs
from tui_trainer.engine.loaded_data import LoadedData
from tui_trainer.engine.sampler import Steps
from tui_trainer.engine.state import Run
from tui_trainer.engine.world import World
from tui_trainer.escape import printable


class AutoMode:
    """Eager at first, as an optimizer's first step makes its state, which the other modes go on with."""

    def __init__(
        self,
        run: Run,
        world: World,
        rates: Callable[[int], Tensor],
        cancelled: Callable[[], bool],
        before: str = "eager",
    ) -> None:
        """rates: those of the next steps; cancelled: asked while a mode is prepared; before: the one that a run which
        is resumed was in.
        """
        self._run, self._world, self._rates, self._before = run, world, rates, before
        fetch = run.dataset.__getitem__ if isinstance(run.dataset, LoadedData) else None
        self.work = Work(run.step, run.dataset.x, run.dataset.y, run.sampler.sizes, cancelled, fetch)
        self.mode: Mode = Eager(self.work)
        self._wanted = "eager"

    @property
    def wanted(self) -> str:
        """The mode to change to; empty where it is in that one."""
        best = self._best
        return "" if best in (self._wanted, "eager") else best

    @property
    def _best(self) -> str:
        """The mode to train in."""
        run, experiment = self._run, self._run.experiment
        if experiment.execution != "auto":
            return experiment.execution
        if self._world.size > 1:
            return "eager"
        if self._before != "eager":
            return self._before
        work = run.multiplications(run.sampler.batch)
        return best_for(run.device.type, work, experiment.epochs * run.sampler.per_epoch, experiment)

    def change(self, wanted: str) -> str:
        """Move to a mode, or to the next one that can be had: same weights, same state, same order of samples.

        Returns what went wrong on the way, in a line or empty. Raises Cancelled.
        """
        mode, trouble = prepare(wanted, self.work)
        if self._run.code and mode.name != "eager" and (why := self._what_differs(mode)):
            mode, trouble = Eager(self.work), printable(why)
        self.mode, self._wanted = mode, wanted
        return trouble

    def _what_differs(self, mode: Mode) -> str:
        """Why a mode is not to be had for a person's own code, by the steps that come next; they are not taken."""
        sampler, pieces = self._run.sampler, list[Steps]()
        at = sampler.place, sampler.epoch.clone(), sampler.random_state
        while (taken := sum(map(len, pieces))) < STEPS and not (pieces and self.work.fetch):  # one call of a loader
            pieces.append(sampler.take(STEPS - taken, self._rates))
        sampler.go_to(*at)
        return what_differs(mode, self.work, pieces[0].joined(pieces), self._run.random)
