"""A person's own data and step by the command: as the page of help has them, and killed amid an epoch."""

import json
import os
import re
import signal
import time

import pytest

from tui_trainer.help.pages import FOLDER
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.library import all_runs

PAGE = (FOLDER / "own-network.md").read_text("utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")}


def blocks(language: str, title: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", SECTIONS[title], re.DOTALL)


@pytest.fixture
def files(tmp_path):
    for block in [*blocks("python", "Your own data"), *blocks("python", "Your own step")]:
        (tmp_path / block.partition("\n")[0].removeprefix("# ")).write_text(block)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("title", ["Your own data", "Your own step"])
def test_the_examples_of_the_page_train(command, files, title):
    (line,) = blocks("sh", title)
    ran = command(*line.split()[1:], "--device", "cpu", "--json")
    assert (ran.code, ran.of("run_finished")[-1]["status"]) == (0, "completed")
    epochs = ran.of("epoch")
    assert epochs[-1]["loss"] < epochs[0]["loss"]
    assert epochs[-1]["metrics"].keys() >= ({"worst", "used"} if "step" in title else {"accuracy"})


def test_what_is_kept_of_such_a_run_is_looked_at_without_its_code(command, files):
    (line,) = blocks("sh", "Your own step")
    command(*line.split()[1:-1], "1", "--device", "cpu", "--json")
    for name in ("my_data.py", "my_step.py"):
        (files / name).write_text("raise SystemExit('it was run')")
    (run,), _ = all_runs()
    record = stored_record(run)
    assert record.metrics.keys() == {"worst", "used"}
    assert set(record.task.views) >= {"loss", "metrics"}
    assert command("runs").code == 0
    assert command("export", run.id, "--to", "it.csv").code == 0
    refused = command("resume", run.id, "--headless", "--epochs", "2")
    assert refused.code == 2
    assert "has changed since" in refused.err


@pytest.mark.slow
def test_a_detached_run_of_two_workers_is_killed_and_goes_on_to_the_bit(command, process, files):
    (files / "my_data.py").write_text(
        (files / "my_data.py").read_text().replace("x = (1", "__import__('time').sleep(0.02)\n        x = (1")
    )
    settings = [
        "--data",
        "my_data.py:rings",
        "--data.points",
        "100",
        "--epochs",
        "5",
        "--hidden",
        "4",
        "--activation",
        "tanh",
        "--device",
        "cpu",
    ]
    whole = [event["loss"] for event in command("train", "--json", *settings).of("epoch")]

    assert process("train", "--detach", *settings).returncode == 0
    deadline = time.monotonic() + 60
    while True:
        run = all_runs()[0][0]
        if run.info.epoch:
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(run.info.process, signal.SIGUSR1)  # a checkpoint, amid an epoch
    while not (run.folder / "checkpoint.safetensors").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(run.info.process, signal.SIGKILL)
    while all_runs()[0][0].live:
        time.sleep(0.02)
    resumed = command("resume", run.id, "--json")
    assert resumed.code == 0
    lines = (run.folder / "metrics.jsonl").read_text().splitlines()
    losses = [loss for line in map(json.loads, lines) for loss in line.get("losses") or []]
    assert losses == whole
