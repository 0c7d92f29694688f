"""No error of ours ends the training: it is told in a line, and the loop goes on. Forks, kills, compiled steps."""

import os
import resource
import shutil
import signal
import sys
import threading
from pathlib import Path

import pytest
import torch

from tests.processes import wait_for
from tests.warm import Process
from tests.watch.conftest import Training, folders, info, logged
from tui_trainer import watch
from tui_trainer.engine.requests import Pause, Stop
from tui_trainer.engine.status import Status
from tui_trainer.runs.lock import is_locked
from tui_trainer.runs.requests import send


def fill_the_disk(folder: Path) -> None:
    """No file grows any more: what a full disk answers comes from the system itself."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))


def make_requests_a_folder(folder: Path) -> None:
    (folder / "requests.jsonl").mkdir()
    (folder / "requests.jsonl" / "x").touch()


def write_noise(folder: Path) -> None:
    (folder / "requests.jsonl").write_bytes(os.urandom(1000) + b"\n" + b"[" * 200_000 + b"\n")


FAULTS = {
    "a full disk": (fill_the_disk, "not kept: file too large; training goes on"),
    "a folder that vanished": (shutil.rmtree, "not kept: its lock was removed while it trains"),
    "requests that are a folder": (make_requests_a_folder, ""),
    "requests that are noise": (write_noise, ""),
    "a lock that was removed": (lambda folder: (folder / "lock").unlink(), "not kept: its lock was removed"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_training_goes_on_and_one_line_says_why_it_is_not_kept(fault, training, at_every_step, capsys):
    do, told = FAULTS[fault]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with watch(training.model, training.optimizer, output=True) as run:
            for step in range(12):
                run.log(loss=training.step())
                sys.stdout.write("a line\n")
                if step == 3:
                    do(folders()[-1])
                if step == 6:
                    run.checkpoint()
                    run.image("x", training.x)
            done = run.steps
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert done == 12
    said = capsys.readouterr().err.splitlines()
    assert all(line.startswith("tui-trainer: ") and line.isprintable() for line in said)
    assert len(said) == len({*said})
    assert any(told in line for line in said) if told else not said
    for folder in folders():  # what is there can be read
        assert logged(folder).steps >= 4
        assert info(folder).status in ((Status.RUNNING, Status.COMPLETED) if told else (Status.COMPLETED,))


def test_a_pause_ends_where_the_folder_vanishes(training, at_every_step, capsys):
    """Nobody could have it go on any more."""
    taken: list[int] = []

    def train() -> None:
        with watch(training.model, training.optimizer) as run:
            for step in range(12):
                training.step()
                if step == 3:
                    send(folders()[-1], Pause())
            taken.append(run.steps)

    trains = threading.Thread(target=train, daemon=True)
    trains.start()
    wait_for(lambda: folders() and info().status is Status.PAUSED)
    assert not taken
    shutil.rmtree(folders()[-1])
    trains.join(30)
    assert taken == [12]
    assert "not kept: its lock was removed while it trains" in capsys.readouterr().err


def test_a_pipe_in_a_files_place_is_not_waited_for(training, at_every_step, capsys):
    """Whoever opened it to write would wait for one who reads."""
    taken: list[int] = []

    def train() -> None:
        with watch(training.model, training.optimizer) as run:
            os.mkfifo(folders()[-1] / "metrics.jsonl")
            for _ in range(3):
                run.log(loss=training.step())
        taken.append(run.steps)

    trains = threading.Thread(target=train, daemon=True)
    trains.start()
    trains.join(30)
    assert taken == [3]
    assert "not kept: no such device or address; training goes on" in capsys.readouterr().err


def test_a_disk_that_has_room_again_gets_what_was_missing(training, at_every_step):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    with watch(training.model, training.optimizer, histograms=False) as run:
        try:
            fill_the_disk(folders()[-1])
            for _ in range(5):
                run.log(loss=training.step())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        run.log(loss=training.step())
    assert logged().logged.series["loss"].steps.tolist() == [1, 2, 3, 4, 5, 6]


class Unwilling(dict):
    """A config that can't be read."""

    def items(self):
        raise RuntimeError("not today\x1b")


