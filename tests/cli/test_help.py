"""`tui-trainer help`: the pages, as a terminal shows them."""

import subprocess
import sys

import pytest

from tui_trainer.catalog import TOPICS


@pytest.mark.parametrize("width", ["60", "120"])
def test_every_page_fits_and_has_no_sign_of_markdown(command, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    for topic in TOPICS:
        shown = command("help", topic).out
        assert len(shown.splitlines()) > 8
        assert all(len(line) <= int(width) for line in shown.splitlines())
        for sign in ("<!--", "](", "```", "`", "\\*", "|---"):
            assert sign not in shown, topic


def test_without_a_topic_it_lists_them_and_of_a_command_it_shows_the_flags(command):
    listed = command("help").out
    assert all(about[:30] in listed for about in TOPICS.values())
    assert command("help", "train").out == command("train", "--help").out
    assert command("help", "resume").out == command("resume", "--help").out
    ran = command("help", "setings")
    assert ran.code == 2
    assert ran.err.startswith("tui-trainer: help: 'setings' is unknown; did you mean settings? there are training, ")


def test_a_page_loads_no_torch():
    code = "import sys; from tui_trainer.cli import main; main(['help', 'data']); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.endswith("False\n")
