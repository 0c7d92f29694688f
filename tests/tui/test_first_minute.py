"""The first minute: what a sitting begins with, presets, a new seed, and a start that only repeats."""

import pytest
from textual.widgets import OptionList

from tui_trainer.catalog import DATASETS
from tui_trainer.comparison import Comparison, presets
from tui_trainer.tui.screens.presets import PresetScreen

REPEATS = "the same curves once more"


WORDS = {
    (120, 40): "space trains them, A takes the article's own experiment, P shows others",
    (80, 24): "Watch neural networks learn: space trains, A: the article's own, P: others",
    (60, 20): "Watch networks learn: space trains, A: article's, P: more",
    (40, 12): "Watch networks learn: space, P: others",
}


async def test_the_first_screen_says_what_this_is_and_what_to_press(running_app):
    async with running_app() as app:
        for size, words in WORDS.items():
            await app.resize(*size)
            await app.until(lambda words=words: app.text("#opening").strip().endswith(words))


@pytest.mark.slow
async def test_what_is_taken_waits_for_space_and_what_was_trained_stays_faint(running_app):
    async with running_app(epochs=2) as app:
        opening = app.screen.query_one("#opening")
        assert opening.display
        await app.press("space")
        await app.state("completed")
        assert not opening.display
        before = app.session.records

        await app.press("P")
        screen = app.app.screen
        assert isinstance(screen, PresetScreen)
        options = screen.query_one(OptionList)
        listed = [option.id for option in options.options if option.id]
        assert [name.partition(":")[2] for name in listed] == [
            *sorted(presets(), key=lambda name: name != "article"),
            *DATASETS,
        ]
        for name in listed:
            first, *_ = str(options.get_option(name).prompt).splitlines()
            assert any("\u2800" < sign <= "\u28ff" for sign in str(options.get_option(name).prompt)), "no picture"
            assert first.endswith(name.partition(":")[2])
        await app.press("end", "up", "enter")
        await app.state("ready")
        assert app.screen.draft.comparison.values["data"] == (list(DATASETS)[-2],)
        assert app.screen.draft.comparison.values["epochs"] == (2,), "a data set leaves the other settings alone"
        assert list(app.session.ghosts) == list(before)

        await app.press("P", "enter")
        await app.until(lambda: app.screen.draft.comparison == Comparison.of())
        assert app.session.state == "ready"
        await app.press("P", "escape")
        assert app.screen.draft.comparison == Comparison.of()


@pytest.mark.slow
async def test_the_articles_own_is_one_key_away_and_waits_where_runs_train(running_app):
    async with running_app() as app:
        await app.press("A")
        await app.until(lambda: app.session.records[0].experiment.epochs == 1000)
        assert app.screen.draft.in_force == Comparison.preset("article")
        await app.press("P", "down", "enter", "space")
        await app.until(lambda: app.session.state == "running")
        await app.press("A")
        assert "r ends these runs and starts the new ones" in app.text("#status")
        assert app.screen.draft.in_force == Comparison.preset("contrast")


@pytest.mark.slow
async def test_a_start_that_only_repeats_says_so_and_another_seed_is_a_key(running_app):
    async with running_app(epochs=2) as app:
        await app.press("space")
        await app.state("completed")
        first = [record.history.losses.tolist() for record in app.session.records]
        for key in ("space", "r"):
            group = app.session.group
            await app.press(key)
            await app.until(lambda group=group: app.session.group is not group)
            await app.until(lambda: REPEATS in app.text("#status"))
            await app.state("completed")
            assert REPEATS in app.text("#status"), "still, once they have ended"
            assert [record.history.losses.tolist() for record in app.session.records] == first
        await app.press("R")
        await app.until(lambda: [record.experiment.seed for record in app.session.records] == [1, 1])
        await app.state("completed")
        assert "seed 1: other random numbers" in app.text("#status")
        assert [record.history.losses.tolist() for record in app.session.records] != first

        await app.press("+", "r")
        await app.until(lambda: app.session.records[0].experiment.lr == 0.002)
        await app.state("completed")
        assert REPEATS not in app.text("#status")


@pytest.mark.slow
async def test_runs_that_were_changed_on_the_way_are_not_repeated(running_app):
    async with running_app(epochs=4) as app:
        await app.press("n")
        await app.state("paused")
        await app.press("+")
        await app.press("space")
        await app.state("completed")
        group = app.session.group
        await app.press("r")
        await app.until(lambda: app.session.group is not group)
        await app.state("completed")
        assert REPEATS not in app.text("#status")
