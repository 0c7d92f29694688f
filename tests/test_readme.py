"""The README says what the program says."""

from pathlib import Path

import pytest

from tui_trainer.catalog import EXPORTS, LESSONS
from tui_trainer.comparison import Comparison, presets
from tui_trainer.settings import SETTINGS
from tui_trainer.tui.keys import LESSON_KEYS, RUNS_KEYS, TRAIN_KEYS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("key", [*TRAIN_KEYS, *LESSON_KEYS, *RUNS_KEYS], ids=lambda key: key.label)
def test_every_key_is_in_the_table(key):
    assert f"| `{key.name}` | {key.help} |" in README


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_every_setting_is_in_the_table(setting):
    default = Comparison.of().text(setting.name) or "–"
    assert f"| `{setting.flag}` | {default} | {setting.help} |" in README


def test_every_preset_is_listed():
    for name, description in presets().items():
        assert f"- `{name}`: {description}" in README


def test_every_lesson_is_listed_in_order():
    for number, (name, choice) in enumerate(LESSONS.items(), 1):
        assert f"{number}. `{name}`: {choice.help}\n" in README


def test_every_ending_is_in_the_table():
    for ending, choice in EXPORTS.items():
        assert f"| `{ending}` | {choice.help} |\n" in README


def test_pictures_and_files_that_it_links_to_are_there():
    import re

    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert len(links) >= 6
    for link in links:
        assert (ROOT / link).is_file(), link
