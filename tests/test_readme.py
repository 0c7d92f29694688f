"""The README and the pages of help say what the program says."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.pages import BLOCK, BLOCKS, PAGES, ROOT, filled
from tui_trainer.catalog import TOPICS
from tui_trainer.help.pages import FOLDER

TEXTS = {file.stem: file.read_text("utf-8") for file in PAGES}


@pytest.mark.parametrize("name", TEXTS)
def test_a_page_has_what_the_program_says_by_now(name):
    assert filled(TEXTS[name]) == TEXTS[name], "run python -m tests.pages"


def test_nothing_that_the_pages_have_from_the_program_is_left_out():
    assert sorted(name for text in TEXTS.values() for name, _ in BLOCK.findall(text)) == sorted(BLOCKS)
    assert sorted(file.stem for file in FOLDER.glob("*.md")) == sorted(TOPICS)


def test_pictures_and_files_that_they_link_to_are_there():
    for file in PAGES:
        for link in re.findall(r"\]\(([^)]+)\)", TEXTS[file.stem]):
            assert "://" in link or (file.parent / link).is_file(), (file, link)


def test_the_readme_is_short_enough_to_read():
    assert len(TEXTS["README"].splitlines()) < 120


def test_12_55_the_versions_that_were_tested_are_those_that_are_admitted():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    admitted = {one.name: one.specifier for one in map(Requirement, project["dependencies"])}
    (sentence,) = re.findall(r"^Tested with (.+?);", TEXTS["design"], re.MULTILINE | re.DOTALL)
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
    pinned = re.findall(r"^([\w-]+)==(\S+)", (ROOT / ".ci/constraints.txt").read_text(), re.MULTILINE)
    gate = {name.replace("_", "-"): version for name, version in pinned}
    for name, versions in tested.items():
        assert gate[name] in versions
    assert "2.15.9" in admitted["torch"]
    assert "2.16" not in admitted["torch"]
