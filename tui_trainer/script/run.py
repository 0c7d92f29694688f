"""`with watch(model, optimizer) as run:` around a loop of one's own."""

import os
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn
from torch.optim import Optimizer

if TYPE_CHECKING:
    from tui_trainer.engine.requests import Request
    from tui_trainer.engine.status import Status
    from tui_trainer.script.writer import ScriptWriter

LOOK_SECONDS, WAIT_SECONDS = 0.25, 0.05  # between two looks at what is asked; while it is paused
LINES = 4000  # a line at most every so manieth of the time so far: a day has some 22,000
SILENT_SECONDS = 1.0  # without a step of the optimizer: from then on `log` looks
MAX_ERROR = 20_000
Kind = TypeVar("Kind")


class Stopped(BaseException):
    """Somebody asked the run to stop: it leaves the `with` block as an error would, and goes no further.

    No Exception, lest the loop's own `except Exception` goes on.
    """

    def __init__(self, run: "Run") -> None:
        super().__init__(f"{run.name or 'the run'} was asked to stop")
        self.run = run


def watch(
    model: nn.Module | Sequence[nn.Module] | None = None,
    optimizer: Optimizer | Sequence[Optimizer] | None = None,
    *,
    name: str = "",
    config: object = None,
    output: bool = False,
    histograms: bool = True,
) -> "Run":
    """Have a loop watched from any other terminal, by `tui-trainer watch`: `with watch(model, optimizer) as run:`.

    model, optimizer: one or several; steps are those of the first optimizer, and without any the calls of `run.log`.
    name: what the run is called, as the script is by default. config: what it was started with, such as `vars(args)`.
    output: keep what is printed as well. histograms: of weights and gradients, now and then.
    Raises TypeError for what is no model or optimizer.
    """
    models, optimizers = _all("model", model, nn.Module), _all("optimizer", optimizer, Optimizer)
    return Run(models, optimizers, name, config, output, histograms)


