"""A person's own network, optimizer and schedule by the command: as the page of help has them; one killed."""

import json
import os
import re
import signal
import time

import pytest

from tui_trainer.help.pages import FOLDER
from tui_trainer.runs.library import all_runs

PAGE = (FOLDER / "own-network.md").read_text("utf-8")
TITLES = ("Your own network", "Your own optimizer and schedule")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")}
LINES = [line for title in TITLES for line in re.findall(r"^tui-trainer .*$", SECTIONS[title], re.MULTILINE)]


@pytest.fixture
def files(tmp_path):
    for title in TITLES:
        (block,) = re.findall(r"```python\n(.*?)```", SECTIONS[title], re.DOTALL)
        (tmp_path / block.partition("\n")[0].removeprefix("# ")).write_text(block)
    return tmp_path


@pytest.mark.slow
@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("line", LINES)
def test_the_examples_of_the_page_train(command, line):
    ran = command(*line.split()[1:], "--device", "cpu", "--json")
    assert {ended["status"] for ended in ran.of("run_finished")} == {"completed"}
    assert all(ended["metrics"]["accuracy"] > 0.3 for ended in ran.of("run_finished"))
    assert "this runs your code: " in ran.err


@pytest.mark.usefixtures("files")
def test_parameters_are_flags_that_help_explains(command):
    ran = command("train", "--model", "my_net.py:Conv", "--help")
    assert "channels of the first convolution; the second has twice as many [8]" in " ".join(ran.out.split())
    for flags, said in (
        (["--model", "my_net.py:Conf"], "did you mean Conv? there are Conv, Rows"),
        (["--model", "my_net.py:Conv", "--model.chanels", "3"], "did you mean --model.channels?"),
        (["--model.channels", "3"], "--model names no code of your own"),
        (["--model", "my_net.py:Conv", "--data", "article"], "layer first, Conv2d"),
        (["--data", "digits", "--model", "my_net.py:Conv", "--model.classes", "7"], "gives (2, 7) for 2 samples"),
    ):
        ran = command("train", *flags)
        assert ran.code == 2
        assert said in ran.err
        assert ran.err.count("\n") == 1 + ran.err.count("digits:")


@pytest.mark.slow
def test_a_detached_run_is_killed_and_goes_on_to_the_bit(command, process, files):
    """With what batch norm counts and dropout draws."""
    text = (files / "my_net.py").read_text()
    (files / "my_net.py").write_text(text.replace("x = nn", "__import__('time').sleep(0.005)\n        x = nn", 1))
    settings = [
        "--data",
        "digits",
        "--model",
        "my_net.py:Conv",
        "--model.channels",
        "2",
        "--epochs",
        "4",
        "--device",
        "cpu",
    ]
    whole = [event["loss"] for event in command("train", "--json", *settings).of("epoch")]

    assert process("train", "--detach", *settings).returncode == 0
    deadline = time.monotonic() + 60
    while not (run := all_runs()[0][0]).info.epoch:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(run.info.process, signal.SIGUSR1)  # a checkpoint
    while not (run.folder / "checkpoint.safetensors").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(run.info.process, signal.SIGKILL)
    while all_runs()[0][0].live:
        time.sleep(0.02)
    assert command("resume", run.id, "--json").code == 0
    lines = (run.folder / "metrics.jsonl").read_text().splitlines()
    assert [loss for line in map(json.loads, lines) for loss in line.get("losses") or []] == whole
