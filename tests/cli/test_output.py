"""stdout and stderr that are lost: a full disk, a reader that has gone or sleeps, a closed stream."""

import json
import os
import select
import signal
import subprocess
import sys
import time

import pytest

from tests.warm import PATIENCE, Process
from tui_trainer.cli import main

SMALL = ("--samples=8", "--epochs=3", "--device=cpu", "--activation=tanh", "--execution=eager")
FULL, PIPE, CLOSED = "no space left on device", "broken pipe", "it is closed"


def unread_pipe():
    """A pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    return open(writer, "w")


LOSSES = {FULL: lambda: open("/dev/full", "w"), PIPE: unread_pipe, CLOSED: lambda: None}  # noqa: SIM115


@pytest.fixture
def without(command, capsys, monkeypatch):
    """Call the command with a stdout, or a stderr, that is lost; returns its code and what the other one got."""

    def run(*arguments: str, lost: str, stream: str = "stdout") -> tuple[int, str]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, stream, LOSSES[lost]())
            try:
                code = main(arguments)
            except SystemExit as leave:
                code = leave.code
            if getattr(sys, stream):
                getattr(sys, stream).close()  # as Python does at its end: what is left in it must have a place to go
        out, err = capsys.readouterr()
        return code, err if stream == "stdout" else out

    return run


@pytest.mark.parametrize("lost", LOSSES)
@pytest.mark.parametrize("flags", [["--json"], []], ids=["json", "bars"])
def test_12_49_training_whose_stdout_is_lost_is_kept(without, command, lost, flags):
    code, err = without("train", *SMALL, *flags, lost=lost)
    (run,) = command("runs", "--json").events
    early = lost == PIPE and flags  # the bars' chart and table come when all is done
    assert code == (141 if lost == PIPE else 1)
    assert run["status"] == ("stopped" if early else "completed")
    assert run["final_loss"] > 0
    consequence = {"stopped": "; training ends with a checkpoint", "completed": "; training goes on" if flags else ""}
    assert err.startswith(f"tui-trainer: stdout: {lost}{consequence[run['status']]}" if lost != PIPE or early else "")
    assert err.count("\n") == (0 if lost == PIPE and not early else 1)
    again = command("resume", run["id"], "--json", "--epochs=5")
    assert [event["epoch"] for event in again.of("epoch")][-1] == 5, "it goes on from its checkpoint"


def test_12_49_resuming_goes_on_without_stdout(without, command):
    command("train", *SMALL, "--json")
    code, err = without("resume", "tanh", "--json", "--epochs=9", lost=FULL)
    assert (code, err.count("\n")) == (1, 1)
    assert command("runs", "--json").events[0]["epoch"] == 9


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("resume", "--help"),
        ("runs",),
        ("runs", "--json"),
        ("runs", "prune", "--keep=9"),
        ("export", "tanh", "--to=run.csv"),
        ("lesson",),
        ("lesson", "--json"),
        ("lesson", "tensors"),
        ("lesson", "tensors", "--json"),
        pytest.param(("bench", "--json", "--device=cpu", "--execution=eager"), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_12_49_what_only_tells_ends_with_a_line(without, command, arguments):
    command("train", *SMALL, "--json")
    assert without(*arguments, lost=FULL) == (1, f"tui-trainer: stdout: {FULL}\n")
    arguments = [each.replace("run.csv", "again.csv") for each in arguments]
    assert without(*arguments, lost=PIPE) == (141, ""), "whoever stops reading has read enough"


@pytest.mark.parametrize("lost", LOSSES)
def test_12_49_a_lost_stderr_changes_nothing(without, command, lost):
    assert without("train", "--lr=nope", lost=lost, stream="stderr") == (2, "")
    code, out = without("train", *SMALL, "--json", lost=lost, stream="stderr")
    assert code == 0
    assert json.loads(out.splitlines()[-1])["status"] == "completed"


# In a process of its own


@pytest.mark.slow
def test_12_49_a_process_whose_streams_are_closed_keeps_its_run(process, command, tmp_path):
    shell = '"$@" <&- >&- 2>&-'
    arguments = [sys.executable, "-m", "tui_trainer", "train", *SMALL]
    assert subprocess.run(["sh", "-c", shell, "sh", *arguments], cwd=tmp_path, check=False).returncode == 1
    assert command("runs", "--json").events[0]["status"] == "completed"


@pytest.mark.slow
def test_12_49_a_reader_that_sleeps_cannot_keep_a_signal_from_ending_the_run(command, tmp_path):
    arguments = ("train", "--json", *SMALL[:1], *SMALL[2:], "--epochs=1000000000")
    (reader, writer), (said, saying) = os.pipe(), os.pipe()
    with open(os.devnull) as nothing, open(said, "rb") as told:
        files = nothing.fileno(), writer, saying
        training = Process("tui_trainer", *arguments, files=files, env=os.environ, cwd=str(tmp_path))
        os.close(saying)
        try:
            deadline = time.monotonic() + PATIENCE
            while select.select([], [writer], [], 0.1)[1]:
                assert not training.ended
                assert time.monotonic() < deadline
            training.kill(signal.SIGTERM)
            assert training.wait() == 128 + signal.SIGTERM
        finally:
            training.kill()
        assert told.read() == (
            b"tui-trainer: stdout: nobody reads it; training ends with a checkpoint, "
            b"and tui-trainer resume goes on from there\n"
        )
    os.close(reader)
    os.close(writer)
    (run,) = command("runs", "--json").events
    assert run["status"] == "stopped"
