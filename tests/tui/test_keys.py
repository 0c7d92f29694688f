"""Every key does what the help says."""

import threading

import pytest
from textual.actions import parse
from textual.command import CommandList
from textual.content import Content
from textual.events import MouseDown, MouseUp
from textual.widgets import Input, OptionList

from tests.marks import rest_slow
from tests.tui.conftest import PATIENCE, Driver
from tui_trainer.catalog import TOPICS
from tui_trainer.comparison import Comparison
from tui_trainer.help.pages import page
from tui_trainer.runs.group import RunGroup
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.keys import TRAIN_KEYS
from tui_trainer.tui.screens.ask import AskScreen
from tui_trainer.tui.screens.help import HelpScreen
from tui_trainer.tui.screens.pick import PickScreen
from tui_trainer.tui.themes import DARK, LIGHT
from tui_trainer.tui.widgets.keybar import KeyBar


async def test_space_starts_pauses_and_goes_on(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 2)
        assert app.session.state == "running"
        await app.press("space")
        await app.state("paused")
        here = app.losses
        assert "paused" in app.text("#status")
        await app.press("space")
        await app.until(lambda: min(app.losses) > max(here))
        assert app.session.state == "running"


async def test_14_03_n_takes_one_step_and_takes_it_apart_by_the_articles_numbers(running_app):
    async with running_app(batch_size=5) as app:
        await app.press("n")
        await app.until(lambda: all(record.step for record in app.session.records))
        await app.state("paused")
        assert [trainer.steps for trainer in app.session.trainers] == [1, 1]
        await app.until(lambda: "2 Linear" in app.text("StepTable"))
        shown = app.text("StepTable")
        six = [
            "1 optimizer, 2 train()",
            "3 x.to(device)",
            "y.to(device)",
            "4 optimizer.zero_grad()",
            "5 prediction = model(x)",
            "loss = mse",
            "6 loss.backward()",
            "optimizer.step()",
        ]
        places = [shown.index(part) for part in six]
        assert places == sorted(places)
        for record in app.session.records:
            assert f"{record.step.loss:.4g}" in shown
            assert f"gradient norm {sum(p.gradient**2 for p in record.step.parameters) ** 0.5:.3g}" in shown
            assert all(f"{layer.name} {layer.kind}" in shown for layer in record.step.layers)
        await app.press("n")
        await app.until(lambda: [t.steps for t in app.session.trainers] == [2, 2])
        await app.press("space")
        await app.until(lambda: min(app.losses) > 1)
        app.screen.draw()
        assert not app.app.screen.query_one("#steps").display


async def test_e_goes_on_to_the_end_of_the_epoch(running_app):
    async with running_app() as app:
        await app.press("N")
        await app.state("paused")
        assert app.losses == [1, 1]
        await app.press("N")
        await app.until(lambda: app.losses == [2, 2])
        await app.state("paused")
        assert app.losses == [2, 2]


async def test_r_starts_afresh_and_leaves_a_ghost(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 5)
        old = app.session.records
        await app.press("r")
        await app.until(lambda: app.session.records is not old and min(app.losses) > 0)
        assert app.session.ghosts is old
        assert app.session.state == "running"
        assert all(record.status == "stopped" for record in old)


