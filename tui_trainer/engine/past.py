"""The past of a run: any moment of it, beside what trains it, to the bit.

`Past.nearest(epoch)` is there at once: the moment that was kept nearest to the end of an epoch; 0 is the untrained net.
`Past.at(epoch, cancelled)` computes that very moment from the one kept before it, by a trainer of its own, which stays
for the next time: going on by an epoch costs an epoch. Both give a `Moment`, whose `snapshot` is what the record's was
then; they may be called from any thread, also while the run trains. A live change is no border: what came after it is
computed under what was set by then. What can't be had raises InputError with the reason in one line.
"""

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from tui_trainer.engine.call_size import CallSize
from tui_trainer.engine.execution.mode import Cancelled
from tui_trainer.engine.losses import Diverged
from tui_trainer.engine.replay import Replay
from tui_trainer.engine.snapshots import Snapshots, Stretch, sharing
from tui_trainer.engine.state import State, put_weights, take_state
from tui_trainer.experiment import Experiment, InputError
from tui_trainer.tasks.task import Snapshot

CALL_SECONDS = 0.01  # between two looks at whether the moment is still wanted
REMEMBERED = 64  # moments


@dataclass(frozen=True)
class Moment:
    """A run at the end of an epoch.

    state: all that its future depends on, to branch from; snapshot: what its views show; exact: whether it is the
    moment that was asked for, computed as it was the first time.
    """

    epoch: int
    steps: int
    experiment: Experiment
    state: State
    snapshot: Snapshot | None
    exact: bool


class Past:
    """What a run was like at the end of each of its epochs so far."""

    def __init__(self, snapshots: Snapshots, make: Callable[[], Replay]) -> None:
        """make: a trainer like the run's own before it began."""
        self.snapshots = snapshots
        self._make = make
        self._replaying, self._viewing = threading.Lock(), threading.Lock()
        self._replay: Replay | None = None
        self._untrained: State | None = None
        self._viewer: Replay | None = None
        self._remembered: OrderedDict[int, Moment] = OrderedDict()

    def nearest(self, epoch: int) -> Moment:
        """The moment kept nearest to the end of this epoch: for the screen to show at once."""
        if known := self._remembered.get(epoch):
            return known
        replay = self._ready()
        steps = epoch * replay.sampler.per_epoch
        state, after = self._before(steps), self.snapshots.after(steps)
        if after and after.facts.steps - steps < steps - state.facts.steps:
            state = after
        return self._moment(state, exact=state.facts.steps == steps)

    def at(self, epoch: int, cancelled: Callable[[], bool] = lambda: False) -> Moment | None:
        """The very moment at the end of this epoch, computed once more; None where it was cancelled.

        Raises InputError where that can't be done here.
        """
        if known := self._remembered.get(epoch):
            return known
        self._ready()
        with self._replaying:
            try:
                moment = self._compute(epoch, cancelled)
            except Diverged:
                self._replay = None
                raise InputError(f"epoch {epoch:,}: it diverged before its end") from None
            except Cancelled:  # a mode is prepared next time
                return None
            except BaseException:
                self._replay = None  # wherever it may stand
                raise
        if moment:
            self._remembered[epoch] = moment
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return moment

    def _ready(self) -> Replay:
        """What computes, and what is looked at, which are made at the first need."""
        with self._viewing:
            if self._replay is None or self._viewer is None or self._untrained is None:
                replay = self._make()
                viewer = copy.copy(replay)  # which shares the samples
                viewer.step = replace(replay.step, model=copy.deepcopy(replay.model))
                self._untrained, self._viewer, self._replay = take_state(replay), viewer, replay
            return self._replay

    def _before(self, steps: int) -> State:
        state = self.snapshots.before(steps) or self._untrained
        assert state
        return state

    def _compute(self, epoch: int, cancelled: Callable[[], bool]) -> Moment | None:
        replay = self._replay
        assert replay
        goal = epoch * replay.sampler.per_epoch
        state = self._before(goal)
        if goal < state.facts.steps:
            raise InputError(f"epoch {epoch:,} is before this run's own: it begins after epoch {state.facts.epoch:,}")
        if not state.facts.steps <= replay.steps <= goal:
            replay.put(state)
        replay.cancelled = cancelled
        size = CallSize(CALL_SECONDS)
        for stretch, end in self._stretches(replay.steps, goal):
            while replay.steps < end:
                if cancelled():
                    return None
                before, start = replay.steps, time.perf_counter()
                replay.go_on(min(size.steps, end - before), stretch)
                size.note(replay.steps - before, time.perf_counter() - start)
        return self._moment(self._taken(replay, state), exact=True)

    def _stretches(self, start: int, goal: int) -> list[tuple[Stretch, int]]:
        """How the steps between were taken the first time, and the step at which each way of it ended."""
        stretches = self.snapshots.stretches_from(start)
        ends = [*(stretch.steps for stretch in stretches[1:]), goal]
        return [(stretch, min(end, goal)) for stretch, end in zip(stretches, ends, strict=True)]

    def _taken(self, replay: Replay, before: State) -> State:
        """The state of the replay, with those facts of the run that it does not know."""
        taken = take_state(replay)
        facts = msgspec.structs.replace(taken.facts, seconds=before.facts.seconds, threads=before.facts.threads)
        return sharing(State(facts, taken.tensors), before)

    def _moment(self, state: State, exact: bool) -> Moment:
        viewer = self._viewer
        assert viewer
        with self._viewing:
            put_weights(viewer, state)
            snapshot = viewer.snapshot()
        return Moment(state.facts.epoch, state.facts.steps, state.facts.experiment, state, snapshot, exact)
