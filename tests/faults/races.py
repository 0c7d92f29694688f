"""Two processes want the same run: one gets it, the other is told who has it; after a SIGKILL it is free at once."""

import os
import re
import signal
import time
from pathlib import Path

from tests.faults.forks import PATIENCE, Fork, runs_folder, warm_up
from tests.faults.kills import readable
from tui_trainer.runs.lock import RunLock

LONG = ("--epochs=1000000000", "--samples=20", "--activation=tanh", "--device=cpu", "--execution=eager")


def two_processes(count: int, seed: int, folder: Path) -> str:
    """Both resume the run at once; then the winner is killed."""
    warm_up(folder)
    runs_folder(folder / "runs")
    _begin()
    (run,) = readable()
    for _ in range(count):
        gate, opening = os.pipe()
        racers = [Fork("resume", run.folder.name, "--json", first=lambda gate=gate: _wait_at(gate)) for _ in range(2)]
        os.write(opening, b"go")
        os.close(gate)
        os.close(opening)
        (loser,) = _ended(racers)
        (winner,) = (racer for racer in racers if racer is not loser)
        assert loser.wait() == 2
        (said,) = loser.said
        found = re.search(r"process (\d+) on \S+ trains it", said)
        assert found, said
        assert int(found[1]) == winner.process, f"{said}, but {winner.process} does"
        winner.wait_for(lambda winner=winner: winner.told, "training")
        winner.kill()
        assert winner.wait() == -signal.SIGKILL
        RunLock(run.folder).release()
    return "one trained, the other ended with code 2 and the first one's process id; killed, it left no lock"


def _begin() -> None:
    fork = Fork("train", "--json", *LONG)
    fork.wait_for(lambda: fork.told, "training")
    fork.kill(signal.SIGTERM)
    assert fork.wait() == 128 + signal.SIGTERM


def _wait_at(gate: int) -> None:
    """A byte of its own for each racer, which both wait for."""
    os.read(gate, 1)


def _ended(racers: list[Fork]) -> list[Fork]:
    """Those that come to their end while the other trains."""
    deadline = time.monotonic() + PATIENCE
    while True:
        ended = [racer for racer in racers if not racer.read(time.monotonic() + 0.02)]
        if ended:
            return ended
        assert time.monotonic() < deadline, "both train the run"
