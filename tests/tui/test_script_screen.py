"""The screen for a script that is watched, on what one has left."""

import os
from dataclasses import replace

import pytest
from msgspec import structs
from textual.widgets import Input

from tests.scripted import stored, with_all
from tests.tui.conftest import Driver
from tui_trainer.comparison import Comparison
from tui_trainer.engine.status import Status
from tui_trainer.runs.images import images
from tui_trainer.runs.listing import Listing
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.keys import SCRIPT_KEYS
from tui_trainer.tui.screens.runs import RunsScreen
from tui_trainer.tui.screens.script import ASKED, ScriptScreen
from tui_trainer.tui.widgets.chart_view import ChartView
from tui_trainer.tui.widgets.script_status import ScriptStatus


@pytest.fixture
async def watching():
    """The app on a script's run that has ended."""
    app = TrainerApp(Comparison.of(), scripts=[with_all(stored())])
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: "loss by epoch" in titles(driver))
        yield driver


def titles(driver: Driver) -> str:
    """What stands over the charts that are shown."""
    charts = driver.app.screen.query(ChartView)
    return "\n".join(str(chart.border_title) for chart in charts if chart.display and chart.id.startswith("pane"))


async def test_what_a_script_left_is_shown_and_can_be_looked_through(watching):
    assert [line.split(" by ")[0].split("  ")[0] for line in titles(watching).splitlines()] == [
        "loss",
        "acc",
        "digits",
        "conv1.weight weight",
        "update/conv1.weight",
    ]
    assert "● 1 ○ 1.5" in titles(watching)
    assert "completed   epoch 3/3  step 60" in watching.text("#status")
    await watching.until(lambda: r"epoch \x1b[31m2 done" in watching.text("#output"))
    screen = watching.app.screen
    for key in SCRIPT_KEYS:  # what it can't be asked for any more says why
        if key.action.partition("(")[0] in ASKED:
            assert not screen.active_bindings[key.key.split(",")[0]].enabled
            await watching.press(key.key.split(",")[0])
            assert "there is nothing to pause or to change: completed" in watching.text("#status")

    await watching.press("f", "v", "H")
    assert titles(watching).startswith("acc by step")
    await watching.press("f", "/")
    watching.app.screen.query_one(Input).value = "digits"
    await watching.press("enter")
    await watching.until(lambda: titles(watching).startswith("digits"))
    assert "60" in watching.text("#pane0")
    (image,) = images(screen.reader.runs[0].folder)
    whole = image.path.read_bytes()
    image.path.write_bytes(b"spoiled")
    changed = image.path.stat().st_mtime_ns
    screen.draw()
    assert "no picture can be read any more" in watching.text("#pane0")
    image.path.write_bytes(whole)
    os.utime(image.path, ns=(changed, changed))
    screen.draw()
    assert "no picture can be read any more" not in watching.text("#pane0"), "that none could be read is not kept"
    await watching.press("/")
    watching.app.screen.query_one(Input).value = ""
    await watching.press("enter")
    for size in ((80, 24), (60, 20), (40, 12)):
        await watching.resize(*size)
        await watching.until(lambda: "loss" in titles(watching))
        assert "└" in watching.text("#pane0"), size
    await watching.press("v")
    await watching.until(lambda: titles(watching).startswith("acc"))


async def test_it_is_opened_from_the_runs(watching):
    await watching.press("escape")
    await watching.until(lambda: isinstance(watching.app.screen, RunsScreen) and watching.app.screen.current)
    runs = watching.app.screen
    for key in ("i", "b", "p"):
        await watching.press(key)
        assert "cifar: " in watching.text("#said")
    await watching.press("enter")
    await watching.until(lambda: isinstance(watching.app.screen, ScriptScreen) and "loss" in titles(watching))
    assert not looked_at_folders(runs), "which nobody sees"
    await watching.press("escape")
    await watching.until(lambda: watching.app.screen is runs)
    await watching.press("/")
    assert watching.app.screen is not runs
    assert looked_at_folders(runs), "it is seen around the dialog"


def looked_at_folders(runs: RunsScreen) -> bool:
    """Whether the screen of the runs looks at the folders where it is time to."""
    looked: list[object] = []
    with runs._polling:  # none is under way
        runs._listing, before = Noting(looked), runs._listing
    runs._poll()
    with runs._polling:
        runs._listing = before
    return bool(looked)


class Noting(Listing):
    """Notes that it was asked."""

    def __init__(self, looked: list[object]) -> None:
        super().__init__()
        self._looked = looked

    def read(self) -> list[StoredRun]:
        self._looked.append(self)
        return super().read()


async def test_leaving_the_list_of_charts_keeps_what_was_looked_for(watching):
    watching.app.screen.action_find()
    await watching.until(lambda: watching.app.screen.query(Input))
    watching.app.screen.query_one(Input).value = "acc"
    await watching.press("enter", "C", "escape")
    await watching.until(lambda: isinstance(watching.app.screen, ScriptScreen))
    watching.app.screen.draw()
    assert "/acc" in watching.text("#title")
    assert titles(watching).startswith("acc")
    await watching.press("C", "home", "enter")
    await watching.until(lambda: titles(watching).startswith("loss"))
    assert "/acc" not in watching.text("#title")


async def test_words_find_a_chart_in_the_list_of_them(watching):
    await watching.press("C", "slash", *"qq WEIGHT CONV", "home", "delete", "delete", "down")
    (charts,) = watching.app.screen.query("#pick OptionList")
    assert [option.id for option in charts.options] == ["conv1.weight weight", "update/conv1.weight"]
    assert watching.app.screen.query_one(Input).value == " WEIGHT CONV", "letters and spaces are words here"
    await watching.press("escape")
    assert len(charts.options) == 5
    assert charts.highlighted_option.id == "update/conv1.weight"
    await watching.press("slash", *"nowhere", "enter", *["backspace"] * 7, *"update", "down", "enter")
    await watching.until(lambda: isinstance(watching.app.screen, ScriptScreen))
    await watching.until(lambda: titles(watching).startswith("update/conv1.weight"))


async def test_the_time_left_is_that_of_the_run_that_is_furthest(watching):
    status = watching.app.screen.query_one(ScriptStatus)
    run, changes = stored(), {"status": Status.RUNNING, "epochs": 4}
    slow = structs.replace(run.info, epoch=1, steps=20, seconds=100.0, **changes)
    fast = structs.replace(run.info, epoch=2, steps=40, seconds=20.0, device="mps", **changes)

    def shown(*runs):
        status.show(runs, "")
        return str(status.render()).splitlines()[0]

    live = [replace(run, info=info, live=True) for info in (slow, fast)]
    assert "epoch 2/4" in shown(*live)
    assert "0:20 left" in shown(*live)
    assert "mps" in shown(*live)
    assert "left" not in shown(live[0], replace(live[1], live=False)), "its process has ended"


async def test_an_error_without_a_word_is_none(watching):
    status = watching.app.screen.query_one(ScriptStatus)
    status.show([stored("blank", status="failed", error=" \n"), stored("told", status="failed", error="a\nb: c\n")], "")
    assert "b: c" in str(status.render()).splitlines()[1]
    status.show([stored("blank", status="failed", error=" \n")], "")
    assert "see why" in str(status.render()).splitlines()[1]
