"""Disks that are full, folders that may not be written, and things in the way of each file that a run writes.

A full disk is a small tmpfs that this process mounts and fills; what may not be written is tried by a
child that is nobody. Both need root: where it is missing, only what stands in the way is tried.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.forks import Fork, runs_folder, warm_up
from tests.faults.kills import readable
from tui_trainer.runs import checkpoint, metrics
from tui_trainer.runs.folder import INFO
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.lock import LIBRARY

NOBODY = 65534
LONG = ("--epochs=1000000000", "--samples=4", "--activation=tanh", "--device=cpu", "--execution=eager")
PAIR = ("--epochs=5", "--samples=20", "--activation=identity,tanh", "--device=cpu", "--execution=eager")
PAGE = 4096
SMALL_FILE = 2 * PAGE  # more than a checkpoint and run.json take, and less than the metrics will


def refused_at_the_start(count: int, seed: int, folder: Path) -> str:
    """Where no run can be kept, none begins: code 2, a line, and nothing left behind."""
    warm_up(folder)
    tried = full = 0
    for number in range(count):
        for place, case in enumerate(
            [_a_file_in_the_way, _nobody_may_write, *(_room_for(pages) for pages in range(8))]
        ):
            with case(folder / f"{number}-{place}") as (runs, first):
                if runs is None:
                    continue
                runs_folder(runs)
                _assert_refused(Fork("train", "--json", *PAIR, first=first), runs)
                tried += 1
                full += os.path.ismount(runs)
    return f"{tried} ways, {full} of them a full disk: code 2 and one line before training begins, nothing left behind"


def _assert_refused(fork: Fork, runs: Path) -> None:
    code = fork.wait()
    if code == 0:  # there was room for all of it
        return
    assert code == 2, fork.said
    (line,) = fork.said
    assert line.startswith(f"tui-trainer: {runs}")
    assert line.endswith("; give --runs-dir or TUI_TRAINER_RUNS another folder")
    assert not fork.lines, "training began"
    left = set(os.listdir(runs)) - {"filler", LIBRARY} if runs.is_dir() else set()
    assert not left, "something was left"


Case = Iterator[tuple[Path | None, Callable[[], object]]]


@contextlib.contextmanager
def _a_file_in_the_way(folder: Path) -> Case:
    folder.write_text("a file where a folder should be")
    yield folder / "runs", lambda: None


@contextlib.contextmanager
def _nobody_may_write(folder: Path) -> Case:
    folder.mkdir(mode=0o755)
    yield (folder if _within_reach(folder) else None), _be_nobody


def _room_for(pages: int) -> Callable[[Path], contextlib.AbstractContextManager[tuple[Path | None, Callable]]]:
    """A disk with room for so many pages: the experiment, run.json and the lock take one each, for both runs."""

    @contextlib.contextmanager
    def case(folder: Path) -> Case:
        with _tmpfs(folder) as mounted:
            if mounted:
                _fill(folder, pages)
            yield (folder if mounted else None), lambda: None

    return case


@dataclass(frozen=True)
class Way:
    """One way in which a write fails while a run trains.

    hurt, heal: what is done to its folder; asked: whether a checkpoint is asked for meanwhile;
    said: what the system says of it; nobody: whether the run's process is nobody.
    """

    name: str
    hurt: Callable[[Path], object]
    heal: Callable[[Path], object]
    asked: bool
    said: str
    nobody: bool = False


def _put_a_folder(name: str) -> Callable[[Path], object]:
    def hurt(run: Path) -> None:
        (run / name).rename(run / f"{name}.aside")
        (run / name).mkdir()
        (run / name / "full").touch()

    return hurt


def _take_the_folder_away(name: str) -> Callable[[Path], object]:
    def heal(run: Path) -> None:
        (run / name / "full").unlink()
        (run / name).rmdir()
        (run / f"{name}.aside").rename(run / name)

    return heal


def _mode(mode: int, name: str = ".") -> Callable[[Path], object]:
    return lambda run: (run / name).chmod(mode)


IN_THE_WAY = [
    Way(f"a folder called {name}", _put_a_folder(name), _take_the_folder_away(name), name != metrics.NAME, said)
    for name, said in (
        (metrics.NAME, "is a directory"),
        (INFO, "is a directory"),
        (checkpoint.NAME, "operation not permitted"),
    )
]
FORBIDDEN = [
    Way("metrics", _mode(0o400, metrics.NAME), _mode(0o600, metrics.NAME), False, "permission denied", nobody=True),
    Way("checkpoint and run.json", _mode(0o500), _mode(0o700), True, "permission denied", nobody=True),
]
FULL = [
    Way("metrics", lambda run: _fill(run.parent, 0), lambda run: _make_room(run.parent), False, "no space left"),
    Way("checkpoint", lambda run: _fill(run.parent, 0), lambda run: _make_room(run.parent), True, "no space left"),
]


def failing_on_the_way(count: int, seed: int, folder: Path) -> str:
    """Training goes on, a line says so, the checkpoint before is whole; what could not be written is, later."""
    warm_up(folder)
    tried = full = 0
    for number in range(count):
        for place, way in enumerate([*IN_THE_WAY, *FORBIDDEN, *FULL]):
            runs = folder / f"{number}-{place}"
            if way.nobody and not _within_reach(runs):
                continue
            with _tmpfs(runs) if way in FULL else contextlib.nullcontext(True) as mounted:
                if mounted:
                    runs.mkdir(exist_ok=True)
                    _fail_on_the_way(way, runs)
                    tried += 1
                    full += way in FULL
        _grow_too_large(folder / f"{number}-large")
        tried += 1
    return (
        f"{tried} ways, {full} of them a full disk: a line and training goes on; the checkpoint before is whole; "
        f"later all is kept again, and resumed"
    )


def _fail_on_the_way(way: Way, runs: Path) -> None:
    runs_folder(runs)
    if way.nobody:
        os.chown(runs, NOBODY, NOBODY)
    first = _be_nobody if way.nobody else lambda: None
    fork = Fork("train", "--json", *LONG, first=first)
    fork.wait_for(lambda: fork.told, "training")
    (folder,) = (run.folder for run in all_runs()[0])
    fork.kill(signal.SIGUSR1)
    fork.wait_for(lambda: (folder / checkpoint.NAME).exists(), "checkpoint")
    fork.wait_for(lambda: (folder / metrics.NAME).stat().st_size, "metrics")
    whole = checkpoint.read(folder)[0].facts.steps

    way.hurt(folder)
    if way.asked:
        fork.kill(signal.SIGUSR1)
    fork.wait_for(lambda: fork.said, "line about it")
    (line,) = fork.said
    assert line.startswith(f"tui-trainer: not kept: {folder}: {way.said}"), line
    assert line.endswith("; training goes on")
    told = len(fork.told)
    fork.wait_for(lambda: len(fork.told) > told, "training that goes on")
    way.heal(folder)
    assert checkpoint.read(folder)[0].facts.steps >= whole

    fork.wait_for(lambda: fork.said[1:], "line that it goes on")
    assert fork.said[1:] == ["tui-trainer: kept again"]
    fork.kill(signal.SIGTERM)
    assert fork.wait() == 128 + signal.SIGTERM
    _assert_whole(folder, fork, first)


def _grow_too_large(runs: Path) -> None:
    """A limit on the size of files, which cuts a write in its middle: only the metrics grow over it."""
    runs_folder(runs)
    fork = Fork("train", "--json", *LONG, first=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILE,) * 2))
    fork.wait_for(lambda: fork.said, "line about it")
    (run,) = all_runs()[0]
    assert fork.said == [f"tui-trainer: not kept: {run.folder}: file too large; training goes on"]
    fork.kill(signal.SIGTERM)
    assert fork.wait() == 128 + signal.SIGTERM
    (run,) = readable()
    kept = metrics.read(run.folder)
    assert kept.damaged == 0
    losses = [loss for _, loss in _losses(fork)]
    assert kept.history.losses.tolist() == losses[: len(kept.history)]
    assert Fork("resume", "--json", "--epochs", str(len(kept.history) + 5)).wait() == 0
    assert readable()[0].status == "completed"


def _assert_whole(folder: Path, fork: Fork, first: Callable[[], object]) -> None:
    """All that was told is kept, and can be taken up by the same user."""
    (run,) = readable()
    assert run.status == "stopped"
    history = metrics.read(folder).history
    assert list(enumerate(history.losses.tolist(), 1)) == _losses(fork)
    assert checkpoint.read(folder)[0].facts.epoch == len(history)
    resumed = Fork("resume", "--json", "--epochs", str(len(history) + 5), first=first)
    assert resumed.wait() == 0, resumed.said
    assert readable()[0].status == "completed"


def _losses(fork: Fork) -> list[tuple[int, float]]:
    events = [json.loads(line) for _, line in fork.lines]
    return [(event["epoch"], event["loss"]) for event in events if event["event"] == "epoch"]


# The disk, and who writes to it.


@contextlib.contextmanager
def _tmpfs(folder: Path) -> Iterator[bool]:
    """A disk of 256 kB mounted there, where that is permitted; yields whether it is."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        done = False
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(disk: Path, pages: int) -> None:
    """Leave room for so many pages."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(PAGE))
    os.truncate(filler, max(0, filler.stat().st_size - pages * PAGE))


def _make_room(disk: Path) -> None:
    (disk / "filler").unlink()


def _within_reach(folder: Path) -> bool:
    """Let nobody pass through this fault's own temporary folder; returns whether that does."""
    if os.geteuid():
        return False
    for parent in folder.parents[:2]:
        parent.chmod(0o711)
    return all(parent.stat().st_mode & 0o001 for parent in folder.parents)


def _be_nobody() -> None:
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
