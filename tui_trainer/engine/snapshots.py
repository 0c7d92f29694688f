"""What is kept of a run's past while it trains: states at the ends of epochs, and how the steps between were taken.

With the nearest state before a moment, and the settings and modes under which it went on from there, the moment can be
computed once more, to the bit: see `past`. So states are kept as far apart as recomputing may cost, and not closer
than taking them may cost; where they fill the memory that they may take, every second one goes, and from there on they
come half as often.
"""

import bisect
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import torch
from torch import Tensor

from tui_trainer.engine.state import Run, State, take_state
from tui_trainer.experiment import Experiment
from tui_trainer.weight import Weight

LIMIT_BYTES = 64_000_000  # of the runs that are trained together
KEPT_BYTES = 2_000_000  # of those that are kept of a run on the disk
APART_SECONDS = 0.015  # of work between two states: what recomputing a moment costs at most, as long as all fit
SHARE = 0.01  # of the time of training that taking states may cost
TENSOR_BYTES, STATE_BYTES = 512, 1_024  # what each takes beside its numbers


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """From this step on, the run went on under these settings in this mode: a step taken alone is an eager one.

    threads: by which torch split its sums; edits: weights that were given these values by hand before that step.
    """

    steps: int
    experiment: Experiment
    execution: str
    threads: int
    edits: tuple[Weight, ...] = ()


class Snapshots:
    """A run's states, in its order, and its stretches. One thread adds to them, any may read.

    origin: the state that the run began with, where it was not untrained: it is never dropped; known: the steps up to
    which it is known how they were taken, all of them where it is None; why: the reason, in a line, where it is not.
    """

    known: int | None = None
    why = ""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.origin: State | None = None
        self.stretches: tuple[Stretch, ...] = ()
        self._states: list[State] = []
        self._steps: list[int] = []
        self._guard = threading.Lock()
        self._apart, self._worked = APART_SECONDS, 0.0
        self._took = 0.0, 0.0  # the last two: one alone may have been held up
        self._bytes = 0

    def begin(
        self, origin: State | None, states: Sequence[State] = (), stretches: Sequence[Stretch] = (), steps: int = 0
    ) -> None:
        """Have the run begin with a state, or untrained, and take in what is known of it up to a step."""
        with self._guard:
            self.origin = origin
            self._states = [state for state in states if state.facts.steps <= steps]
            self._steps = [state.facts.steps for state in self._states]
            # Those edited at this very step, too: before the next one is taken, they are part of the run.
            self.stretches = tuple(each for each in stretches if each.steps < steps + bool(each.edits))
            self._recount()

    def under(self, run: Run, execution: str, edits: Sequence[Weight] = ()) -> None:
        """The next steps are about to be taken under the run's present settings, in this mode, after these edits."""
        last = self.stretches[-1] if self.stretches else None
        if edits or last is None or last.execution != execution or last.experiment is not run.experiment:
            begun = last if last and last.steps == run.steps else None  # in which no step was taken
            stretch = Stretch(
                steps=run.steps,
                experiment=run.experiment,
                execution=execution,
                threads=torch.get_num_threads(),
                edits=(*(begun.edits if begun else ()), *edits),
            )
            self.stretches = (*(self.stretches[:-1] if begun else self.stretches), stretch)

    def note(self, run: Run, seconds: float) -> None:
        """Steps have been taken, in so many seconds of work: keep the state that they led to, where it is time for one.

        For the thread that trains, between two steps; what it waited for on a busy machine is no work. Only ends of
        epochs are kept: amid one, its order would have to be kept too, which may be larger than all else.
        """
        self._worked += seconds
        if run.sampler.place or self._worked < max(self._apart, min(self._took) / SHARE) or not self.limit_bytes:
            return
        start = time.thread_time()
        self.add(take_state(run))
        self._took, self._worked = (self._took[1], time.thread_time() - start), 0.0

    def add(self, state: State) -> None:
        """Keep a state, which is later than those before."""
        with self._guard:
            if self._steps and self._steps[-1] >= state.facts.steps:
                return
            before = self._states[-1] if self._states else self.origin
            if before:
                state = sharing(state, before)
            self._bytes += size_of([state], beside=before)
            self._states.append(state)
            self._steps.append(state.facts.steps)
            while self._bytes > self.limit_bytes and self._states:
                self._states = self._states[1::2]
                self._steps = [state.facts.steps for state in self._states]
                self._apart *= 2
                self._recount()

    def _recount(self) -> None:
        self._bytes = size_of([*filter(None, [self.origin]), *self._states])

    @property
    def size(self) -> int:
        """The bytes of memory that the states take."""
        return self._bytes

    @property
    def states(self) -> list[State]:
        """Those that are kept by now, the oldest first, without the origin."""
        with self._guard:
            return list(self._states)

    def before(self, steps: int) -> State | None:
        """The latest state after at most so many steps; None where the untrained net is all that comes before."""
        with self._guard:
            place = bisect.bisect_right(self._steps, steps)
            return self._states[place - 1] if place else self.origin

    def after(self, steps: int) -> State | None:
        """The first state after more steps than these, where there is one."""
        with self._guard:
            place = bisect.bisect_right(self._steps, steps)
            return self._states[place] if place < len(self._states) else None

    def stretches_from(self, steps: int) -> tuple[Stretch, ...]:
        """The one in which a step is taken that so many come before, and those after it."""
        stretches = self.stretches
        first = bisect.bisect_right([stretch.steps for stretch in stretches], steps)
        return stretches[max(0, first - 1) :]


def sharing(state: State, other: State) -> State:
    """The same state, with the other's tensors where they hold the same."""

    def of(name: str, value: Tensor) -> Tensor:
        known = other.tensors.get(name)
        same = known is not None and known.dtype == value.dtype and torch.equal(known, value)
        return known if known is not None and same else value

    return replace(state, tensors={name: of(name, value) for name, value in state.tensors.items()})


def size_of(states: Sequence[State], beside: State | None = None) -> int:
    """About how many bytes of memory states take, a tensor that several share once; without those of another one."""
    known = {id(tensor) for tensor in beside.tensors.values()} if beside else set[int]()
    own = {id(tensor): tensor for state in states for tensor in state.tensors.values() if id(tensor) not in known}
    return len(states) * STATE_BYTES + sum(tensor.nbytes + TENSOR_BYTES for tensor in own.values())
