"""A plain script in one process, and what is asked of it from another: the page's own example, as it stands."""

import re
import subprocess
import sys

import pytest

from tests.runs.conftest import wait_for
from tests.watch.conftest import config, folders, info, logged
from tui_trainer.engine.requests import Pause, Resume, ScaleRate, Step, Stop
from tui_trainer.engine.status import Status
from tui_trainer.help.pages import FOLDER
from tui_trainer.runs.requests import send


@pytest.mark.slow
def test_the_pages_example_is_paused_stepped_slowed_gone_on_with_and_stopped(tmp_path):
    (example,) = re.findall(r"<!-- example -->\n```python\n(.*?)```", (FOLDER / "watch.md").read_text(), re.DOTALL)
    (tmp_path / "sine.py").write_text(example)
    process = subprocess.Popen([sys.executable, "sine.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: folders() and logged().steps > 20)
        (folder,) = folders()
        send(folder, Pause())
        wait_for(lambda: info().status is Status.PAUSED)
        paused = info().steps
        send(folder, Step())
        wait_for(lambda: info().steps == paused + 1 == logged().steps)
        send(folder, ScaleRate(0.5))
        wait_for(lambda: logged().changes)
        send(folder, Resume())
        wait_for(lambda: logged().steps > paused + 20)
        send(folder, Stop())
        said = process.communicate()[0].splitlines()
    finally:
        process.kill()
    assert process.returncode == 0
    assert said[0].startswith("epoch 0 ")
    assert said[-1] == f"saved after {info().steps} steps"
    assert (tmp_path / "sine.pt").is_file()
    (mark,) = logged().changes
    assert (mark.mark, mark.steps) == ("lr ÷2", paused + 1)
    assert (info().status, info().epochs, config(folder)) == (Status.STOPPED, 100_000, {"hidden": 32})
