"""`tui-trainer lesson`: the list, a lesson, its numbers, its goal, and bad input."""

import json
import shlex
import subprocess
import sys

import pytest

from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.progress import goals_met, keep_goal, progress_file


def test_the_list_has_every_lesson_and_the_goals_met(command):
    keep_goal("descent")
    ran = command("lesson")
    lines = ran.out.splitlines()
    assert ran.code == 0
    for number, (name, choice) in enumerate(LESSONS.items(), 1):
        mark = "●" if name == "descent" else "○"
        assert lines[number - 1] == f"{number} {mark} {name:<12} {choice.help}"
    assert "1 of 9 goals met" in lines[-1]


def test_the_list_as_json(command):
    keep_goal("line")
    listed = command("lesson", "--json").events
    assert [each["lesson"] for each in listed] == list(LESSONS)
    assert [each["lesson"] for each in listed if each["met"]] == ["line"]


def test_a_lesson_is_printed_whole(command):
    ran = command("lesson", "descent", "--eta", "0.5", "--steps=30")
    assert ran.code == 0
    for part in (
        "Training makes a loss small",
        "--eta 0.5 --start -3.5",
        "f = (x - 2)², the article's",
        "gradient",
        "import torch",
        "def descend(",
        "optimizer.zero_grad()",
        "return (x - 2) ** 2",
        "torch.optim.SGD([x], lr=0.5)",
        "● Goal met:",
        "sgd stands at 2.0000 after 1 step, and stays",
    ):
        assert part in ran.out
    assert goals_met() == {"descent"}


def test_the_flags_that_are_printed_can_be_given_again(command):
    ran = command("lesson", "autograd", "--expression", "w*x - y", "--no-zero-grad")
    (printed,) = [block for block in ran.out.split("\n\n") if block.startswith("--expression")]
    flags = shlex.split(printed)
    assert flags[:2] == ["--expression", "w*x - y"]
    assert "--no-zero-grad" in flags
    assert "--grad" in flags
    again = command("lesson", "autograd", *flags)
    assert again.out == ran.out


def test_a_goal_that_is_not_met_is_not_kept(command):
    assert "○ Goal:" in command("lesson", "descent").out
    assert goals_met() == set()


@pytest.mark.slow
def test_to_writes_a_script_that_gives_the_numbers(command, tmp_path):
    steps = command("lesson", "descent", "--eta=0.3", "--steps=20", "--to=roll it.py", "--json").events
    file = tmp_path / "roll it.py"
    ran = subprocess.run([sys.executable, "-I", file], capture_output=True, text=True, check=True)
    assert [line.split() for line in ran.stdout.splitlines()] == [
        ["sgd", str(step["step"]), str(step["x"]), str(step["f"]), str(step["gradient"])] for step in steps
    ]
    assert file.stat().st_mode & 0o777 == 0o600


def test_to_leaves_a_file_that_is_there_as_it_is(command, tmp_path):
    (tmp_path / "mine.py").write_text("mine")
    ran = command("lesson", "descent", "--to=mine.py")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "tui-trainer: mine.py: is there already; give another file\n"
    assert (tmp_path / "mine.py").read_text() == "mine"


def test_descent_as_json_is_one_object_a_step(command):
    steps = command("lesson", "descent", "--json").events
    assert {"step", "x", "f", "gradient"} <= steps[0].keys()
    assert [step["step"] for step in steps] == list(range(len(steps)))
    assert abs(steps[-1]["x"] - 2) < 1e-4


def test_nothing_but_text_goes_into_a_pipe(process):
    ran = process("lesson", "descent", "--steps=3")
    assert ran.returncode == 0
    assert b"\x1b" not in ran.stdout
    assert ran.stderr == b""
    for line in process("lesson", "descent", "--steps=3", "--json").stdout.splitlines():
        json.loads(line)


@pytest.mark.slow
def test_an_encoding_without_braille_gets_ascii(process):
    ran = process("lesson", "descent", "--steps=3", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0
    assert ran.stdout.isascii()
    assert b"\\u" not in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["descnt"], "lesson 'descnt' is unknown; did you mean descent? there are tensors"),
        (["descent", "--eta", "zero"], "eta: 'zero' won't do; give a number above 0"),
        (["descent", "--eta", "-1"], "eta: '-1' won't do; give a number above 0"),
        (["descent", "--function", "bowel"], "function: 'bowel' is unknown; did you mean bowl?"),
        (["descent", "--optimizer", "sgd,adm"], "optimizer: 'adm' is unknown; did you mean adam?"),
        (["descent", "--optimizer", "sgd,"], "a comma without a value"),
        (["descent", "--et", "1"], "unknown: --et; did you mean --eta?"),
        (["descent", "more"], "unknown: more"),
        (["--jsn"], "unknown: --jsn; did you mean --json?"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(command, arguments, said):
    ran = command("lesson", *arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("tui-trainer: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_lesson_after_other_flags_says_where_it_belongs(command):
    ran = command("--epochs", "5", "lesson")
    assert ran.code == 2
    assert "write tui-trainer lesson, then those" in ran.err


def test_help_names_the_lessons_flags(command):
    ran = command("lesson", "descent", "--help")
    assert ran.code == 0
    for flag in ("--eta", "--start", "--start-y", "--function", "--optimizer", "--steps", "--json"):
        assert flag in ran.out


def test_a_goal_that_can_not_be_kept_costs_nothing_else(command, data_folder):
    (data_folder / "tui-trainer").write_text("a file is in the way")
    ran = command("lesson", "descent", "--eta", "0.5")
    assert ran.code == 0
    assert "● Goal met" in ran.out
    assert "could not be kept" in ran.err
    assert not progress_file().exists()


def test_listing_loads_no_torch():
    code = "import sys; from tui_trainer.cli import main; main(['lesson']); print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"
