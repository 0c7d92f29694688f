"""A key means the same on every screen; a person's own keys, and those of a set."""

import re

import pytest

from tests.tui.conftest import shown
from tui_trainer.comparison import Comparison
from tui_trainer.engine.status import Status
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.draft import OF_BRANCH
from tui_trainer.tui.keymap import read_keymap
from tui_trainer.tui.keys import SAME_IN_KIND, SCREENS, TRAIN_KEYS
from tui_trainer.tui.preferences import preferences_file
from tui_trainer.tui.screens.help import TRAINING
from tui_trainer.tui.screens.runs import INTRO
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.log import LogPane
from tui_trainer.tui.widgets.opening import WORDS
from tui_trainer.tui.widgets.runs_table import RunsTable

FEW = {"samples": 5, "epochs": 1, "scale": "standard", "execution": "eager", "device": "cpu"}


def test_a_key_means_the_same_on_every_screen_and_a_name_stands_for_one_key():
    meanings: dict[str, set[str]] = {}
    keys_of: dict[str, set[str]] = {}
    for keys in SCREENS.values():
        assert len({key.id for key in keys}) == len(keys)
        for key in keys:
            keys_of.setdefault(key.id, set()).add(key.keys[0])
            for each in key.keys:
                meanings.setdefault(each, set()).add(key.id)
    several = {key for key, ids in meanings.items() if len(ids) > 1}
    assert several == set(SAME_IN_KIND), "what does another thing elsewhere says why, and nothing else does"
    assert [id for id, keys in keys_of.items() if len(keys) > 1] == []


async def test_own_keys_do_what_the_others_did_and_footer_help_and_palette_show_them():
    preferences_file().write_text('pace = "max"\n[keys]\nlog = "f2"\nstep = "ctrl+n,Z"\nsteps = "s"\n')
    async with shown(TrainerApp(Comparison.of(**FEW)), (200, 50)) as driver:
        log = driver.screen.query_one(LogPane)
        await driver.until(lambda: "'steps' is unknown; did you mean step?" in " ".join(driver.text("#log").split()))
        await driver.press("l")
        assert log.display, "which is no key any more"
        await driver.press("f2")
        assert not log.display
        assert " ctrl+n Z step " in driver.screen.query_one(KeyBar).render().plain
        listed = {key.id: key.name for key in driver.screen.listed_keys}
        assert (listed["log"], listed["one-epoch"]) == ("f2", "N")
        await driver.press("ctrl+n")
        await driver.until(lambda: driver.session.records[0].step)
        await driver.until(lambda: "space: go on, ctrl+n Z: one step" in driver.text("#status"))


def test_what_a_hint_names_is_a_key():
    keymap, _ = read_keymap({"go": "f4"})
    hints = [words for status in Status for words in (status.advice, status.advice_watching)]
    for words in (*hints, *WORDS, TRAINING, INTRO, OF_BRANCH):
        assert not re.search("[{}]", keymap.words(words))
    assert keymap.words(Status.READY.advice) == "press f4 to train"
    assert keymap.words("a file {x}.csv") == "a file {x}.csv"


def test_what_cannot_be_a_key_is_said_in_a_line_and_the_rest_is_heeded():
    wanted = {"set": "vi", "log": "n", "step": "no such", "check": "c", "pin": "f3", "stop": ""}
    keymap, said = read_keymap(wanted)
    assert keymap.moved == {"pin": "f3"}
    assert said.isprintable()
    for words in (
        "set: 'vi' is unknown; did you mean vim?",
        "n would be step and log on the screen of training; log stays",
        "'no such' is no key",
        "'c' is typed into an exercise's lines",
        "'' is no key",
    ):
        assert words in said
    assert read_keymap({}, "vim")[1] == ""
    swapped, said = read_keymap({"log": "n,f2", "step": "l"})
    assert (swapped.moved, said) == ({"log": "n,f2", "step": "l"}, "")


@pytest.mark.slow
async def test_the_keys_of_vim_move_where_nothing_is_typed():
    async with shown(TrainerApp(Comparison.of(**FEW, lr=[0.01, 0.02, 0.03]), keys="vim")) as driver:
        await driver.press("space")
        await driver.state("completed")
        await driver.press("3")
        await driver.until(lambda: driver.app.screen.query_one(RunsTable).row_count == 6)
        table = driver.app.screen.query_one(RunsTable)
        for keys, row in (("gg", 0), ("j", 1), ("j", 2), ("k", 1), ("G", 5), ("gg", 0)):
            await driver.press(*keys)
            await driver.until(lambda row=row: table.cursor_row == row)
        await driver.press("/", *"jkg", "enter")
        assert driver.app._runs.selection.query == "jkg", "typed"
        await driver.press(":")
        assert driver.app.screen.is_modal
        await driver.press("escape", "1", "h")
        assert "log (ctrl+l)" in {f"{key.label} ({key.name})" for key in driver.screen.listed_keys}
        assert len(driver.screen.listed_keys) == len(TRAIN_KEYS)
