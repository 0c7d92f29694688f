"""What happens around each step of a script's loop: what is asked is done, and what was logged is written."""

import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from tui_trainer.engine.requests import Checkpoint, Request, ScaleRate, Set
from tui_trainer.engine.status import Status
from tui_trainer.runs.metrics import Line
from tui_trainer.script import checkpoint
from tui_trainer.script.rates import change_rate
from tui_trainer.script.steering import LOOK_SECONDS, Steering
from tui_trainer.script.tee import Tee
from tui_trainer.script.troubles import Troubles
from tui_trainer.script.values import TooManyNames, Values
from tui_trainer.script.weights import Weights
from tui_trainer.script.writer import ScriptWriter

WAIT_SECONDS = 0.05  # between two looks while it is paused
LINES = 4000  # a line at most every so manieth of the time so far: a day has some 22,000


class Stopped(BaseException):
    """Somebody asked the run to stop: it leaves the `with` block as an error would, and goes no further.

    No Exception, lest the loop's own `except Exception` goes on.
    """

    def __init__(self, run: "Loop") -> None:
        super().__init__(f"{run.name or 'the run'} was asked to stop")
        self.run = run


class Loop:
    """A loop that another wrote, seen from its optimizer's steps.

    epoch: the one that was logged last; steps: that were taken; stopped: whether it was asked to stop.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        optimizers: Sequence[Optimizer],
        name: str,
        output: bool,
        histograms: bool,
        raises: bool,
    ) -> None:
        """raises: whether a stop leaves the loop; else `stopped` tells of it."""
        self.name, self._raises = name, raises
        self._models, self._optimizers = models, optimizers
        self.epoch = self.steps = 0
        self._first = 1  # step since the last line
        self._open = False
        self._aside = "the run has not begun, and nothing is kept: use it as `with watch(...) as run:`"
        self._writer: ScriptWriter | None = None
        self._tee, self._troubles, self._values = Tee() if output else None, Troubles(), Values()
        self._steering, self._weights = Steering(), Weights(models) if histograms else None
        self._busy = threading.Lock()
        self._began = self._pauses = self._look_at = self._line_at = self._stepped = 0.0
        self._waits_since: float | None = None

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._steering.stopped

    @property
    def seconds(self) -> float:
        """Of training so far, without pauses."""
        now = time.perf_counter() if self._waits_since is None else self._waits_since
        return now - self._began - self._pauses

    def _hooks(self) -> list[Any]:
        """Hook into the first optimizer's steps from now on."""
        if not self._optimizers:
            return []
        before, after = _not_compiled(self._before_step), _not_compiled(self._after_step)
        optimizer = self._optimizers[0]
        return [optimizer.register_step_pre_hook(before), optimizer.register_step_post_hook(after)]

    def _before_step(self) -> None:
        """Between two steps: what was logged of the last one is in, and the scheduler has set the next one's rate."""
        if not self._open:
            return
        now = self._stepped = time.perf_counter()
        ranks = self._steering.ranks
        if ranks.next_look <= self.steps + 1 if ranks else now >= self._look_at:
            self._look()
        if self._weights and now >= self._weights.at and self._writer and not captures():
            self._look_at_weights(lambda weights: weights.before(self.steps + 1))

    def _after_step(self) -> None:
        if self._open:
            self.steps += 1
            if self._weights and self._weights.looked:
                self._look_at_weights(self._take_weights)

    def _leave_aside(self, what: str) -> None:
        """What the script says outside of its block is not kept: a line says so."""
        if self._aside:
            self._troubles.warn(f"{what}: {self._aside}")

    # What is asked.

    def _look(self) -> None:
        """See what is asked, do it, and wait while that is to pause. Raises Stopped."""
        self._troubles.kept_in("requests", self._look_and_wait)
        if self.stopped and self._raises:
            raise Stopped(self)

    def _look_and_wait(self) -> None:
        if captures():
            return
        if not self._busy.acquire(blocking=False):  # another thread is here, and may wait
            return
        try:
            self._look_at = time.perf_counter() + LOOK_SECONDS
            self._do_what_is_asked()
            if self._steering.waits:
                self._wait()
            if self._steering.paused:
                self._steering.take_step(self.steps + 1)
                self._look_at = 0.0
        finally:
            self._busy.release()

    def _do_what_is_asked(self) -> None:
        writer = self._writer
        sent = writer.requests.new() if writer and not writer.lock.lost else []
        for request in self._steering.take(sent, self.steps + 1):
            self._troubles.kept_in(type(request).__name__, partial(self._apply, request))

    def _wait(self) -> None:
        self._waits_since = began = time.perf_counter()
        try:
            self._write_now(Status.PAUSED)
            while self._steering.waits:
                ranks = self._steering.ranks
                if not ranks or ranks.first:
                    time.sleep(LOOK_SECONDS if ranks else WAIT_SECONDS)
                self._do_what_is_asked()
                if not self._steering.ranks and (not self._writer or self._writer.lock.lost):
                    self._steering.paused = False  # nobody could have it go on any more
        finally:
            self._waits_since = None
            self._pauses += time.perf_counter() - began
        if not self._steering.paused:
            self._write_now(Status.RUNNING)

    def _apply(self, request: Request) -> None:
        """What is neither of these is no request to a script, and passed over."""
        match request:
            case Checkpoint():
                self._checkpoint()
            case Set(setting="lr") | ScaleRate() if self._optimizers:
                old, new = change_rate(self._optimizers, request)
                if self._writer:
                    self._write_now()
                    self._writer.mark(self._line(), "lr", old, new)

    def _checkpoint(self) -> None:
        """All processes of a script take part: what is spread over them is gathered, and one writes."""
        kept = checkpoint.take(self._models, self._optimizers, self.epoch, self.steps)
        if self._writer:
            self._writer.add_checkpoint(kept)
            self._write_now()

    # What is seen.

    def _look_at_weights(self, look: Callable[[Weights], object]) -> None:
        if not self._weights:
            return
        try:
            look(self._weights)
        except Exception as error:
            self._weights.put_off()
            self._troubles.report("histograms", error)

    def _take_weights(self, weights: Weights) -> None:
        found, ratios = weights.after()
        for name, ratio in ratios.items():
            try:
                self._values.add(name, ratio)
            except TooManyNames as error:  # the histograms are still kept
                self._not_logged(name, error)
        if self._writer:
            self._writer.add_histograms(found)

    # What is written.

    def _not_logged(self, name: object, error: Exception) -> None:
        self._troubles.report("log" if isinstance(error, TooManyNames) else f"log: {name}", error)

    def _line(self, **parts: Any) -> Line:
        return Line(epoch=self.epoch, steps=self.steps, seconds=self.seconds, **parts)

    def _write(self) -> None:
        """Write what was logged; also where that fails, the next line is due later."""
        self._line_at = time.perf_counter() + max(LOOK_SECONDS, self.seconds / LINES)
        if self._writer:
            self._write_to(self._writer)

    def _write_now(self, status: Status | None = None) -> None:
        """Write what was logged, and how the run stands; an error is reported."""
        if writer := self._writer:
            self._troubles.kept_in("not kept", lambda: self._write_to(writer, status or writer.info.status))

    def _write_to(self, writer: ScriptWriter, status: Status | None = None) -> None:
        for name, error in self._values.read():
            self._not_logged(name, error)
        values = self._values.take()
        first, self._first = min(self._first, self.steps), self.steps + 1
        writer.info.epoch, writer.info.steps, writer.info.seconds = self.epoch, self.steps, self.seconds
        writer.take(values)
        try:
            writer.add([self._line(first=first, values=values)] if values else [])
            if self._tee:
                writer.add_output(self._tee.take())
        finally:
            writer.write_info(status)

    def leave_to_parent(self) -> None:
        """In a process that was forked: the run is the parent's, as is its lock, which `RunLock` itself lets go of."""
        self._open, self._aside = False, ""
        if self._tee:
            self._tee.end()
        self._writer = None


def captures() -> bool:
    """Whether a CUDA graph is made of what is done now: whoever read a tensor would break it."""
    initialized: Any = torch.cuda.is_initialized
    return bool(initialized()) and torch.cuda.is_current_stream_capturing()


def _not_compiled(do: Callable[[], None]) -> Callable[[Optimizer, Any, Any], None]:
    """A hook that does this. A step may be compiled: what is done around it is not, and where it isn't, costs less."""
    disable: Any = torch.compiler.disable
    disabled = disable(do)

    def hook(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if torch.compiler.is_compiling():
            disabled()
        else:
            do()

    return hook


open_loops: "weakref.WeakSet[Loop]" = weakref.WeakSet()


def _leave_all_to_parent() -> None:
    for loop in list(open_loops):
        loop.leave_to_parent()
    open_loops.clear()


os.register_at_fork(after_in_child=_leave_all_to_parent)
