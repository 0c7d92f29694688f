"""The README says what the program says."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tui_trainer.catalog import EXPORTS, LESSONS
from tui_trainer.comparison import Comparison, presets
from tui_trainer.lessons.language import texts_in
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
    for number, name in enumerate(LESSONS, 1):
        assert f"{number}. `{name}`: {texts_in('en')(f'{name}.title')}\n" in README


def test_every_ending_is_in_the_table():
    for ending, choice in EXPORTS.items():
        assert f"| `{ending}` | {choice.help} |\n" in README


def test_pictures_and_files_that_it_links_to_are_there():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert len(links) >= 6
    for link in links:
        assert (ROOT / link).is_file(), link


def test_12_55_the_versions_that_were_tested_are_those_that_are_admitted():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    admitted = {one.name: one.specifier for one in map(Requirement, project["dependencies"])}
    (sentence,) = re.findall(r"^Tested with (.+?);", README, re.MULTILINE | re.DOTALL)
    tested: dict[str, list[str]] = {}
    name = ""
    for word in re.findall(r"[\w.-]*\w", sentence.replace(" and ", " ")):
        if word[0].isalpha():
            name = word
        else:
            tested.setdefault(name, []).append(word)
    assert set(tested) == set(admitted)
    for name, versions in tested.items():
        assert all(version in admitted[name] for version in versions), name
    gate = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / ".ci/constraints.txt").read_text(), re.MULTILINE))
    for name, versions in tested.items():
        assert gate[name.replace("-", "_") if name == "tomli-w" else name] in versions
    assert "2.15.9" in admitted["torch"]
    assert "2.16" not in admitted["torch"]
