"""Watching runs that another process trains: what can be done says so, and what can't says why."""

import re
import threading

import pytest
from textual.widgets import Input

from tests.tui.conftest import shown
from tests.tui.test_arriving import kept, training, watching
from tui_trainer.tui.keys import PLACES, TIME_KEYS, TRAIN_KEYS
from tui_trainer.tui.widgets.form import SettingInput

REACHES = {"start_or_pause", "stop", "change_rate(2.0)", "change_rate(0.5)"}
ITS_OWN = {"help", "app.quit", "view", "settings", "log_scale", "log_x", "smoothing", "zoom", "log", "app.theme"}
ITS_OWN |= {
    "next_map",
    "next_pair",
    "network",
    "choose_chart",
    "data",
    "predict",
    "move(-1)",
    "move(1)",
    *(key.action for key in TIME_KEYS if key.action != "branch"),
}


@pytest.fixture
async def watched():
    """The app on a run that trains elsewhere."""
    with training():
        async with shown(watching(kept()[-1:])) as app:
            await app.state("running")
            yield app


@pytest.mark.slow
async def test_12_11_the_title_says_that_one_watches(watched):
    (run,) = kept()
    assert f"watching process {run.info.process} on {run.info.host} · tanh · sgd, rate 0.001" in watched.text("#title")
    await watched.resize(80, 24)
    await watched.until(lambda: "watching process" in watched.text("#title"))


@pytest.mark.slow
async def test_12_11_leaving_is_not_said_to_end_the_training(watched):
    await watched.press("?")
    told = watched.text("#help Static")
    assert "Leave; the training goes on in its process" in told
    assert "ending the training" not in told
    await watched.press("escape", "3")
    await watched.until(lambda: getattr(watched.app.screen, "current", None))
    await watched.press("?")
    assert "ending the training" not in watched.text("#help Static")


async def test_12_11_keys_that_reach_nothing_are_grey_and_say_why(watched):
    screen = watched.screen
    others = REACHES | ITS_OWN | {"scroll(-1)", "scroll(1)"}  # which are keys where there are steps
    tried = [key for key in TRAIN_KEYS if key.action not in others and key not in PLACES]
    assert {"restart", "step", "go_to_end"} <= {key.action for key in tried}
    for key in tried:
        assert not screen.active_bindings[key.key].enabled, key.help
        await watched.press(key.key)
        assert watched.app.screen is screen, f"{key.name} opens nothing"
        assert "these runs train in another process" in watched.text("#status")
    for key in TRAIN_KEYS:
        if key.action in REACHES | ITS_OWN:
            assert screen.active_bindings[key.key.split(",")[0]].enabled, key.help
    assert kept()[0].live


async def test_12_11_only_the_learning_rate_can_be_typed(watched):
    await watched.press("S")
    await watched.press("S")
    await watched.until(lambda: watched.app.focused)
    assert watched.app.focused is watched.screen.query_one("#set-lr", Input)
    assert [field.id for field in watched.screen.query(SettingInput) if not field.disabled] == ["set-lr"]
    await watched.press("delete", *"0.5", "enter", "escape")
    await watched.until(lambda: watched.session.records[0].experiment.lr == 0.5)
    await watched.until(
        lambda: "these runs train in another process" in " ".join(watched.text("#setting-help").split())
    )


@pytest.mark.slow
async def test_12_11_other_screens_send_nothing_to_the_training_screen(watched):
    await watched.press("3")
    await watched.until(lambda: getattr(watched.app.screen, "current", None))
    screen = watched.app.screen
    for key in ("enter", "r"):
        await watched.press(key)
        assert watched.app.screen is screen
        assert "these runs train in another process" in watched.text("#said")


@pytest.mark.slow
async def test_12_11_an_end_is_told_as_where_it_trains(watched):
    await watched.press("x")
    await watched.state("stopped")
    await watched.until(lambda: "stopped after" in watched.text("#log"))
    assert "final loss" in watched.text("#log")
    await watched.until(lambda: "tui-trainer resume goes on" in watched.text("#status"))
    await watched.press("space")
    assert "there is nothing to pause or to change: stopped" in watched.text("#status")


@pytest.fixture
def log():
    """The lines of a log, without their times."""
    return lambda app: [line[10:].strip() for line in app.text("#log").splitlines() if line.strip()]


@pytest.mark.slow
async def test_12_31_what_is_watched_is_told_in_the_words_of_what_trains_here(watched, running_app, log):
    await watched.press("+")
    await watched.until(lambda: "tanh  learning rate 0.001 → 0.002 at epoch" in watched.text("#log"))
    await watched.press("x")
    await watched.until(lambda: "tanh  stopped after" in watched.text("#log"))
    elsewhere = log(watched)
    async with running_app(activation="tanh", device="cpu") as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 2)
        await app.press("+")
        await app.until(lambda: "learning rate" in app.text("#log"))
        await app.press("x")
        await app.until(lambda: "stopped after" in app.text("#log"))
        here = log(app)
    assert shapes(here[-2:]) == shapes(elsewhere[-2:])


def shapes(lines: list[str]) -> list[str]:
    """The same with every number alike."""
    return [re.sub(r"\d[\d.,]*", "0", line) for line in lines]


async def test_leaving_waits_for_the_look_under_way(watched):
    """At Python's end a thread inside PyTorch would crash it."""
    watched.session.close()
    assert "watching" not in [thread.name for thread in threading.enumerate()]
