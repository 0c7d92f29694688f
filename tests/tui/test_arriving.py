"""However one comes to runs, what is shown of them is what the engine has confirmed."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from textual.widgets import Input

from tests.tui.conftest import Driver, shown
from tui_trainer.comparison import Comparison
from tui_trainer.engine.requests import ScaleRate, Set, Stop
from tui_trainer.experiment import Experiment
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.places import runs_folder
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.local import LocalSession
from tui_trainer.tui.remote import RemoteSession

pytestmark = pytest.mark.slow

SMALL = {"samples": 12, "batch_size": 4, "device": "cpu", "execution": "eager", "scale": "standard", "epochs": 10**6}


@contextmanager
def training(**settings: Any) -> Iterator[RunGroup]:
    """Runs that train and are kept, in a thread that stands for another process."""
    names = settings.pop("activations", ("tanh",))
    runs = {name: Experiment(**(SMALL | {"activation": name} | settings)) for name in names}
    group = RunGroup.of(Comparison.covering([*runs.values()]))
    group.store()

    def train() -> None:
        for _ in group.events():
            pass
        group.close()

    thread = threading.Thread(target=train)
    thread.start()
    try:
        yield group
    finally:
        group.request(Stop())
        thread.join()


def kept() -> list[StoredRun]:
    return all_runs()[0][::-1]


def resuming(runs: list[StoredRun], **options: object) -> TrainerApp:
    comparison = Comparison.covering([run.experiment for run in runs])
    return TrainerApp(comparison, partial(LocalSession, comparison=comparison, resume=runs, **options))


def watching(runs: list[StoredRun]) -> TrainerApp:
    return TrainerApp(Comparison.covering([run.experiment for run in runs]), partial(RemoteSession, runs=runs))


async def shows(app: Driver, rate: str) -> None:
    """The rate that the engine has is the one in the form, and the one in the title."""
    await app.until(lambda: all(record.experiment.lr == float(rate) for record in app.session.records))
    await app.until(lambda: app.app.training.query_one("#set-lr", Input).value == rate)
    await app.until(lambda: f"rate {rate}," in app.text("#title"))


@pytest.fixture(scope="module")
def doubled_before(tmp_path_factory):
    """Where the run below lies once the first test has made it."""
    return tmp_path_factory.mktemp("doubled") / "runs"


@pytest.fixture
async def twice_doubled(running_app, doubled_before):
    """A run whose rate was doubled twice, stopped, and left: it was begun at 0.001, and has 0.004."""
    if doubled_before.exists():
        shutil.copytree(doubled_before, runs_folder())
        return kept()
    async with running_app(activation="tanh") as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await app.press("+", "+")
        await shows(app, "0.004")
        await app.press("x")
        await app.state("stopped")
    shutil.copytree(runs_folder(), doubled_before)
    return kept()


async def test_12_04_a_resumed_run_shows_the_rate_in_force(twice_doubled):
    async with shown(resuming(twice_doubled)) as app:
        await app.state("running")
        await shows(app, "0.004")
        await app.press("+")
        await shows(app, "0.008")
        (trainer,) = app.session.trainers
        assert trainer.optimizer.param_groups[0]["lr"] == 0.008
        await app.press("r")
        await app.until(lambda: app.session.trainers[0] is not trainer and app.session.state == "running")
        await shows(app, "0.008")


async def test_12_04_a_run_taken_up_from_the_runs_screen_shows_the_rate_in_force(twice_doubled, running_app):
    async with running_app(activation="relu", lr="0.5") as app:
        await app.press("3")
        await app.until(lambda: getattr(app.app.screen, "current", None))
        await app.press("r")
        await app.until(lambda: app.session.state == "running")
        await shows(app, "0.004")
        await app.press("-")
        await shows(app, "0.002")


async def test_12_04_a_watched_run_shows_what_is_in_force(twice_doubled):
    with training(lr=0.001) as group:
        group.request(ScaleRate(4))
        group.request(Set("epochs", 500_000))
        async with shown(watching(kept()[-1:])) as app:
            await app.state("running")
            await shows(app, "0.004")
            await app.until(lambda: app.app.training.query_one("#set-epochs", Input).value == "500000")
            assert app.app.training.query_one("#set-device", Input).value == "cpu"
            await app.press("+", "+")  # both before the other process has answered
            await shows(app, "0.016")
            group.request(Set("lr", 0.1))  # by somebody else
            await shows(app, "0.1")


@pytest.mark.slow
async def test_12_04_a_watched_run_shows_the_device_it_was_given(twice_doubled):
    with training(device="auto"):
        async with shown(watching(kept()[-1:])) as app:
            assert app.app.training.query_one("#set-device", Input).value == "auto"


async def test_12_04_a_new_goal_is_in_force(twice_doubled):
    goal = twice_doubled[0].info.epoch + 10**6
    async with shown(resuming(twice_doubled, changes=[Set("epochs", goal)])) as app:
        await app.state("running")
        await app.until(lambda: app.app.training.query_one("#set-epochs", Input).value == str(goal))
        await app.press("x")
        await app.state("stopped")
    from tui_trainer.runs.follow import stored_record

    assert stored_record(kept()[0]).experiment.epochs == goal


@pytest.mark.slow
async def test_12_04_a_rate_that_only_living_runs_took_up_is_one_rate(running_app):
    """The run that has diverged keeps its own; what goes on has the new one, and `r` starts both with it."""
    async with running_app(activation="identity,tanh", samples=20, scale="none", lr="0.001", epochs=10**6) as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 2)
        app.session.trainers[0].model[0].weight.data.fill_(float("inf"))
        await app.until(lambda: app.session.records[0].status == "diverged")
        await app.press("-")
        await app.until(lambda: app.session.records[1].experiment.lr == 0.0005)
        await app.until(lambda: app.app.training.query_one("#set-lr", Input).value == "0.0005")
        await app.press("r")
        await app.until(lambda: [r.experiment.lr for r in app.session.records] == [0.0005, 0.0005])


async def test_12_04_a_key_pressed_too_early_leaves_the_run_to_be_taken_up(twice_doubled):
    app = resuming(twice_doubled)
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: driver.session.resuming)
        await driver.press("+")
        assert not driver.session.resuming or "are being resumed" in driver.text("#status")
        await driver.state("running")
        assert driver.session.records[0].experiment.lr in (0.004, 0.008)
        assert driver.session.records[0].epoch >= twice_doubled[0].info.epoch