def test_training_begins_where_no_run_can_be_kept(training, at_every_step, capsys, tmp_path, monkeypatch):
    with watch(training.model, training.optimizer, config=Unwilling(a=1)) as run:
        run.log(loss=training.step())
    assert capsys.readouterr().err == "tui-trainer: this run is not kept: not today\\x1b; training goes on\n"
    (tmp_path / "file").touch()
    monkeypatch.setenv("TUI_TRAINER_RUNS", str(tmp_path / "file"))
    monkeypatch.setattr(sys, "stderr", None)
    with watch(training.model, training.optimizer, output=True) as run:
        run.log(loss=training.step())
        run.checkpoint()
        assert run.resume() == 0
    assert run.steps == 1


def test_a_process_forked_on_the_way_neither_writes_nor_holds_the_lock(training, at_every_step):
    """As DataLoader's workers are: they live longer than a parent that is killed, for seconds."""
    ends = os.pipe()
    with watch(training.model, training.optimizer, output=True) as run:
        run.log(loss=training.step())
        before = (folders()[-1] / "metrics.jsonl").read_bytes()
        if (child := os.fork()) == 0:
            try:
                training.step()
                run.log(loss=9.0)
                run.checkpoint()
                sys.stdout.write("of a child\n")
                run.__exit__(None, None, None)
            finally:
                os.close(ends[1])
                os.read(ends[0], 1)
                os._exit(0)
        os.close(ends[0])
        assert is_locked(folders()[-1])
        send(folders()[-1], Stop())
        run.log(loss=training.step())
    assert is_locked(folders()[-1]) is False, "the child has it"
    os.close(ends[1])
    os.waitpid(child, 0)
    assert (folders()[-1] / "metrics.jsonl").read_bytes().startswith(before)
    assert not (folders()[-1] / "checkpoint.safetensors").exists()
    assert (info().status, logged().steps) == (Status.STOPPED, 1)


SCRIPT = """
import torch
from torch.utils.data import DataLoader
from tui_trainer import watch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
with watch(model, optimizer, output=True) as run:
    while True:
        for x in DataLoader(torch.ones(64, 2), num_workers=1):
            optimizer.zero_grad()
            loss = model(x).square().mean()
            loss.backward()
            optimizer.step()
            run.log(loss=loss)
            print(loss.item())
"""


@pytest.mark.slow
def test_the_run_of_a_script_that_is_killed_can_be_read(tmp_path):
    (tmp_path / "own.py").write_text(SCRIPT)
    with open(os.devnull, "r+") as nothing:
        files = (nothing.fileno(),) * 3
        process = Process("tests.script", str(tmp_path / "own.py"), files=files, env=os.environ, cwd=str(tmp_path))
    try:
        wait_for(lambda: folders() and logged().steps > 20)
    finally:
        process.kill()
        process.wait()
    (folder,) = folders()
    assert logged().logged.series["loss"].values.shape[1] > 1
    wait_for(lambda: is_locked(folder) is False)
    assert (info().name, info().script, info().status) == ("own", str(tmp_path / "own.py"), Status.RUNNING)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of what the compiler loads
def test_a_compiled_model_and_its_compiled_step(at_every_step):
    training = Training()
    training.model = torch.compile(training.model, backend="eager")
    step = torch.compile(training.optimizer.step, backend="eager")
    with watch(training.model, training.optimizer) as run:
        for _ in range(4):
            training.closure()
            step()
            run.log(loss=1.0)
        assert run.steps == 4
        send(folders()[-1], Stop())
        training.closure()
        step()
        raise AssertionError
    assert run.stopped
