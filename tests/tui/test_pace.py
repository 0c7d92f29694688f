"""The pace in the app: keys, the status line, and what is remembered of it."""

import dataclasses
import math
import stat

import pytest
from rich.text import Text

from tests.tui.conftest import shown
from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import AUTO, MAX
from tui_trainer.engine.status import Status
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.preferences import Preferences, preferences_file, read_preferences, remember
from tui_trainer.tui.widgets.status import StatusLine

FEW = {"samples": 20, "scale": "standard", "execution": "eager", "device": "cpu"}
SLOW = 1e-9  # a step every half second


def app_of(pace=None, **settings) -> TrainerApp:
    return TrainerApp(Comparison.of(**FEW | settings), pace=pace)


# What is remembered


def test_a_first_sitting_goes_at_the_pace_that_is_seen():
    preferences_file().unlink()
    assert read_preferences() == (Preferences(pace=AUTO), "")
    assert app_of().session.pace == AUTO


def test_a_pace_is_remembered_in_a_private_file_beside_what_else_stands_there():
    preferences_file().write_text('colour = "blue"\npace = "auto"\n')
    remember(pace=24.0)
    assert app_of().session.pace == 24.0
    assert app_of(pace=MAX).session.pace == MAX, "a flag is for one sitting"
    assert read_preferences()[0].pace == 24.0
    assert 'colour = "blue"' in preferences_file().read_text()
    assert stat.S_IMODE(preferences_file().stat().st_mode) == 0o600


def test_a_pace_is_remembered_where_there_was_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "a" / "b"))
    remember(pace=MAX)
    assert read_preferences()[0].pace == MAX
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"pace = ", b"pace = -1\n", b'pace = "fast"\n', b"pace = [1]\n", b"pace = nan\n"]
)
def test_a_spoiled_file_is_the_defaults_and_is_put_right_by_the_next_change(content):
    preferences_file().write_bytes(content)
    assert read_preferences()[0] == Preferences()
    remember(pace=2.0)
    assert read_preferences()[0].pace == 2.0


def test_a_file_that_is_none_is_the_defaults():
    preferences_file().unlink()
    preferences_file().mkdir()
    assert read_preferences()[0] == Preferences()


@pytest.mark.slow
async def test_what_is_changed_by_keys_is_remembered_at_the_end_and_a_flag_is_not():
    before = preferences_file().read_text()
    async with shown(app_of(pace=AUTO)) as app:
        await app.state("ready")
    assert preferences_file().read_text() == before
    async with shown(app_of(pace=AUTO)) as app:
        await app.state("ready")
        await app.press(">")
        assert "pace 24 epochs/s" in app.text("#status")
    assert read_preferences()[0].pace == 24.0


async def test_leaving_is_not_kept_up_by_a_file_that_can_not_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    async with shown(app_of()) as app:
        await app.state("ready")
        await app.press("<")
    assert app.app.return_code in (0, None)


# Keys


@pytest.mark.slow
async def test_g_goes_to_the_end_of_these_runs_and_the_next_ones_go_at_the_pace_again():
    async with shown(app_of(pace=SLOW, epochs=3)) as app:
        await app.state("ready")
        await app.press("space")
        await app.until(lambda: min(t.steps for t in app.session.trainers) > 0)
        await app.press("G")
        await app.state("completed")
        assert app.losses == [3, 3]
        assert app.session.pace == SLOW
        await app.press("G")
        assert "these runs have ended: space trains again" in app.text("#status")
        await app.press("r")
        await app.until(lambda: app.session.state == "running")
        await app.until(lambda: min(t.steps for t in app.session.trainers) > 0)
        assert app.losses == [0, 0]
        assert app.session.present_pace == SLOW


@pytest.mark.slow
async def test_g_starts_runs_and_lets_paused_ones_go_on():
    async with shown(app_of(pace=SLOW, epochs=3)) as app:
        await app.state("ready")
        await app.press("G")
        await app.state("completed")
        await app.press("r")
        await app.until(lambda: app.session.state == "running")
        await app.press("space")
        await app.state("paused")
        await app.press("G")
        await app.state("completed")
        assert app.losses == [3, 3]


async def test_g_once_more_is_the_pace_that_is_seen():
    async with shown(app_of(pace=SLOW, epochs=10**6)) as app:
        await app.state("ready")
        await app.press("space", "G")
        assert app.session.present_pace == MAX
        await app.press("G")
        assert (app.session.present_pace, app.session.pace) == (AUTO, AUTO)
        assert "pace auto" in app.text("#status")


