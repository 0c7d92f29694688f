"""The run that `watch()` gives: what a script says of its loop."""

import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from torch import nn
from torch.optim import Optimizer

from tui_trainer.engine.status import Status
from tui_trainer.escape import encodable
from tui_trainer.runs.folder import At
from tui_trainer.script import checkpoint
from tui_trainer.script.loop import Loop, Stopped, captures, open_loops
from tui_trainer.script.pictures import picture_of, tensor_of
from tui_trainer.script.ranks import not_joined, ranks_here
from tui_trainer.script.weights import histograms as histograms_of
from tui_trainer.script.writer import ScriptWriter, run_name

SHOW_SECONDS = 0.25  # between two pictures, and between two histograms, of a name
SILENT_SECONDS = 1.0  # without a step of the optimizer: from then on `log` looks
MAX_ERROR = 20_000


class Run(Loop):
    """A script's run. Outside its `with` block it keeps nothing, and says so in a line."""

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
        """As `watch` says; raises: whether a stop leaves the block; else `stopped` tells of it."""
        super().__init__(models, optimizers, run_name(name), output, histograms, raises)
        self._config = config
        self._begin_at = 0  # epochs that `resume` put back, and `epochs` has yet to go on from
        self._registered: list[Any] = []
        self._shown_at: dict[tuple[str, str], float] = {}

    def __enter__(self) -> Self:
        self._began = self._stepped = time.perf_counter()
        self._open = True
        open_loops.add(self)
        self._troubles.kept_in("this run is not kept", self._begin)
        self._registered = self._troubles.kept_in("its steps are not seen", self._hooks) or []
        return self

    def _begin(self) -> None:
        rank = not_joined()
        if rank is not None:
            self._troubles.warn("call torch.distributed.init_process_group before watch(): requests reach one process")
        self._steering.ranks = ranks = ranks_here()
        if ranks.first if ranks else not rank:
            self._writer = ScriptWriter.begin(self.name, self._models, self._config)
            if self._tee:
                self._tee.begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if self._open:  # a process that was forked within the block leaves it too
            self._open, self._aside = False, "the run is over, and nothing more of it is kept"
            open_loops.discard(self)
            for hook in self._registered:
                hook.remove()
            if self._tee:
                self._tee.end()
            self._troubles.kept_in("its end is not kept", lambda: self._end(error))
        return isinstance(error, Stopped) and error.run is self

    def _end(self, error: BaseException | None) -> None:
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

    def log(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Log numbers by name: Python's, tensors, numpy's, lists of them. `epoch` says which epoch it is.

        Tensors stay on their device until they are read, four times a second at most: no step waits for one.
        """
        if not self._open:  # asked here, and not by a function: that would be a tenth of what a log costs
            self._leave_aside("log")
            return
        ranks = self._steering.ranks
        if ranks and not ranks.first:
            return
        if values is not None:
            if isinstance(values, Mapping):
                named = {**values, **named}
            else:
                self._troubles.warn(f"log: a {type(values).__name__} is no dict of numbers by name; training goes on")
        for name, value in named.items():
            try:
                if name == "epoch":
                    self.epoch = max(0, int(value))
                elif self._writer:
                    self._values.add(name, value)
            except Exception as error:
                self._not_logged(name, error)
        if not self._optimizers:
            self.steps += 1
        now = time.perf_counter()
        if self._writer and now >= self._line_at and not captures():
            self._troubles.kept_in("not kept", self._write)
        # Where no step is heard of: they are a captured graph's, or those of an optimizer that was not named.
        if now >= self._look_at and not ranks and (not self._optimizers or now - self._stepped > SILENT_SECONDS):
            self._look()

    def epochs(self, count: int) -> Iterator[int]:
        """`for epoch in run.epochs(90)`: as `range`, and the run knows where it is; after `resume`, from there on."""
        self.expect_epochs(count)
        begin, self._begin_at = self._begin_at, 0
        for epoch in range(begin, count):
            yield epoch
            self.epoch = epoch + 1

    def expect_epochs(self, count: int) -> None:
        """How many epochs there will be, for a loop that has its own `for`."""
        writer, count = self._writer, max(0, count)
        if writer and writer.info.epochs != count:  # whoever watches sees at once how far it is
            writer.info.epochs = count
            self._write_now()

    def image(self, name: str, picture: Any) -> None:
        """Show a picture: (h, w), (1 or 3, h, w), (h, w, 3), or several side by side, (n, 1 or 3, h, w).

        Four times a second at most; the last 20 of a name are kept.
        """
        if (writer := self._writer_for("image", name)) is not None:
            what = f"image: {name}"
            self._troubles.kept_in(what, lambda: writer.add_image(str(name), self.steps, picture_of(picture)))

    def histogram(self, name: str, values: Any) -> None:
        """Show how the values of a tensor are spread. Four times a second at most."""
        if (writer := self._writer_for("histogram", name)) is not None:
            self._troubles.kept_in(
                f"histogram: {name}",
                lambda: writer.add_histograms(histograms_of(str(name), "", tensor_of(values), self.steps)),
            )

    def _writer_for(self, kind: str, name: str) -> ScriptWriter | None:
        """Where the next picture or histogram of this name goes, if so long has gone by since the last one."""
        if not self._open:
            self._leave_aside(kind)
            return None
        now = time.perf_counter()
        if not self._writer or now < self._shown_at.get((kind, name), 0.0):
            return None
        self._shown_at[kind, name] = now + SHOW_SECONDS
        return self._writer

    def checkpoint(self) -> None:
        """Keep the state of models and optimizers beside the run, in the place of what was kept before."""
        if not self._open:
            self._leave_aside("checkpoint")
        else:
            self._troubles.kept_in("checkpoint", self._checkpoint)

    def resume(self, run: str = "") -> int:
        """Put back the newest checkpoint of this script's runs, or of the run with this name or id.

        Returns the epoch it was taken in: 0 where there is none. Raises ValueError where it does not fit.
        """
        troubles: list[str] = []
        kept = self._troubles.kept_in("resume", lambda: checkpoint.newest(run or self.name, troubles))
        for trouble in troubles:
            self._troubles.warn(f"resume: {trouble}")
        if not kept:
            return 0
        kept.put(self._models, self._optimizers)
        self.epoch, self.steps = kept.header.epoch, kept.header.steps
        self._begin_at, self._first = self.epoch, self.steps + 1
        if self._writer:
            self._writer.info.parent, self._writer.info.at = kept.run, At(epoch=self.epoch, steps=self.steps)
            self._write_now()
        return self.epoch
