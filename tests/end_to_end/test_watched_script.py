"""A plain script in one process, the app in a real terminal in another: the page's own example, as it stands."""

import re
import subprocess
import sys

import pytest

from tests.processes import wait_for
from tests.watch.conftest import config, folders, info, logged
from tui_trainer.engine.status import Status
from tui_trainer.help.pages import FOLDER


@pytest.mark.slow
def test_the_pages_example_is_paused_stepped_slowed_gone_on_with_and_stopped(tmp_path, terminal):
    (example,) = re.findall(r"<!-- example -->\n```python\n(.*?)```", (FOLDER / "watch.md").read_text(), re.DOTALL)
    (tmp_path / "sine.py").write_text(example)
    process = subprocess.Popen([sys.executable, "sine.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: folders() and logged().steps > 20)
        t = terminal("watch")
        t.wait_for(lambda: t.state == "running" and "loss" in t.text, "the script's run")
        t.press("space", lambda: t.state == "paused")
        paused = info().steps
        t.press("n", lambda: f"step {paused + 1:,} " in t.text)
        t.press("-", lambda: logged().changes)
        t.press("K", lambda: (folders()[-1] / "checkpoint.safetensors").exists())
        t.press("space", lambda: t.state == "running" and logged().steps > paused + 20)
        t.press("x", lambda: t.state == "stopped")
        said = process.communicate(timeout=60)[0].splitlines()
        t.press("3", "sine")
    finally:
        process.kill()
    assert process.returncode == 0
    assert said[0].startswith("epoch 0 ")
    assert said[-1] == f"saved after {info().steps} steps"
    assert (tmp_path / "sine.pt").is_file()
    (mark,) = logged().changes
    assert (mark.mark, mark.steps) == ("lr ÷2", paused + 1)
    assert (info().status, info().epochs, config(folders()[-1])) == (Status.STOPPED, 100_000, {"hidden": 32})
