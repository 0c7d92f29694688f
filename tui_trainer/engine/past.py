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
from functools import cached_property, partial

import msgspec

from tui_trainer.engine.call_size import CallSize
from tui_trainer.engine.devices import with_threads
from tui_trainer.engine.events import StepFinished
from tui_trainer.engine.execution.mode import Cancelled
from tui_trainer.engine.losses import Diverged
from tui_trainer.engine.replay import Replay
from tui_trainer.engine.snapshots import Snapshots, Stretch, sharing
from tui_trainer.engine.state import State, put_weights, take_state
from tui_trainer.experiment import Experiment
from tui_trainer.sentence import InputError
from tui_trainer.tasks.task import Snapshot

CALL_SECONDS = 0.01  # between two looks at whether the moment is still wanted
REMEMBERED = 64  # moments
DIFFERS = "computed once more, it is not the same to the last digit: another machine or version trained it"


@dataclass(frozen=True)
class Moment:
    """A run at the end of an epoch.

    state: all that its future depends on, to branch from; snapshot: what its views show; exact: whether it is the
    moment that was asked for, as it was the first time; note: why it is not, where it was computed; step: the one that
    came next, taken apart, where that was asked for.
    """

    epoch: int
    steps: int
    experiment: Experiment
    state: State
    snapshot: Snapshot | None
    exact: bool
    note: str = ""
    step: StepFinished | None = None


def as_it_was(moment: Moment) -> Stretch:
    """How it would go on from a moment."""
    facts = moment.state.facts
    return Stretch(steps=moment.steps, experiment=moment.experiment, execution=facts.execution, threads=facts.threads)


class Past:
    """What a run was like at the end of each of its epochs so far."""

    def __init__(
        self,
        load: Callable[[], Snapshots],
        make: Callable[[], Replay],
        loss_of: Callable[[int], float | None] = lambda epoch: None,
    ) -> None:
        """load: what was kept, asked for once; make: a trainer like the run's own before it began; loss_of: the loss of
        an epoch as it was the first time, where that is known, by which one sees whether it is computed exactly.
        """
        self._load, self._make, self._loss_of = load, make, loss_of
        self._replaying, self._viewing = threading.Lock(), threading.Lock()
        self._call_size = CallSize(CALL_SECONDS)
        self._replay: Replay | None = None
        self._viewer: Replay | None = None
        self._untrained: State | None = None
        self._remembered: OrderedDict[int, Moment] = OrderedDict()

    @cached_property
    def snapshots(self) -> Snapshots:
        """What is kept of it."""
        return self._load()

    def reload(self) -> None:
        """More is kept by now, by another process: ask for it again."""
        self.__dict__.pop("snapshots", None)

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
        replay = self._ready()
        with self._replaying:
            try:
                moment = self._compute(replay, epoch, cancelled)
            except Diverged:
                raise InputError(f"epoch {epoch:,}: it diverged before its end") from None
            except Cancelled:  # a mode that was to be prepared
                return None
        if moment:
            self._remembered[epoch] = moment
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return moment

    def with_step(self, moment: Moment) -> Moment:
        """The same moment with the step that came next, taken apart."""
        replay = self._ready()
        with self._replaying:
            replay.put(moment.state)
            stretches = self.snapshots.stretches_from(moment.steps)
            stretch = stretches[0] if stretches else as_it_was(moment)
            return replace(moment, step=replay.observe(stretch))

    def _ready(self) -> Replay:
        """What computes, and what is looked at, which are made at the first need."""
        with self._viewing:
            if self._replay is None:
                replay = self._make()
                self._viewer = copy.copy(replay)  # which shares the samples
                self._viewer.step = replace(replay.step, model=copy.deepcopy(replay.model))
                self._untrained, self._replay = take_state(replay), replay
            return self._replay

    def _before(self, steps: int) -> State:
        state = self.snapshots.before(steps) or self._untrained
        assert state
        return state

    def _compute(self, replay: Replay, epoch: int, cancelled: Callable[[], bool]) -> Moment | None:
        goal = epoch * replay.sampler.per_epoch
        state = self._before(goal)
        if goal < state.facts.steps:
            begins = f"epoch {epoch:,} is before this run's own: it begins after epoch {state.facts.epoch:,}"
            raise InputError(self.snapshots.why or begins)
        if not state.facts.steps <= replay.steps <= goal:
            replay.put(state)
        replay.cancelled = cancelled
        for stretch, end in self._stretches(replay, goal, epoch):
            if not with_threads(stretch.threads, partial(self._go_on, replay, stretch, end, cancelled)):
                return None
        # Computed from what was kept of this very moment, or from what led to its loss.
        loss = self._loss_of(epoch) if replay.steps > state.facts.steps else None
        exact = loss is None or loss == replay.last_loss
        return self._moment(self._taken(replay, state), exact, "" if exact else DIFFERS)

    def _stretches(self, replay: Replay, goal: int, epoch: int) -> list[tuple[Stretch, int]]:
        """How the steps up to a goal were taken the first time, and the step at which each way of it ended."""
        start = replay.steps
        if start == goal:
            return []
        known, stretches = self.snapshots.known, self.snapshots.stretches_from(start)
        if not stretches or (known is not None and goal > known):
            last = (known or 0) // replay.sampler.per_epoch
            raise InputError(self.snapshots.why or f"epoch {epoch:,} can't be had: its past is kept up to {last:,}")
        ends = [*(stretch.steps for stretch in stretches[1:]), goal]
        return [(stretch, min(end, goal)) for stretch, end in zip(stretches, ends, strict=True)]

    def _go_on(self, replay: Replay, stretch: Stretch, end: int, cancelled: Callable[[], bool]) -> bool:
        """Take the steps up to one; returns whether that was done before it was cancelled."""
        while replay.steps < end:
            if cancelled():
                return False
            before, start = replay.steps, time.perf_counter()
            replay.go_on(min(self._call_size.steps, end - before), stretch)
            self._call_size.note(replay.steps - before, time.perf_counter() - start)
        return True

    def _taken(self, replay: Replay, before: State) -> State:
        """The state of the replay, with those facts of the run that it does not know."""
        taken = take_state(replay)
        facts = msgspec.structs.replace(taken.facts, seconds=before.facts.seconds, threads=before.facts.threads)
        return sharing(State(facts, taken.tensors), before)

    def _moment(self, state: State, exact: bool, note: str = "") -> Moment:
        viewer = self._viewer
        assert viewer
        with self._viewing:
            put_weights(viewer, state)
            snapshot = viewer.snapshot()
        return Moment(state.facts.epoch, state.facts.steps, state.facts.experiment, state, snapshot, exact, note)
