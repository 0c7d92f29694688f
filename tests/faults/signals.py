"""Whoever trains is told to end, to keep what there is, or loses the terminal: a checkpoint is kept at that moment."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.conftest import Terminal
from tests.faults.forks import TerminalFork, runs_folder, warm_up
from tui_trainer.runs import checkpoint, metrics
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.stored_run import StoredRun

LONG = ("--epochs=1000000000", "--samples=20", "--activation=tanh", "--device=cpu", "--execution=eager")
STEPS = 20  # of an epoch
CLOSED = "closed"
WAYS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, CLOSED)


def without_the_app(count: int, seed: int, folder: Path) -> str:
    """Each way in turn, from the one with the seed's number on, for `tui-trainer train` with its bars."""

    def start() -> TerminalFork:
        fork = TerminalFork("train", *LONG)
        fork.wait_for(lambda: re.search(r"loss \d", fork.text), "progress")
        return fork

    warm_up(folder)
    return _each_way(count, seed, folder, start)


def in_the_app(count: int, seed: int, folder: Path) -> str:
    """Each way in turn, from the one with the seed's number on, for the app."""

    def start() -> Terminal:
        t = Terminal(*LONG, **_environment())
        t.wait_for("press space to train")
        t.press("space", lambda: t.state == "running" and t.epoch > 1)
        return t

    return _each_way(count, seed, folder, start)


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("TUI_TRAINER_RUNS", "XDG_CACHE_HOME")}


def _each_way(count: int, seed: int, folder: Path, start: Callable[[], Terminal | TerminalFork]) -> str:
    for number in range(count):
        way = WAYS[(seed + number) % len(WAYS)]
        runs_folder(folder / str(number))
        terminal = start()
        try:
            if way == signal.SIGUSR1:
                _keep(terminal)
            _end(terminal, way)
        finally:
            terminal.close()
        _check_kept()
    return "status `stopped`, its checkpoint where its metrics end, exit code 128 + signal, the terminal restored"


def _end(terminal: Terminal | TerminalFork, way: signal.Signals | str) -> None:
    if way == CLOSED:
        terminal.hang_up()
        code = terminal.wait_unseen() if isinstance(terminal, Terminal) else terminal.wait()
        assert code == 128 + signal.SIGHUP
        return
    number = signal.SIGTERM if way == signal.SIGUSR1 else signal.Signals(way)
    terminal.kill(number)
    assert terminal.wait() == 128 + number
    if way != signal.SIGHUP:  # after which there is no terminal to restore
        terminal.assert_restored()


def _keep(terminal: Terminal | TerminalFork) -> None:
    """Ask for checkpoints, and see that training goes on."""
    kept = [0]
    for _ in range(2):
        terminal.kill(signal.SIGUSR1)
        terminal.wait_for(lambda: _checkpoint_steps(_run()) > kept[-1], "checkpoint")
        kept.append(_checkpoint_steps(_run()))
        assert _run().status == "running"
    told = metrics.last_losses(_run().folder).epoch
    terminal.wait_for(lambda: metrics.last_losses(_run().folder).epoch > told, "training that goes on")


def _checkpoint_steps(run: StoredRun) -> int:
    return checkpoint.read(run.folder)[0].facts.steps if (run.folder / checkpoint.NAME).exists() else 0


def _run() -> StoredRun:
    runs, troubles = all_runs()
    assert not troubles
    (run,) = runs
    return run


def _check_kept() -> None:
    run = _run()
    told = metrics.read(run.folder)
    state, size, trouble = checkpoint.read(run.folder)
    assert (run.status, run.live, trouble) == ("stopped", False, "")
    assert state.facts.steps == run.info.steps
    assert state.facts.epoch == run.info.epoch == len(told.history) == metrics.last_losses(run.folder).epoch
    assert size == told.size == (run.folder / metrics.NAME).stat().st_size
    assert 0 <= state.facts.steps - told.steps < STEPS, "it was stopped in an epoch that had begun"
