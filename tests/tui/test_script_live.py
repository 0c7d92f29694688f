"""A script that trains in a process of its own, steered by keys from the screen that watches it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tui_trainer
from tests.runs.conftest import wait_for
from tests.tui.conftest import Driver
from tests.tui.test_script_screen import titles
from tui_trainer.comparison import Comparison
from tui_trainer.runs.library import all_runs
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.screens.script import ScriptScreen

SCRIPT = """
import time

import torch
from torch import nn

from tui_trainer import watch

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.linspace(-1, 1, 32)[:, None]
with watch(model, optimizer, name="line", config={"width": 1}, output=True) as run:
    for epoch in run.epochs(10**6):
        for _ in range(4):
            loss = ((model(x) - x) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.log(loss=loss)
            time.sleep(0.01)
        run.log(val_loss=loss)
        print("epoch", epoch)
with open("saved", "w") as file:
    file.write(str(run.steps))
"""


@pytest.fixture
def script(tmp_path):
    """It, running; its folder is where it saves."""
    (tmp_path / "train.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(Path(tui_trainer.__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "train.py"], cwd=tmp_path, env=environment)
    yield process
    process.kill()
    process.wait()


@pytest.mark.slow
async def test_keys_pause_step_slow_down_and_stop_a_script(script, tmp_path):
    wait_for(lambda: any(run.live and run.info.steps for run in all_runs()[0]))
    app = TrainerApp(Comparison.of(), scripts=all_runs()[0])
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: "loss" in titles(driver) and "running" in driver.text("#status"))
        await driver.until(lambda: "epoch " in driver.text("#output"))
        screen = app.screen
        assert isinstance(screen, ScriptScreen)
        reader = screen.reader

        await driver.press("space")
        await driver.until(lambda: reader.state == "paused" and "paused" in driver.text("#status"))
        steps = reader.runs[0].info.steps
        await driver.press("n")
        await driver.until(lambda: reader.runs[0].info.steps == steps + 1)
        await driver.press("-")
        await driver.until(lambda: [mark.text for mark in reader.records[0].history.marks] == ["lr ÷2"])
        assert reader.runs[0].info.steps == steps + 1
        await driver.press("K")
        await driver.until(lambda: (reader.runs[0].folder / "checkpoint.safetensors").exists())
        await driver.press("space")
        await driver.until(lambda: reader.runs[0].info.steps > steps + 1 and "running" in driver.text("#status"))
        await driver.press("x")
        await driver.until(lambda: reader.state == "stopped" and not reader.live)
        await driver.until(lambda: "stopped" in driver.text("#status"))
    assert script.wait(60) == 0
    assert int((tmp_path / "saved").read_text()) == reader.runs[0].info.steps
