"""Native code ahead of time: a process that compiles into the cache what is likely to be trained next.

`python -m tui_trainer.engine.ahead`: comparisons come on stdin, an object with the values of each setting a line, and
each takes the place of the one before it. Nothing is answered: whoever trains finds the code in the cache, or waits for
it there. At the end of stdin, or by SIGTERM, all ends.

PyTorch is loaded once, and each run's code is made in a fork, which can be cancelled. The mode that a run trains in
does not depend on any of this.
"""

import contextlib
import gc
import os
import select
import signal
from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

import msgspec

from tui_trainer.comparison import Comparison
from tui_trainer.engine.execution import WORTH_STEPS
from tui_trainer.experiment import Experiment, is_mixed, update_size
from tui_trainer.sentence import InputError

NICENESS = 3  # the screen and the thread that trains come first
MOST_SAMPLES = 200_000  # to load more takes longer than the code
REAP_SECONDS = 0.05
CANCEL = {signal.SIGTERM}


def as_line(comparison: Comparison) -> bytes:
    """A comparison as stdin has it."""
    return msgspec.json.encode(dict(comparison.values)) + b"\n"


def of_line(line: bytes) -> Comparison:
    """The comparison of a line of stdin."""
    return Comparison(msgspec.json.decode(line, type=dict[str, tuple[Any, ...]]))


def serve() -> None:
    """Compile what is asked for, until stdin ends."""
    os.nice(NICENESS)
    forks = Forks(os.cpu_count() or 1)
    signal.signal(signal.SIGTERM, forks.end)
    content, asked = b"", 0
    while True:
        if select.select([0], [], [], REAP_SECONDS if forks.at_work else None)[0]:
            piece = os.read(0, 1 << 16)
            if not piece:
                forks.end()
            *lines, content = (content + piece).split(b"\n")
            asked += len(lines)
            # PyTorch is not loaded beside whoever has just begun to load it, unless it is of use by then.
            comparison = of_line(lines[-1]) if lines else None
            if comparison and (asked > 1 or may_compile(comparison)):
                _load()
                forks.take(comparison)
        forks.go_on()


class Forks:
    """The processes that compile, each the code of a run, and the runs that wait for one."""

    def __init__(self, most: int) -> None:
        """most: how many compile at a time."""
        self._most = most
        self._numbers: set[int] = set()
        self._waiting: list[Experiment] = []
        self._wanted: list[Experiment] | None = None

    @property
    def at_work(self) -> bool:
        """Whether any compiles."""
        return bool(self._numbers)

    def take(self, comparison: Comparison) -> None:
        """Compile the code of these runs, and nothing that was wanted before."""
        try:
            # Neither rate nor seed is part of the code.
            alike = (msgspec.structs.replace(e, lr=1e-3, seed=0) for e in comparison.runs.values())
            wanted = list(dict.fromkeys(alike))
        except InputError:
            wanted = []
        if wanted != self._wanted:
            self._cancel()
            self._wanted, self._waiting = wanted, wanted.copy()

    def go_on(self) -> None:
        """Take leave of those that have ended, and begin others in their place."""
        self._numbers = {number for number in self._numbers if os.waitpid(number, os.WNOHANG)[0] == 0}
        while self._waiting and len(self._numbers) < self._most:
            experiment = self._waiting.pop(0)
            signal.pthread_sigmask(signal.SIG_BLOCK, CANCEL)  # until each has its own way to take it
            number = os.fork()
            if not number:
                _compile(experiment)
            self._numbers.add(number)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, CANCEL)

    def end(self, *signalled: object) -> NoReturn:
        """End them, and this process."""
        self._cancel()
        for number in self._numbers:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(number, 0)
        os._exit(0)

    def _cancel(self) -> None:
        self._waiting = []
        for number in self._numbers:
            os.kill(number, signal.SIGTERM)  # none is gone before it was waited for


def may_compile(comparison: Comparison) -> bool:
    """Whether one of these runs may train in native code, as far as that is known without PyTorch."""
    from tui_trainer.data.sources import source_of
    from tui_trainer.own_settings import references_of

    def may(experiment: Experiment) -> bool:
        if is_mixed(experiment) or references_of(experiment):
            return False
        samples = source_of(experiment).sizes().samples
        steps = experiment.epochs * -(-samples // update_size(experiment))
        return experiment.execution == "compiled" or (experiment.execution == "auto" and steps >= WORTH_STEPS)

    try:
        return any(map(may, comparison.runs.values()))
    except InputError:
        return False


@cache
def _load() -> None:
    """Load all that compiling needs: PyTorch loads much of it at the first trace."""
    import torch

    from tui_trainer.engine.execution.compiler import source, warm_caches
    from tui_trainer.engine.execution.mode import Work
    from tui_trainer.engine.step import TrainingStep

    torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Tanh(), torch.nn.Linear(1, 1))
    step = TrainingStep(model, torch.nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1))
    x = torch.ones(2, 1)
    step(x, x, 0.1)
    with contextlib.suppress(Exception):  # whoever compiles in earnest finds out why
        warm_caches()
        source(Work(step, x, x, torch.tensor([2])))
    gc.collect()
    gc.freeze()  # what is shared with forks stays so


def _compile(experiment: Experiment) -> NoReturn:
    """Be the process that compiles the code of a run, to its end."""
    cancelled: list[int] = []
    try:
        signal.signal(signal.SIGTERM, lambda number, frame: cancelled.append(number))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, CANCEL)
        compile_ahead(experiment, lambda: bool(cancelled))
    except BaseException:  # whoever trains it finds out why, and says so
        os._exit(1)
    os._exit(0)


def compile_ahead(experiment: Experiment, cancelled: Callable[[], bool] = lambda: False) -> None:
    """Have the native code of a run in the cache, if it trains in native code, and its data is soon loaded.

    Raises what stands in the way: InputError, CannotRun, Cancelled, or what PyTorch raises.
    """
    from tui_trainer.data.sources import source_of
    from tui_trainer.engine.control import RunControl
    from tui_trainer.engine.devices import has_accelerator
    from tui_trainer.engine.execution.auto import best_for
    from tui_trainer.engine.execution.compiler import build
    from tui_trainer.engine.execution.library import library_cache
    from tui_trainer.engine.execution.mode import Work
    from tui_trainer.engine.turns import prepare_trainers
    from tui_trainer.own_settings import references_of

    if references_of(experiment):  # which only trains, and is not run for this
        return
    on_cpu = experiment.device == "cpu" or (experiment.device == "auto" and not has_accelerator())
    if not on_cpu or is_mixed(experiment) or experiment.execution not in ("auto", "compiled") or library_cache().note:
        return  # a cache that is this process's own serves nobody
    if source_of(experiment).sizes().samples > MOST_SAMPLES:
        return
    (trainer,) = prepare_trainers({"": experiment}, RunControl())
    steps = experiment.epochs * trainer.sampler.per_epoch
    multiplied = trainer.multiplications(trainer.sampler.batch)
    if experiment.execution == "auto" and best_for("cpu", multiplied, steps, experiment) != "compiled":
        return
    trainer.step(*trainer.dataset[: trainer.sampler.batch], experiment.lr)  # which makes the optimizer's state
    build(Work(trainer.step, trainer.dataset.x, trainer.dataset.y, trainer.sampler.sizes, cancelled))


if __name__ == "__main__":
    serve()
