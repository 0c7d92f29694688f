"""Runs outlive the screen: taken up in the app, followed from another process, and every key of the runs screen."""

import json
import os
import signal

import pytest

from tests import warm
from tui_trainer.runs.library import all_runs
from tui_trainer.tui.keys import RUNS_KEYS

SMALL = ("--samples=20", "--device=cpu", "--activation=tanh", "--execution=eager", "--scale=standard")
ENDLESS = (*SMALL, "--epochs=1000000000")


def train(*arguments: str) -> None:
    """Train without the app, to the end."""
    assert warm.run("tui_trainer", "train", "--json", *SMALL, *arguments).returncode == 0


@pytest.mark.slow
def test_a_run_that_was_killed_in_the_app_goes_on_in_the_app(terminal):
    t = terminal(*ENDLESS)
    t.wait_for("press space to train")
    t.press("space", lambda: t.state == "running" and t.epoch > 50)
    t.kill(signal.SIGTERM)
    assert t.wait() == 128 + signal.SIGTERM
    t.assert_restored()
    (run,) = all_runs()[0]
    assert run.status == "stopped"
    again = terminal("resume")
    again.wait_for(lambda: again.state == "running" and again.epoch > run.info.epoch, "training that goes on")
    again.press("q", lambda: not again._read())
    (run,) = all_runs()[0]
    assert run.info.epoch >= again.epoch
    lines = (run.folder / "metrics.jsonl").read_text().splitlines()
    losses = [loss for line in lines for loss in json.loads(line).get("losses", [])]
    assert len(losses) == run.info.epoch, "each epoch once"


@pytest.mark.slow
def test_watch_follows_a_detached_run(terminal, process_ends):
    name = warm.run("tui_trainer", "train", *ENDLESS, "--detach").stdout.decode().strip()
    process_ends.append(name)
    t = terminal("watch")
    t.wait_for("watching process")
    t.wait_for(lambda: t.state == "running" and t.epoch > 0, "what is kept so far")
    for _ in range(3):
        here = t.epoch
        t.wait_for(lambda here=here: t.epoch > here, "the run that goes on")
    t.press("+", "learning rate 0.001 → 0.002 at epoch")
    t.press("space", lambda: t.state == "paused")
    paused = t.epoch
    t.press("r", "these runs train in another process")
    t.press("space", lambda: t.state == "running" and t.epoch > paused)
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()
    assert all_runs()[0][0].live, "it trains on when nobody watches"
    again = terminal("watch", name)
    again.wait_for(lambda: again.state == "running" and again.epoch > paused)
    again.press("x", lambda: again.state == "stopped")
    assert all_runs()[0][0].status == "stopped"


@pytest.fixture
def process_ends():
    """The runs whose processes are ended with the test, if they live."""
    names: list[str] = []
    yield names
    for run in all_runs()[0]:
        if run.id in names and run.live:
            os.kill(run.info.process, signal.SIGKILL)


@pytest.mark.slow
def test_every_key_of_the_runs_screen(terminal):
    train("--epochs=5")
    train("--epochs=8", "--lr=0.01")
    t = terminal(*ENDLESS, size=(80, 24))
    t.wait_for("press space to train")
    t.press("3", "2 runs · by age")
    t.wait_for("● tanh")

    def shown(*words: str):
        return lambda: all(word in t.text for word in words)

    t.press("space", "│ ●  tanh")
    t.type("down")
    t.press("space", "│ ▲  tanh")
    t.press("=", shown("What differs", "Learning rate", "0.01"))
    t.press("escape", lambda: "What differs" not in t.text)
    t.press("?", "Select this run")
    t.press("escape", lambda: "Select this run" not in t.text)
    t.press("H", "Loss by step")
    t.press("H", "Loss by seconds")
    t.press("s", "smoothed")
    t.press("X", "log x")
    t.press("X", lambda: "log x" not in t.text)
    t.press("z", "last half")
    t.press("z", "last tenth")
    t.press("z", "loss chart: all")
    t.press("y", lambda: "logarithmic" not in t.text)
    t.press("f", lambda: "─ Fit " in t.text and "─ Loss by" not in t.text)
    t.press("f", lambda: "─ Fit " in t.text and "─ Loss by" in t.text)
    t.press("f", lambda: "─ Fit " not in t.text and "─ Loss by" in t.text)
    t.press(",", "‖ at epoch ")
    t.press("shift+left", "‖ at epoch ")
    t.press("home", "‖ at epoch 0")
    t.press(".", "‖ at epoch 1 of")
    t.press("p", "▶ playing")
    t.press("end", lambda: "playing" not in t.text and "‖" not in t.text)
    t.press("shift+right", lambda: "‖" not in t.text)
    for key in "vzX":  # looks that the training screen's test looks at
        t.type(key)
    t.press("O", "by name")
    t.press("g", "─ Loss to reach ─")
    t.press("9", "│  9 ")
    t.press("enter", "loss 9: ")
    t.press("w", "─ Write to a file ─")
    t.press("escape", lambda: "─ Write to a file ─" not in t.text)
    t.press("C", "the main ones together")
    t.press("escape", lambda: "the main ones together" not in t.text)
    t.press("i", "rows of a file")
    t.press("escape", lambda: "rows of a file" not in t.text)
    t.press("k", "★ tanh")
    t.press("m", "─ Name ─")
    t.press("w", "│  w ")
    t.press("enter", "★ w ")
    t.press("M", "─ Note ─")
    t.press("n", "│  n ")
    t.press("enter", lambda: "─ Note ─" not in t.text)
    t.press("backspace", "1 run · by name")
    t.press("u", "2 runs · by name")
    t.press("/", "─ Find ─")
    t.press("w", "│  w ")
    t.press("enter", "1 of 2 runs · /w")
    dark = t.colours("2 lessons")
    t.press("t", lambda: t.colours("2 lessons") != dark)
    t.press("enter", lambda: "─ Settings" in t.text or t.state == "ready")
    t.press("3", "1 of 2 runs")
    t.press("2", "0 of 13 goals met")
    t.press("3", "1 of 2 runs")
    t.press("home", "‖ at epoch 0")
    t.press("b", "↳ branch of")
    t.press("escape", lambda: "↳ branch of" not in t.text)
    t.press("1", lambda: t.state == "ready")
    tried = t.pressed | {"plus,equals_sign", "r", "q"}
    names = {"question_mark": "?", "equals_sign": "=", "slash": "/", "delete,backspace": "backspace"}
    names |= {"comma": ",", "full_stop": ".", "end,escape": "end"}
    assert {names.get(key.key, key.key) for key in RUNS_KEYS} <= tried
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()
