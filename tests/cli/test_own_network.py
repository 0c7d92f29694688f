"""A person's own network, optimizer and schedule by the command: as the page of help has them; one killed."""

import re
import sys
from textwrap import dedent

import pytest
from msgspec.structs import replace

from tests.pages import files_in, sections
from tui_trainer.runs.code import read_code
from tui_trainer.runs.differences import differing
from tui_trainer.runs.library import all_runs

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


OPTIONAL = """
    from typing import Literal, Optional
    from torch import nn
    class Net(nn.Linear):
        def __init__(self, width: Optional[int] = 3, kind: Literal["a", "b"] | None = None, word: str = "none",
                     name: str | None = "x", on: bool | None = None):
            super().__init__(1, 1)
            print("made with", [width, kind, word, name, on])
"""


def test_a_parameter_may_be_none(command, tmp_path):
    """Which is no text: from the flags to the constructor, the files and back."""
    (tmp_path / "maybe.py").write_text(dedent(OPTIONAL))
    few = ("--samples=8", "--epochs=2", "--device=cpu")
    given = ("--model=maybe.py:Net", "--model.width=None,5", "--model.name=none", "--save-experiment=maybe.toml")
    ran = command("train", *few, *given, "--json")
    names = [ended["run"] for ended in ran.of("run_finished")]
    assert names == ["model.width=none", "model.width=5"]
    assert "made with [None, None, 'none', None, None]" in ran.err
    assert "made with [5, None, 'none', None, None]" in ran.err
    without, five = (ended["id"] for ended in ran.of("run_finished"))
    again = command("train", "--experiment=maybe.toml", "--json")
    assert [line for line in again.err.splitlines() if "made" in line] == [
        line for line in ran.err.splitlines() if "made" in line
    ]
    assert command("runs", "diff", without, five).out.split()[-3:] == ["model.width", "none", "5"]
    stored = next(run.experiment for run in all_runs()[0] if run.id == without)
    assert stored.arguments("model") == {"width": None, "kind": None, "word": "none", "name": None, "on": None}
    assert differing([stored, replace(stored, own=stored.own[1:])]) == ("model.kind",), (
        "none is not the same as nothing"
    )
    (tmp_path / "maybe.py").write_text(dedent(OPTIONAL).replace("= 3", "= 4"))
    went_on = command("resume", without, "--epochs=3", "--anyway", "--json")
    assert went_on.of("run_finished")[0]["epochs"] == 3
    assert "made with [None, None, 'none', None, None]" in went_on.err
    (tmp_path / "typed.toml").write_text('model = "maybe.py:Net"\n"model.width" = ["none", 2]\n"model.on" = true\n')
    typed = command("train", "--experiment=typed.toml", "--model.kind=b,none", *few, "--json").err
    assert "made with [None, 'b', 'none', 'x', True]" in typed
    assert "made with [2, None, 'none', 'x', True]" in typed
    for flag, said in (
        ("--model.width=x", "model.width: 'x' won't do; give a whole number or none"),
        ("--model.kind=c", "model.kind: 'c' is unknown; there are a, b, none"),
    ):
        ran = command("train", "--model=maybe.py:Net", flag)
        assert (ran.code, said in ran.err) == (2, True)
    assert "[none]" in command("train", "--model=maybe.py:Net", "--help").out


@pytest.mark.parametrize("model", ["kit_imported:Net", "mine.py:Mine"])
def test_what_is_imported_from_a_package_has_its_parameters(command, tmp_path, monkeypatch, model):
    """Of a run, the text of the named file is kept."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "kit_imported").mkdir()
    (tmp_path / "kit_imported" / "__init__.py").write_text("from .nets import Net\n")
    (tmp_path / "kit_imported" / "nets.py").write_text(dedent(OPTIONAL))
    (tmp_path / "mine.py").write_text("from kit_imported import Net as Mine\n")
    ran = command("train", f"--model={model}", "--model.width=7,none", "--samples=8", "--epochs=1", "--json")
    ended = ran.of("run_finished")
    assert [each["run"] for each in ended] == ["model.width=7", "model.width=none"]
    assert "made with [7, None, 'none', 'x', None]" in ran.err
    run = next(run for run in all_runs()[0] if run.id == ended[0]["id"])
    assert read_code(run.folder)["model"].text.startswith("from")
    again = command("resume", run.id, "--epochs=2", "--json")
    assert again.of("run_finished")[0]["epochs"] == 2
    assert "did you mean --model.width?" in command("train", f"--model={model}", "--model.widht=7").err
    for name in [name for name in sys.modules if name.startswith("kit_imported")]:
        del sys.modules[name]