class Run:
    """A script's run. Outside its `with` block it does nothing.

    epoch: the one that was told last; steps: that were taken; stopped: whether it was asked to stop.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        optimizers: Sequence[Optimizer],
        name: str = "",
        config: object = None,
        output: bool = False,
        histograms: bool = True,
        raises: bool = True,
    ) -> None:
        """raises: whether a stop leaves the block; else `stopped` tells of it."""
        # What all else needs is loaded with the first run: that a script imports this costs it nothing.
        from tui_trainer.script.steering import Steering
        from tui_trainer.script.tee import Tee
        from tui_trainer.script.troubles import Troubles
        from tui_trainer.script.values import Values
        from tui_trainer.script.weights import Weights

        self.name, self._config, self._raises = name, config, raises
        self._models, self._optimizers = models, optimizers
        self.epoch = self.steps = self._begin_at = 0
        self._first = 1  # step since the last line
        self._open = False
        self._writer: ScriptWriter | None = None
        self._hooks: list[Any] = []
        self._tee, self._troubles, self._values = Tee() if output else None, Troubles(), Values()
        self._steering, self._weights = Steering(None), Weights(models) if histograms else None
        self._busy = threading.Lock()
        self._began = self._pauses = self._look_at = self._line_at = self._stepped = 0.0
        self._shown_at: dict[tuple[str, str], float] = {}

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._steering.stopped

    @property
    def seconds(self) -> float:
        """Of training so far, without pauses."""
        return time.perf_counter() - self._began - self._pauses

    def __enter__(self) -> "Run":
        self._began = self._stepped = time.perf_counter()
        self._open = True
        _open_runs.add(self)
        self._troubles.kept_in("this run is not kept", self._begin)
        for optimizer in self._optimizers[:1]:
            # A step may be compiled: what is done around it is not.
            disable: Any = torch.compiler.disable
            before, after = disable(self._before_step), disable(self._after_step)
            self._hooks = [optimizer.register_step_pre_hook(before), optimizer.register_step_post_hook(after)]
        return self

    def _begin(self) -> None:
        from tui_trainer.script.ranks import not_joined, ranks_here
        from tui_trainer.script.writer import ScriptWriter

        rank = not_joined()
        if rank is not None:
            self._troubles.say("call torch.distributed.init_process_group before watch(): requests reach one process")
        self._steering.ranks = ranks = ranks_here()
        if ranks.first if ranks else not rank:
            self._writer = ScriptWriter.begin(self.name, self._models, self._config)
            self.name = self._writer.info.name
            if self._tee:
                self._tee.begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if self._open:  # a process that was forked within the block leaves it too
            self._open = False
            _open_runs.discard(self)
            for hook in self._hooks:
                hook.remove()
            if self._tee:
                self._tee.end()
            self._troubles.kept_in("its end is not kept", lambda: self._end(error))
        return isinstance(error, Stopped) and error.run is self

    def _end(self, error: BaseException | None) -> None:
        from tui_trainer.engine.status import Status
        from tui_trainer.escape import encodable

        if not (writer := self._writer):
            return
        match error:
            case None:
                status = Status.STOPPED if self.stopped else Status.COMPLETED
            case KeyboardInterrupt():
                status = Status.INTERRUPTED
            case Exception():
                status = Status.FAILED
                writer.info.error = encodable("".join(traceback.format_exception(error))[-MAX_ERROR:])
            case _:  # asked to, be it a run around this one, or left by sys.exit()
                status = Status.STOPPED
        self._writer = None
        try:
            self._write_to(writer, status)
        finally:
            writer.lock.release()

    # What the script says.

    def log(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Log numbers by name: Python's, tensors, numpy's, lists of them. `epoch` says which epoch it is.

        Tensors stay on their device until they are read, four times a second at most: no step waits for one.
        """
        ranks = self._steering.ranks
        if not self._open or (ranks and not ranks.first):
            return
        if values:
            named = {**values, **named}
        for name, value in named.items():
            try:
                if name == "epoch":
                    self.epoch = max(0, int(value))
                else:
                    self._values.add(name, value)
            except Exception as error:
                self._troubles.tell(f"log: {name}", error)
        if not self._optimizers:
            self.steps += 1
        now = time.perf_counter()
        if now >= self._line_at:
            self._troubles.kept_in("not kept", self._write)
        # Where no step is heard of: they are a captured graph's, or those of an optimizer that was not named.
        if now >= self._look_at and not ranks and (not self._optimizers or now - self._stepped > SILENT_SECONDS):
            self._look()

    def epochs(self, count: int) -> Iterator[int]:
        """`for epoch in run.epochs(90)`: as `range`, and the run knows where it is; after `resume`, from there on."""
        if self._writer:
            self._writer.info.epochs = count
        begin, self._begin_at = self._begin_at, 0
        for epoch in range(begin, count):
            yield epoch
            self.epoch = epoch + 1

    def image(self, name: str, picture: Any) -> None:
        """Show a picture: (h, w), (1 or 3, h, w), (h, w, 3), or several side by side, (n, 1 or 3, h, w).

        Four times a second at most; the last 20 of a name are kept.
        """
        from tui_trainer.script.pictures import picture_of

        if (writer := self._writer_for("image", name)) is not None:
            what = f"image: {name}"
            self._troubles.kept_in(what, lambda: writer.add_image(str(name), self.steps, picture_of(picture)))

    def histogram(self, name: str, values: Any) -> None:
        """Show how the values of a tensor are spread. Four times a second at most."""
        from tui_trainer.script.weights import histograms

        if (writer := self._writer_for("histogram", name)) is not None:
            self._troubles.kept_in(
                f"histogram: {name}",
                lambda: writer.add_histograms(histograms(str(name), "", torch.as_tensor(values), self.steps)),
            )

    def checkpoint(self) -> None:
        """Keep the state of models and optimizers beside the run, in the place of what was kept before."""
        if self._open:
            self._troubles.kept_in("checkpoint", self._checkpoint)

    def resume(self, run: str = "") -> int:
        """Put back the newest checkpoint of this script's runs, or of the run with this name or id.

        Returns the epoch it was taken in: 0 where there is none. Raises ValueError where it does not fit.
        """
        from tui_trainer.runs.folder import At
        from tui_trainer.script import checkpoint

        troubles: list[str] = []
        kept = self._troubles.kept_in("resume", lambda: checkpoint.newest(run or self.name, troubles))
        for trouble in troubles:
            self._troubles.say(f"resume: {trouble}")
        if not kept:
            return 0
        kept.put(self._models, self._optimizers)
        self.epoch, self.steps = kept.header.epoch, kept.header.steps
        self._begin_at, self._first = self.epoch, self.steps + 1
        if self._writer:
            self._writer.info.parent, self._writer.info.at = kept.run, At(epoch=self.epoch, steps=self.steps)
            self._write_now()
        return self.epoch

    # Around each step.

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """Between two steps: what was logged of the last one is in, and the scheduler has set the next one's rate."""
        if not self._open:
            return
        now = self._stepped = time.perf_counter()
        ranks = self._steering.ranks
        if ranks.next_look <= self.steps + 1 if ranks else now >= self._look_at:
            self._look()
        if self._weights and self._writer and self._weights.due(now):
            self._look_at_weights(lambda weights: weights.before(self.steps + 1))

    def _after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self._open:
            self.steps += 1
            if self._weights and self._weights.looked:
                self._look_at_weights(self._take_weights)

    def _look(self) -> None:
        """See what is asked, do it, and wait while that is to pause. Raises Stopped."""
        self._troubles.kept_in("requests", self._look_and_wait)
        if self.stopped and self._raises:
            raise Stopped(self)

    def _look_and_wait(self) -> None:
        if torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing():  # type: ignore[no-untyped-call]
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
        from tui_trainer.engine.status import Status

        began = time.perf_counter()
        self._write_now(Status.PAUSED)
        while self._steering.waits:
            ranks = self._steering.ranks
            if not ranks or ranks.first:
                time.sleep(LOOK_SECONDS if ranks else WAIT_SECONDS)
            self._do_what_is_asked()
            if not self._steering.ranks and (not self._writer or self._writer.lock.lost):
                self._steering.paused = False  # nobody could have it go on any more
        self._pauses += time.perf_counter() - began
        if not self._steering.paused:
            self._write_now(Status.RUNNING)

    def _apply(self, request: "Request") -> None:
        """What is neither of these is no request to a script, and passed over."""
        from tui_trainer.engine.requests import Checkpoint, ScaleRate, Set
        from tui_trainer.script.rates import change_rate

        match request:
            case Checkpoint():
                self._checkpoint()
            case Set(setting="lr") | ScaleRate() if self._optimizers:
                old, new = change_rate(self._optimizers, request)
                if self._writer:
                    self._write_now()
                    self._writer.mark(self._line(), "lr", old, new)

    # What is written.

    def _line(self, **parts: Any) -> Any:
        from tui_trainer.runs.metrics import Line

        return Line(epoch=self.epoch, steps=self.steps, seconds=self.seconds, **parts)

    def _write(self) -> None:
        """Write what was logged, where a line is due."""
        now = time.perf_counter()
        if self._writer:
            self._write_to(self._writer)
        else:
            self._values.take()
        self._line_at = now + max(LOOK_SECONDS, self.seconds / LINES)

    def _write_now(self, status: "Status | None" = None) -> None:
        """Write what was logged, and how the run stands; an error is told."""
        if writer := self._writer:
            self._troubles.kept_in("not kept", lambda: self._write_to(writer, status or writer.info.status))

    def _write_to(self, writer: "ScriptWriter", status: "Status | None" = None) -> None:
        self._values.read()
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

    def _writer_for(self, kind: str, name: str) -> "ScriptWriter | None":
        """Where the next picture or histogram of this name goes, if so long has gone by since the last one."""
        now = time.perf_counter()
        if not self._open or not self._writer or now < self._shown_at.get((kind, name), 0.0):
            return None
        self._shown_at[kind, name] = now + LOOK_SECONDS
        return self._writer

    def _look_at_weights(self, look: Callable[[Any], object]) -> None:
        try:
            look(self._weights)
        except Exception as error:
            if self._weights:
                self._weights.put_off()
            self._troubles.tell("histograms", error)

    def _take_weights(self, weights: Any) -> None:
        found, ratios = weights.after()
        for name, ratio in ratios.items():
            self._values.add(name, ratio)
        if self._writer:
            self._writer.add_histograms(found)

    def _checkpoint(self) -> None:
        """All processes of a script take part: what is spread over them is gathered, and one writes."""
        from tui_trainer.script import checkpoint

        kept = checkpoint.take(self._models, self._optimizers, self.epoch, self.steps)
        if self._writer:
            self._writer.add_checkpoint(kept)
            self._write_now()

    def leave_to_parent(self) -> None:
        """In a process that was forked: the run is the parent's, as is its lock."""
        self._open = False
        if self._tee:
            self._tee.end()
        if self._writer:
            self._writer.lock.release()
            self._writer = None


def _all(what: str, given: Any, kind: type[Kind]) -> list[Kind]:
    """One or several as a list. Raises TypeError for what is of another kind."""
    several = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    for each in several:
        if not isinstance(each, kind):
            raise TypeError(f"watch: {what}: a {type(each).__name__} is none; give a torch {kind.__name__}, or several")
    return several


_open_runs: "weakref.WeakSet[Run]" = weakref.WeakSet()


def _leave_all_to_parent() -> None:
    for run in list(_open_runs):
        run.leave_to_parent()
    _open_runs.clear()


os.register_at_fork(after_in_child=_leave_all_to_parent)
