"""Whatever goes wrong, the app lives and says what to do."""

import asyncio
import sys
from pathlib import Path

import pytest
import torch
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Resize

from tests.marks import rest_slow
from tui_trainer.comparison import Comparison
from tui_trainer.engine.step import TrainingStep
from tui_trainer.tui.app import TrainerApp, show


@pytest.mark.slow
async def test_a_run_that_diverges_says_what_to_try(running_app):
    async with running_app(lr=10) as app:
        await app.press("space")
        await app.state("diverged")
        assert "try a learning rate of 0.1, then r" in app.text("#status")
        assert "diverged after" in app.text("#log")
        for trainer in app.session.trainers:
            assert all(torch.isfinite(weights).all() for weights in trainer.model.parameters())
        await app.press("minus", "r")
        await app.until(lambda: app.session.records[0].experiment.lr == 5)


@pytest.mark.parametrize("size", ["1.7976931348623157e308", "5e-324"])
async def test_12_47_data_at_the_ends_of_the_floats_are_shown_and_trained_on(running_app, tmp_path, size):
    (tmp_path / "ends.csv").write_text(f"x,y\n-{size},{size}\n0,-{size}\n1,0\n{size},1\n")
    async with running_app(data=str(tmp_path / "ends.csv"), scale="none", epochs=2, test_fraction=0.25) as app:
        await app.until(lambda: "┤" in app.text("#fit"))
        await app.press("space")
        await app.state("completed", "diverged")
        await app.until(lambda: "┤" in app.text("#fit"))
        assert "failed" not in app.text("#status")


async def test_an_exception_in_training_is_a_traceback_in_the_log_and_a_living_app(running_app, monkeypatch):
    async with running_app() as app:
        for trainer in app.session.trainers:
            trainer.step.loss_fn = None
        await app.press("space")
        await app.state("failed")
        log = app.app.screen.query_one("#log")
        for word in ("Traceback", "NoneType"):
            await app.until(lambda word=word: any(word in line.text for line in log.lines))
        assert "failed" in app.text("#status")
        await app.press("r")
        await app.until(lambda: app.losses and min(app.losses) > 0)


async def test_an_exception_outside_training_is_told_as_well(running_app, monkeypatch):
    async with running_app() as app:
        monkeypatch.setattr("tui_trainer.runs.group.prepare_trainers", lambda *_, **__: 1 / 0)
        await app.press("a", "enter")
        await app.until(lambda: "ZeroDivisionError" in "".join(x.text for x in app.app.screen.query_one("#log").lines))
        assert app.session.state == "ready"


class Panicking(TrainerApp):
    CSS_PATH = Path(sys.modules[TrainerApp.__module__].__file__).with_name("app.tcss")

    def on_ready(self) -> None:
        self.panic("as Textual does where its input thread has ended")


def test_12_46_an_app_that_did_not_get_as_far_as_leaving_does_not_exit_with_0(capsys):
    app = Panicking(Comparison.of(samples=20))
    app.driver_class = HeadlessDriver
    assert show(app) == 1


async def test_settings_that_cannot_be_trained_with_end_the_start_with_the_reason(tmp_path):
    app = TrainerApp(Comparison.of(data=str(tmp_path / "missing.csv")))
    async with app.run_test() as pilot:
        while app.return_value is None:
            await pilot.pause(0.02)
    assert "missing.csv: no such file" in app.return_value


async def test_two_sizes_that_are_on_their_way_at_once_do_not_chase_each_other(running_app):
    """As at the start in a terminal that tells no size, or while a window is dragged and much else is to be done."""
    async with running_app() as app:
        screen, now, layouts = app.app.screen, app.app.size, []

        def laid_out(screen) -> None:
            layouts.append(screen)
            if len(layouts) == 10:
                app.app.exit()  # else this would never end

        screen.screen_layout_refresh_signal.subscribe(screen, laid_out)
        for size in (now - (0, 1), now):
            screen.post_message(Resize(size, size))
            screen.call_later(lambda: None)  # else the second would take the first one's place
        for _ in range(300):
            await asyncio.sleep(0)  # and not until nothing is left to do, as that would never be
        assert 0 < len(layouts) < 10
        assert screen.size == now


