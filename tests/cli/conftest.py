"""The command, called in this process where that is enough, and as a process where it is not."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass

import pytest

from tests import warm
from tests.processes import wait_for
from tui_trainer.cli import main
from tui_trainer.engine.requests import Pause, Step
from tui_trainer.engine.status import Status
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.metrics import read
from tui_trainer.runs.requests import send
from tui_trainer.runs.stored_run import StoredRun


@dataclass
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict]:
        """The lines of `--json`; every one of them must be strict JSON."""
        return [json.loads(line, parse_constant=_no_constant) for line in self.out.splitlines()]

    def of(self, kind: str) -> list[dict]:
        return [event for event in self.events if event["event"] == kind]


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.fixture
def command(capsys, tmp_path, monkeypatch):
    """`command("train", "--json")` in this process, standing in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ran:
        try:
            code = main(arguments)
        except SystemExit as leave:  # --help and --version
            code = leave.code
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def train_json(command):
    """`tui-trainer train --json` with a few points, unless the arguments say otherwise."""

    def run(*arguments: str) -> Ran:
        given = {argument.partition("=")[0] for argument in arguments}
        few = {"--samples": "8", "--epochs": "2", "--device": "cpu"}
        if any(argument.endswith(".csv") for argument in arguments):
            del few["--samples"]  # a file has its own
        few = [f"{flag}={value}" for flag, value in few.items() if flag not in given]
        return command("train", "--json", *few, *arguments)

    return run


@pytest.fixture
def process(tmp_path, monkeypatch):
    """`tui-trainer ...` in a process of its own, with more in its environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "PYTHONIOENCODING", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        return warm.run("tui_trainer", *arguments)

    return run


@pytest.fixture
def killed(process):
    """`killed("--data=mine.py:load")` trains by itself until it is killed amid an epoch."""

    def run(*arguments: str) -> StoredRun:
        assert process("train", "--detach", "--device=cpu", "--epochs=1000000", *arguments).returncode == 0

        def now() -> StoredRun:
            return all_runs()[0][0]

        try:
            wait_for(lambda: now().info.epoch)
            send(now().folder, Pause())
            wait_for(lambda: now().info.status is Status.PAUSED)
            if not stored_record(now()).within_epoch[0]:
                before = now().info.steps
                send(now().folder, Step())
                wait_for(lambda: now().info.steps > before)
        finally:
            if now().live:
                os.kill(now().info.process, signal.SIGKILL)
        wait_for(lambda: not now().live)
        return now()

    return run


@pytest.fixture
def goes_on_to_the_bit(command):
    """See that a run that was killed goes on for two epochs as if it had never been."""

    def check(run: StoredRun, *arguments: str) -> None:
        epochs, within = run.info.epoch + 2, stored_record(run).within_epoch
        assert command("resume", run.id, "--json", f"--epochs={epochs}").code == 0
        per_epoch = all_runs()[0][0].info.steps // epochs
        assert within == (run.info.steps % per_epoch, per_epoch)
        assert within[0]
        whole = command("train", "--json", "--device=cpu", f"--epochs={epochs}", *arguments).of("epoch")
        assert read(run.folder).history.losses.tolist() == [event["loss"] for event in whole]

    return check