@pytest.mark.slow
async def test_half_and_double_act_on_runs_that_wait():
    async with shown(app_of(pace=SLOW, epochs=4, activation="tanh")) as app:
        await app.state("ready")
        await app.press("space")
        await app.until(lambda: min(t.steps for t in app.session.trainers) > 0)
        await app.press(">", ">", ">")
        assert "pace 16 steps/s" in app.text("#status")
        assert app.session.present_pace == pytest.approx(0.8)
        for _ in range(5):
            await app.press("<")
        assert "pace 2 steps/s" in app.text("#status")
        while app.session.present_pace != MAX:
            await app.press(">")
        await app.state("completed")


async def test_a_pause_a_step_an_epoch_and_a_stop_are_as_quick_at_any_pace(monkeypatch):
    monkeypatch.setattr("tui_trainer.engine.pace.SLOWEST", SLOW)  # a step that nobody lives to see
    async with shown(app_of(pace=SLOW, epochs=100, activation="tanh")) as app:
        await app.state("ready")
        await app.press("space")
        await app.state("running")
        await app.press("space")
        await app.state("paused")
        (trainer,) = app.session.trainers
        await app.press("n", "n")
        await app.until(lambda: trainer.steps == 2)
        await app.state("paused")
        await app.press("N")
        await app.until(lambda: app.losses == [1])
        await app.state("paused")
        assert trainer.place == 1
        await app.press("space")
        await app.until(lambda: app.session.state == "running")
        await app.press("+")
        await app.until(lambda: trainer.experiment.lr == 0.002)
        await app.press("x")
        await app.state("stopped")
        assert trainer.epoch == 1


# The status line

WIDE, NORMAL, NARROW, NARROWER = 120, 80, 60, 50


@pytest.mark.parametrize(
    ("width", "said", "unsaid"),
    [
        (WIDE, ["epoch 41/1,000 · pace 12 epochs/s · this machine could do 48,000  ", " left"], ["steps/s"]),
        (NORMAL, ["epoch 41/1,000 · pace 12 epochs/s  ", "   4%"], ["could do"]),
        (NARROW, ["epoch 41/1,000 · pace 12 epochs/s  ", "   4%"], [" left"]),
        (NARROWER, ["epoch 41/1,000  ", "   4%"], ["pace"]),
    ],
)
async def test_the_status_line_tells_the_pace_and_what_the_machine_could_do(width, said, unsaid):
    async with shown(app_of(epochs=1000), size=(width, 24)) as app:
        await app.state("ready")
        records = [dataclasses.replace(r, status=Status.RUNNING, epoch=41, steps=820) for r in app.session.records]
        status = app.screen.query_one(StatusLine)
        status.show(Status.RUNNING, records, Text("names"), pace=12.0, machine=48_000.0)
        line = str(status._text()).splitlines()[0]
        assert len(line) <= width
        assert all(words in line for words in said), line
        assert not any(words in line for words in unsaid), line
        assert "━" in line
        status.show(Status.RUNNING, records, Text("names"), pace=12.0, machine=5.0)
        line = str(status._text()).splitlines()[0]
        assert "pace" not in line, "which it is slower than"
        assert ("· 5 epochs/s" in line) == (width > NARROWER)
        assert (", all that this machine can do" in line) == (width == WIDE)
        status.show(Status.RUNNING, records, Text("names"), pace=MAX, machine=48_000.0)
        assert "pace" not in str(status._text()), "at full speed, steps/s say it"


async def test_the_time_left_is_that_of_the_pace_unless_the_machine_is_slower():
    async with shown(app_of(epochs=1000)) as app:
        await app.state("ready")
        records = [dataclasses.replace(r, status=Status.RUNNING, epoch=400, steps=8000) for r in app.session.records]
        status = app.screen.query_one(StatusLine)
        for machine, left in ((math.inf, "1:00"), (48_000.0, "1:00"), (5.0, "2:00")):
            status.show(Status.RUNNING, records, Text("names"), pace=10.0, machine=machine)
            assert f"  {left} left" in str(status._text())


async def test_what_the_machine_could_do_is_told_while_it_waits():
    async with shown(app_of(pace=4.0, epochs=10**5)) as app:
        await app.state("ready")
        await app.press("space")
        await app.until(lambda: "this machine could do" in app.text("#status"))
        assert 4 < app.session.machine < math.inf
