"""A person's own network, optimizer and schedule by the command: as the page of help has them; one killed."""

import re
from textwrap import dedent

import pytest

from tests.pages import files_in, sections

SECTIONS = [sections("own-network")[title] for title in ("Your own network", "Your own optimizer and schedule")]
LINES = [line for section in SECTIONS for line in re.findall(r"^tui-trainer .*$", section, re.MULTILINE)]


@pytest.fixture
def files(tmp_path):
    for name, text in files_in(*SECTIONS).items():
        (tmp_path / name).write_text(text)


@pytest.mark.slow
@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("line", LINES)
def test_the_examples_of_the_page_train(command, line):
    ran = command(*line.split()[1:], "--device", "cpu", "--json")
    assert {ended["status"] for ended in ran.of("run_finished")} == {"completed"}
    assert all(ended["metrics"]["accuracy"] > 0.3 for ended in ran.of("run_finished"))
    assert "this runs your code: " in ran.err


@pytest.mark.usefixtures("files")
def test_parameters_are_flags_that_help_explains(command, tmp_path):
    (tmp_path / "relative.py").write_text("from .my_net import Conv as Net\n")
    (tmp_path / "all.py").write_text("from my_net import *\n")
    ran = command("train", "--data=digits", "--model=all.py:Conv", "--epochs=1", "--device=cpu", "--json")
    assert ran.of("run_finished")[0]["status"] == "completed"
    ran = command("train", "--model", "my_net.py:Conv", "--help")
    assert "channels of the first convolution; the second has twice as many [8]" in " ".join(ran.out.split())
    for flags, said in (
        (["--model", "my_net.py:Conf"], "did you mean Conv? there are Conv, Rows"),
        (["--model", "my_net.py:Conv", "--model.chanels", "3"], "did you mean --model.channels?"),
        (["--model.channels", "3"], "--model.channels: there are none; --model FILE.py:NAME has those of a func"),
        (
            ["--model", "my_net.py:Conv", "--model.sizes", "3"],
            "there are --model.channels, --model.drop",
        ),
        (["--model", "my_net.py"], "model: 'my_net.py' has no name; write FILE.py:NAME"),
        (["--model", "my_net.py:Conv.first"], "'my_net.py:Conv.first' has no name; write FILE.py:NAME, a function or"),
        (["--model", "relative.py:Net"], "name it by its package: package.module:NAME"),
        (["--model", "my_net.py:Conv", "--data", "article"], "layer first, Conv2d"),
        (["--data", "digits", "--model", "my_net.py:Conv", "--model.classes", "7"], "gives (2, 7) for 2 samples"),
    ):
        ran = command("train", *flags)
        assert ran.code == 2
        assert said in ran.err
        assert ran.err.count("\n") == 1 + ran.err.count("digits:")


@pytest.mark.slow
@pytest.mark.usefixtures("files")
def test_a_detached_run_is_killed_and_goes_on_to_the_bit(killed, goes_on_to_the_bit):
    """With what batch norm counts and dropout draws."""
    settings = ("--data=digits", "--model=my_net.py:Conv", "--model.channels=2")
    goes_on_to_the_bit(killed(*settings), *settings)


def test_what_own_code_prints_is_no_line_of_json(command, tmp_path):
    """While it is imported, made and trained, and once more when the run goes on."""
    text = """
        print("told")
        from torch import nn
        class Net(nn.Linear):
            def __init__(self):
                super().__init__(1, 1)
                print("made")
            def forward(self, x):
                print("asked")
                return super().forward(x)
    """
    (tmp_path / "loud.py").write_text(dedent(text))
    ran = command("train", "--samples=8", "--epochs=2", "--model=loud.py:Net", "--device=cpu", "--json")
    assert ran.of("run_finished")[0]["status"] == "completed"
    assert all(word in ran.err for word in ("told", "made", "asked"))
    ran = command("resume", ran.of("run_finished")[0]["id"], "--epochs=3", "--json")
    assert ran.of("run_finished")[0]["epochs"] == 3
    assert "asked" in ran.err