@pytest.mark.slow
async def test_too_small_says_so_and_training_goes_on(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await app.pilot.resize_terminal(39, 11)
        await app.settle()
        assert "Too small" in app.text("TooSmall")
        here = app.losses
        await app.until(lambda: min(app.losses) > max(here))
        await app.pilot.resize_terminal(120, 40)
        await app.settle()
        assert not app.app.screen.query_one("TooSmall").display


@pytest.mark.parametrize(
    "opened",
    rest_slow(
        [
            [("3", "/")],
            [("question_mark",), (), ("a",), ("E",), ("ctrl+p",), ("2",), ("question_mark",)],
        ]
    ),
    ids=["one", "the others"],
)
async def test_12_32_too_small_is_said_over_every_screen_and_dialog(running_app, opened):
    def said(app) -> bool:
        rows = app.app.screen._compositor.render_update(full=True, screen_stack=app.app._background_screens).strips
        text = "".join(strip.text for row in rows for strip in row)
        return "Too small" in text and not any(sign in text for sign in "╭│╰")

    async with running_app() as app:
        for keys in opened:
            before = list(app.app.screen_stack)
            await app.press(*keys)
            await app.until(lambda: not keys or app.app.screen_stack != before)  # noqa: B023
            open_before = list(app.app.screen_stack)
            await app.resize(34, 10)
            await app.until(lambda: said(app))
            await app.press("?", "ctrl+p", "2", "3")
            assert set(app.app.screen_stack) <= set(open_before), "nothing opens unseen"
            assert said(app)
            await app.resize(80, 24)
            await app.until(lambda: not said(app))
            for _ in range(5):
                if app.app.screen.is_modal:
                    await app.press("escape")
            assert not app.app.screen.is_modal


async def test_12_32_too_small_is_said_from_the_start(running_app):
    async with running_app(size=(30, 8)) as app:
        assert "Too small" in app.text("TooSmall")
        await app.press("?")
        assert app.app.screen is app.screen


@pytest.mark.slow
async def test_any_size_is_survived_while_training(running_app):
    async with running_app() as app:
        await app.press("space")
        for width, height in [(1, 1), (300, 100), (40, 12), (99, 29), (100, 30), (160, 12), (8, 60), (80, 24)]:
            await app.resize(width, height)
            app.screen.draw()
        here = app.losses
        await app.until(lambda: min(app.losses) > max(here, default=0))


@pytest.mark.slow
async def test_space_while_loading_starts_as_soon_as_there_is_something_to_train():
    app = TrainerApp(Comparison.of(epochs=3, samples=10))
    async with app.run_test() as pilot:
        app.training.action_start_or_pause()
        while app.session.state != "completed":
            await pilot.pause(0.02)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "take a batch size under 20, then r"),
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), "the device was lost: leave, and tui"),
    ],
    ids=["out of memory", "device lost"],
)
async def test_a_gpu_that_gives_up_is_simulated_the_run_is_kept_and_a_way_on_is_offered(running_app, error, advice):
    from tui_trainer.runs.library import all_runs, to_resume

    async with running_app(batch_size=20, activation="tanh") as app:
        (trainer,) = app.session.trainers

        class GivingUp(TrainingStep):
            def __call__(self, *arguments):
                if trainer.steps >= 30:
                    raise error
                return super().__call__(*arguments)

        trainer.step.__class__ = GivingUp
        await app.press("space")
        await app.state("failed")
        assert advice in app.text("#status")
        await app.until(lambda: all_runs()[0][0].status == "failed")
        assert len(all_runs()[0][0].info.error.splitlines()) > 3, "the traceback is kept"
        await app.press("r")
        await app.until(lambda: app.losses and min(app.losses) > 30)
    assert len(to_resume()) == 1
    assert [run.status for run in all_runs()[0]] == ["stopped", "failed"]