async def test_x_stops(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await app.press("x")
        await app.state("stopped")
        await app.until(lambda: not app.session.training)  # its end is written down first
        assert "stopped" in app.text("#status")


async def test_a_picks_one_activation(running_app):
    async with running_app() as app:
        await app.press("a", "down", "down", "enter")
        await app.until(lambda: [r.name for r in app.session.records] == ["relu"])
        assert app.session.state == "ready"
        assert app.app.screen.query_one("#set-activation", Input).value == "relu"


@pytest.mark.slow
async def test_a_marks_several_activations_and_starts_afresh_while_running(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await app.press("a", "down", "down", "space", "enter")
        await app.until(lambda: [r.name for r in app.session.records] == ["identity", "tanh", "relu"])
        await app.until(lambda: min(app.losses) > 0)


async def test_escape_leaves_the_list_without_a_change(running_app):
    async with running_app() as app:
        records = app.session.records
        await app.press("a", "down", "space")
        assert isinstance(app.app.screen, PickScreen)
        await app.press("escape")
        assert app.session.records is records
        assert app.screen.draft.comparison.text("activation") == "identity,tanh"


async def test_o_picks_the_optimizer(running_app):
    async with running_app() as app:
        await app.press("o", "down", "down", "enter")
        await app.until(lambda: app.session.records[0].experiment.optimizer == "adam")


async def test_d_lists_the_devices_that_work_and_moves_a_running_run(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await app.press("d")
        names = [str(option.prompt) for option in app.app.screen.query_one(OptionList).options]
        assert "auto" in names[0]
        assert "cpu" in names[-1]
        records = app.session.records
        await app.press("end", "enter")
        await app.until(lambda: all(r.experiment.device == "cpu" for r in records))
        assert app.session.records is records, "moving to a device is no fresh start"
        assert [mark.text for mark in records[0].history.marks] == ["cpu"]
        here = app.losses
        await app.until(lambda: min(app.losses) > max(here))


@pytest.mark.slow
async def test_12_10_another_theme_is_everywhere_at_once(running_app):
    async with running_app(epochs=3, test_fraction=0.25) as app:
        await app.press("space")
        await app.state("completed")
        for theme in (LIGHT, DARK, LIGHT):
            before = app.app.current_theme
            app.app.flow.written += 10**9  # so much is on its way that no frame is due for hours
            await app.press("t")
            await app.until(lambda theme=theme: theme.variables["run0"].lower() in app.app.export_screenshot().lower())
            shown = app.app.export_screenshot().lower()
            for role in ("run0", "run1"):
                assert theme.variables[role].lower() in shown
                assert before.variables[role].lower() not in shown, "a legend in the colours of before"
            assert before.accent.lower() not in shown


async def test_plus_and_minus_change_the_rate_of_the_running_runs(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await app.press("plus")
        await app.until(lambda: all(r.experiment.lr == 0.002 for r in app.session.records))
        await app.press("minus", "minus")
        await app.until(lambda: all(r.experiment.lr == 0.0005 for r in app.session.records))
        assert all(t.optimizer.param_groups[0]["lr"] == 0.0005 for t in app.session.trainers)
        # Two within an epoch are one mark.
        marks = " ".join(m.text for m in app.session.records[0].history.marks)
        assert marks in ("lr ×2 lr ÷2 lr ÷2", "lr ×2 lr ÷4", "lr ÷2 lr ÷2", "lr ÷2")
        await app.until(lambda: app.app.screen.query_one("#set-lr", Input).value == "0.0005")


async def test_rates_that_are_compared_change_by_the_same_factor(running_app):
    async with running_app(activation="tanh", lr="0.001,0.0001") as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await app.press("minus")
        await app.until(lambda: [r.experiment.lr for r in app.session.records] == [0.0005, 0.00005])


async def test_upper_e_sets_the_epochs_of_a_running_run(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        await app.press("E")
        assert isinstance(app.app.screen, AskScreen)
        app.app.screen.query_one(Input).value = "no"
        await app.press("enter")
        assert "whole number" in app.text("#ask-help")
        app.app.screen.query_one(Input).value = "90000"
        await app.press("enter")
        await app.until(lambda: all(r.experiment.epochs == 90_000 for r in app.session.records))


@pytest.mark.slow
async def test_upper_e_extends_completed_runs(running_app):
    async with running_app(epochs=2) as app:
        await app.press("space")
        await app.state("completed")
        records = app.session.records
        await app.press("E")
        app.app.screen.query_one(Input).value = "5"
        await app.press("enter")
        await app.until(lambda: app.losses == [5, 5])
        await app.state("completed")
        assert app.session.records is records


@pytest.mark.slow
async def test_keys_change_the_loss_chart(running_app):
    async with running_app(epochs=300, batch_size=1, lr=0.05, activation="tanh") as app:

        def beside() -> str:
            return Content.from_markup(app.app.screen.query_one("#loss").border_subtitle).plain

        await app.press("space")
        await app.state("completed")
        await app.pilot.pause()
        logarithmic = app.text("#loss")
        await app.press("y")
        linear = app.text("#loss")
        assert linear != logarithmic
        await app.press("y")
        assert app.text("#loss") == logarithmic
        assert "─ raw" in beside()
        assert "smoothed ×9" in beside()
        await app.press("s")
        assert "smoothed ×27" in beside()
        await app.press("s")
        assert "smoothed" not in beside()
        await app.press("X")
        assert "log x" in beside()
        assert {"1", "10", "100"} <= set(app.text("#loss").rstrip().splitlines()[-1].split())
        await app.press("X", "z", "z")
        assert "Loss by epoch, last tenth" in str(app.app.screen.query_one("#loss").border_title)
        assert app.text("#loss").rstrip().splitlines()[-1].split()[-1] == "300"
        assert "100" not in app.text("#loss").rstrip().splitlines()[-1]
        await app.press("z", "s", "shift+left")
        record = app.session.records[0]
        middle = record.history.losses[290 - 5 : 290 + 4]
        await app.until(lambda: f"● {middle.mean():.4g}" in beside())
        assert f"● tanh {record.history.losses[289]:.4g}" in str(app.app.screen.query_one("#fit").border_title)
        await app.press("?")
        told = app.app.screen.query_one("#intro").render()
        assert all(words in str(told) for words in ("held out:", "raw:", "best line", "final loss:"))


async def test_f_goes_through_the_charts(running_app):
    async with running_app() as app:

        def shown() -> list[bool]:
            return [app.app.screen.query_one(f"#{name}").display for name in ("fit", "loss", "side", "log")]

        assert shown() == [True, True, True, True]
        await app.press("f")
        assert shown() == [True, False, False, False]
        await app.press("f")
        assert shown() == [False, True, False, False]
        await app.press("f")
        assert shown() == [True, True, True, True]


@pytest.mark.slow
async def test_f_changes_the_one_chart_of_a_small_terminal(running_app):
    async with running_app(size=(80, 24)) as app:
        fit, loss = app.app.screen.query_one("#fit"), app.app.screen.query_one("#loss")
        assert (fit.display, loss.display) == (True, False)
        await app.press("f")
        assert (fit.display, loss.display) == (False, True)
        await app.press("f", "f")
        assert (fit.display, loss.display) == (True, False), "both stood between"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.slow
async def test_settings_and_log_show_and_hide(running_app, size):
    async with running_app(size=size) as app:
        for key, name in (("S", "#side"), ("l", "#log")):
            before = app.app.screen.query_one(name).display
            await app.press(key)
            assert app.app.screen.query_one(name).display is not before
            await app.press("escape")
            if app.app.screen.query_one(name).display is not before:  # in a small terminal escape closes the drawer
                await app.press(key)
            assert app.app.screen.query_one(name).display is before
            await app.press("escape")


async def test_t_changes_the_theme(running_app):
    async with running_app() as app:
        assert app.app.current_theme.dark
        await app.press("t")
        assert not app.app.current_theme.dark
        await app.press("t")
        assert app.app.current_theme.dark


@pytest.mark.slow
async def test_question_mark_shows_every_key_and_leads_to_the_pages(running_app):
    first, second, *_ = TOPICS
    async with running_app(size=(120, 60)) as app:
        await app.press("question_mark")
        assert isinstance(app.app.screen, HelpScreen)
        shown = app.text("#help Static:first-of-type")
        for key in TRAIN_KEYS:
            assert key.help in shown
        await app.press("enter", "enter")  # the list of pages, and its first
        await app.until(lambda: f"help: {first} " in str(app.app.screen.query_one("#topic").border_title))
        assert page(first).title in app.text("#topic Static")
        await app.press("right")
        assert page(second).title in app.text("#topic Static")
        await app.press("left", "left")
        assert f"help: {list(TOPICS)[-1]} " in str(app.app.screen.query_one("#topic").border_title)
        await app.press("escape", "escape")
        assert app.app.screen is app.screen


async def test_q_leaves_while_training(running_app):
    async with running_app() as app:
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)
        thread = next(t for t in threading.enumerate() if t.name == "training")
        await app.press("q")
    assert not thread.is_alive()
    assert app.app.return_code == 0


async def test_the_command_palette_has_the_same_list(running_app):
    async with running_app() as app:
        commands = {c.help: c for c in app.app.get_system_commands(app.screen)}
        assert {key.help for key in TRAIN_KEYS} <= set(commands)
        assert set(TOPICS.values()) <= set(commands)
        await commands["Light or dark"].callback()
        await app.until(lambda: not app.app.current_theme.dark)


@pytest.mark.slow
async def test_the_command_palette_finds_a_key_by_what_it_does(running_app):
    """Its name, `theme (t)`, has no `light` in it."""
    async with running_app() as app:
        await app.press("ctrl+p", *"light or dark")
        found = app.app.screen.query_one(CommandList)
        await app.until(lambda: found.option_count and "theme" in str(found.get_option_at_index(0).prompt))
        await app.press("down", "enter")
        await app.until(lambda: not app.app.current_theme.dark)


def greyed(screen) -> dict[str, str]:
    """The keys that the footer shows grey, with the action of each."""
    active = {b.binding.action: b for b in screen.active_bindings.values()}
    return {b.binding.key: action for action, b in active.items() if b.binding.show and not b.enabled}


# Of time, as the footer has them: of two keys for the same, the second.
TIME = {"left", "right", "shift+left", "shift+right", "home", "escape", "b", "p"}


async def says_why(app, keys: set[str], words_at: str) -> None:
    """Exactly these keys are grey, and each, pressed, says why and does no more."""
    screen = app.app.screen
    grey = greyed(screen)
    assert set(grey) == keys
    for key, action in grey.items():
        await app.press(key)
        reason = screen.keymap.words(screen.why_not(*parse(action)[1:]))
        assert reason
        assert reason in app.text(words_at)
        assert app.app.screen is screen


@pytest.mark.slow
async def test_12_37_a_greyed_key_of_the_training_screen_says_why(running_app):
    async with running_app(epochs=2) as app:
        await says_why(app, {"r", "x", *TIME}, "#status")
        assert app.session.state == "ready"
        bar = app.app.screen.query_one(KeyBar)
        x = next(start for start, _, key in bar._places if key == "r")
        app.screen.notice("")
        for event in (MouseDown, MouseUp):
            app.app.post_message(event(None, x + 1, bar.region.y, 0, 0, 1, False, False, False))
        await app.until(lambda: "nothing trains yet" in app.text("#status"))
        await app.press("space")
        await app.state("completed")
        await says_why(app, {"n", "N", "x", "G"}, "#status")
        assert app.session.state == "completed"


@pytest.mark.slow
async def test_12_37_a_greyed_key_of_the_other_screens_says_why(running_app):
    async with running_app(epochs=2, activation="tanh") as app:
        await app.press("3")
        await app.until(lambda: "No run is kept yet" in app.text("#nothing"))
        on_a_run = {"space", "enter", "r", "g", "w", "k", "m", "M", "backspace"}
        on_a_run |= TIME - {"left", "right"} | {"comma", "full_stop"}
        await says_why(app, on_a_run | {"equals_sign", "u", "i"}, "#said")
        await app.press("2")
        app.app.screen.open("tensors")
        await app.until(lambda: getattr(app.app.screen, "player", None))
        await app.settle()
        await says_why(app, {"left_square_bracket"}, "#said")
        while not app.app.screen.player.over:
            await app.press("n")
        await app.settle()
        await says_why(app, {"n", "left_square_bracket"}, "#said")
        await app.press("escape", "1", "space")
        await app.state("completed")
        await app.press("3")
        await app.until(lambda: app.app.screen.current and not app.app.screen.current.live)
        await says_why(app, {"r", "equals_sign", "u"}, "#said")


async def test_12_14_x_before_space_is_greyed_and_training_can_still_start(running_app):
    async with running_app() as app:
        assert {"x", "r"} <= set(greyed(app.screen))
        await app.press("x", "r")
        assert app.session.state == "ready"
        await app.press("space")
        await app.until(lambda: min(app.losses) > 0)


@pytest.mark.parametrize(
    ("keys", "losses", "state"),
    rest_slow([("N", [1, 1], "paused"), ("n", [0, 0], "paused"), ("x ", [3, 3], "completed")], several=True),
)
async def test_12_13_keys_pressed_while_pytorch_loads_act_when_it_is_there(keys, losses, state, loading):
    app = TrainerApp(Comparison.of(epochs=3, samples=10, scale="standard", execution="eager"))
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(app, pilot)
        for key in keys:
            await driver.press(key)
            assert "PyTorch is loaded" in driver.text("#status") or key == "x"
        loading.set()
        await driver.until(lambda: app.session.state == state)
        assert driver.losses == losses
        if keys == "n":
            assert [trainer.steps for trainer in app.session.trainers] == [1, 1]


@pytest.mark.slow
async def test_12_13_other_keys_while_pytorch_loads_say_that_they_cannot_yet(loading):
    app = TrainerApp(Comparison.of(epochs=3, samples=10, scale="standard"))
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(app, pilot)
        await says_why(driver, {*"rxdGiU", "less_than_sign", "greater_than_sign", *TIME}, "#status")
        await driver.press("space", "x", "n", "x")
        assert "nothing is started by itself" in driver.text("#status")
        loading.set()
        await driver.until(lambda: app.session.state == "ready")
        assert driver.losses == [0, 0]


@pytest.fixture
def loading(monkeypatch):
    """PyTorch takes until this is set: it may have been imported by another test."""
    loaded = threading.Event()
    of = RunGroup.of
    monkeypatch.setattr(RunGroup, "of", lambda *a: loaded.wait(PATIENCE) and of(*a))
    yield loaded
    loaded.set()


@pytest.mark.slow
async def test_after_a_step_the_chart_that_stood_there_is_back(running_app):
    async with running_app(size=(80, 24)) as app:
        await app.press("n")
        await app.until(lambda: app.app.screen.query_one("#steps").display)
        assert not app.app.screen.query_one("#fit").display
        await app.state("paused")
        await app.until(lambda: "0 Linear" in app.text("StepTable"))  # layer by layer, under the article's numbers
        steps = app.app.screen.query_one("#steps")
        await app.until(lambda: "scroll" in str(steps.border_subtitle))
        for _ in range(steps.max_scroll_y):
            await app.press("down")
        await app.until(lambda: steps.scroll_offset.y == steps.max_scroll_y > 0)
        await app.press("space")
        await app.until(lambda: app.app.screen.query_one("#fit").display)
        assert not app.app.screen.query_one("#steps").display


@pytest.mark.slow
async def test_the_step_shows_as_many_runs_as_there_is_room_for(running_app):
    async with running_app(size=(80, 24), activation="identity,tanh,relu,sin") as app:
        await app.press("n")
        await app.until(lambda: "of 4 runs" in app.text("StepTable"))
        shown = app.text("StepTable")
        assert "2 of 4 runs" in shown
        assert shown.count("gradient norm") == shown.count("weights moved") == 2
        assert shown.count("once, before the epochs") == 2
