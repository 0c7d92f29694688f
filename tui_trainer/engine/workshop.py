"""The workshop: a process of its own that makes native code, so that training and screen go on meanwhile.

It is given recipes and the folder to keep their code in, one a line, and answers each with a line:
nothing when the code is there, or why it can't be had. When it dies, what it was doing has failed,
and the next recipe starts another.
"""

import contextlib
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from tui_trainer.experiment import Experiment
from tui_trainer.files import own_python

_jobs: "queue.Queue[Job]" = queue.Queue()
_starting = threading.Lock()
_worker: threading.Thread | None = None


@dataclass
class Job:
    """Native code that was asked for: whether it is done, and what went wrong."""

    recipe: Experiment
    folder: Path
    done: bool = False
    failure: str = ""


def ask(recipe: Experiment, folder: Path) -> Job:
    """Have the native code of a recipe made, aside, into a private folder: that of a `LibraryCache`."""
    global _worker
    job = Job(recipe, folder)
    _jobs.put(job)
    with _starting:
        if _worker is None:
            _worker = threading.Thread(target=_serve, name="workshop", daemon=True)
            _worker.start()
    return job


def _serve() -> None:
    process: subprocess.Popen[bytes] | None = None
    while True:
        job = _jobs.get()
        try:
            if process is None or process.poll() is not None:
                process = _start()
            job.failure = _order(process, job)
        except OSError as error:
            job.failure = f"the compiling process ended early ({error})"
        job.done = True


def _start() -> subprocess.Popen[bytes]:
    command = [*own_python(), "-m", "tui_trainer.engine.workshop"]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere)  # noqa: S603


def _order(process: subprocess.Popen[bytes], job: Job) -> str:
    assert process.stdin
    assert process.stdout
    process.stdin.write(msgspec.json.encode((str(job.folder), job.recipe)) + b"\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer.endswith(b"\n"):
        raise OSError(f"exit status {process.wait()}")
    return answer.decode(errors="replace").strip()


def work(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Make the native code of each recipe that comes, until no more can come."""
    os.nice(5)
    import torch

    from tui_trainer.engine.build import build
    from tui_trainer.engine.library import LibraryCache

    torch.set_num_threads(1)
    for line in orders:
        try:
            folder, recipe = msgspec.json.decode(line, type=tuple[str, Experiment])
            build(recipe, LibraryCache(Path(folder), Path(folder)))
            said = ""
        except Exception as error:  # whatever it is, there is no native code, and training goes on without
            said = " ".join(str(error).split()) or type(error).__name__
        answers.write(said.encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        work(sys.stdin.buffer, sys.stdout.buffer)
