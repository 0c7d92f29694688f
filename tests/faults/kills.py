"""Processes that train are killed at random instants: what they left can be read, and taken up."""

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.forks import Fork, TerminalFork, checkpoint_often, runs_folder, warm_up
from tui_trainer.runs import metrics
from tui_trainer.runs.group_writer import METRICS_SECONDS
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.stored_run import StoredRun

EPOCHS = 100
TRAIN = (f"--epochs={EPOCHS}", "--samples=20", "--activation=tanh", "--device=cpu", "--execution=eager")
# Losses wait that long for more of them; then a thread must get its turn on a busy machine, and the disk its time.
SLACK = 0.75
CHECKPOINTS = 0.05


def without_the_app(count: int, seed: int, folder: Path) -> str:
    """Kill `tui-trainer train --json`."""

    def start(draw: random.Random) -> tuple[Fork, float]:
        often = checkpoint_often(draw.choice([CHECKPOINTS, 10.0]))
        return Fork("train", "--json", *TRAIN, first=often), draw.uniform(0, 0.7)

    return _killed(count, seed, folder, start)


def in_the_app(count: int, seed: int, folder: Path) -> str:
    """Kill the app, from the key that begins to train on."""

    def start(draw: random.Random) -> tuple[Fork, float]:
        app = TerminalFork(*TRAIN, first=checkpoint_often(draw.choice([CHECKPOINTS, 10.0])))
        app.wait_for(lambda: "press space to train" in app.text, "app")
        app.type(" ")
        return app, draw.uniform(0, 0.9)

    return _killed(count, seed, folder, start)


def _killed(count: int, seed: int, folder: Path, start: Callable[[random.Random], tuple[Fork, float]]) -> str:
    warm_up(folder)
    draw = random.Random(seed)
    whole = _whole(folder / "whole")
    behind, resumed = [0.0], 0
    for number in range(count):
        runs_folder(folder / str(number))
        fork, instant = start(draw)
        fork.read(time.monotonic() + instant)
        killed = fork.kill()
        fork.wait()
        assert readable() or not any(epoch for _, epoch in fork.told)
        for run in readable():
            behind.append(_behind(run, fork, killed))
            if run.unfinished:
                assert Fork("resume", "--headless").wait() == 0
                left = [file.name for file in run.folder.glob(".*")]
                assert not left, f"half written and left: {left}"
                resumed += 1
            (run,) = readable()
            assert run.status == "completed"
            assert metrics.read(run.folder).history.losses.tolist() == whole
        shutil.rmtree(folder / str(number), ignore_errors=True)
    limit = METRICS_SECONDS + SLACK
    assert max(behind) <= limit, f"the metrics were {max(behind):.3f} s behind"
    return (
        f"every run readable; metrics at most {1000 * max(behind):.0f} ms behind what was printed "
        f"(bound {1000 * limit:.0f}: {1000 * METRICS_SECONDS:.0f} and slack); {resumed} resumed to the end, "
        f"every loss as in a run that was never cut"
    )


def _whole(folder: Path) -> list[float]:
    """The losses of the run that nobody kills."""
    runs_folder(folder)
    assert Fork("train", "--json", *TRAIN).wait() == 0
    return metrics.read(readable()[0].folder).history.losses.tolist()


def _behind(run: StoredRun, fork: Fork, killed: float) -> float:
    """For how long an epoch had been told, when the process was killed, that is not on the disk."""
    kept = len(metrics.read(run.folder).history)
    return max((killed - when for when, epoch in fork.told if epoch > kept), default=0.0)


def readable() -> list[StoredRun]:
    """All stored runs, none of which may be spoiled."""
    runs, troubles = all_runs()
    assert not troubles, troubles
    assert not any(run.live for run in runs)
    return runs
