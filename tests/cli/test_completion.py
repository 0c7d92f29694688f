"""What a shell completes, asked as bash asks; and what a misspelled or foreign flag was meant to be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui_trainer.cli.flags import make_parser
from tui_trainer.cli.lesson import make_parser_of
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.runs.library import all_runs
from tui_trainer.settings import SETTINGS

ASK = """
eval "$(tui-trainer completion bash)"
while IFS= read -r COMP_LINE; do
    COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_WORDS=($COMP_LINE)
    _python_argcomplete tui-trainer
    echo "${COMPREPLY[@]}"
done
"""


@pytest.mark.slow
def test_bash_completes_commands_flags_values_after_a_comma_too_and_runs(tmp_path, command):
    command("train", "--samples=5", "--epochs=1", "--activation=tanh")
    program = tmp_path / "tui-trainer"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tui_trainer "$@"\n')
    program.chmod(0o700)
    (tmp_path / "points.csv").touch()
    (tmp_path / "net.py").write_text("def deep(width: int = 8, depth: int = 2): ...")
    (run,) = all_runs()[0]
    wanted = {
        "tui-trainer tra": "train",
        "tui-trainer train --optim": "--optimizer",
        "tui-trainer --activation identity,ta": "identity,tanh",
        "tui-trainer --data poi": "points.csv",
        "tui-trainer train --model net.py:deep --model.d": "--model.depth",
        "tui-trainer train --model=net.py:de --opti": "--optimizer",
        "tui-trainer resume 2": run.id,
        "tui-trainer lesson descent --et": "--eta",
        "tui-trainer runs prune --ke": "--keep",
        "tui-trainer help da": "data",
        "tui-trainer completion ": "--help bash zsh fish",
    }
    place = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    env = os.environ | {"PATH": place, "PYTHONPATH": str(Path(__file__).parents[2])}
    asked = subprocess.run(
        ["bash", "-c", ASK], input="\n".join(wanted) + "\n", env=env, cwd=tmp_path, capture_output=True, text=True
    )
    answers = [line.strip() for line in asked.stdout.splitlines()]
    assert dict(zip(wanted, answers, strict=True)) == wanted


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_theirs(command, shell):
    ran = command("completion", shell)
    assert ran.code == 0
    assert "_ARGCOMPLETE" in ran.out


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=list(SETTINGS))
def test_what_people_write_for_a_flag_leads_to_it(setting, refused):
    for word in setting.synonyms:
        for flag in (f"--{word}", f"--{word}=1", f"--{word.replace('-', '_')}"):
            assert f"did you mean {setting.flag}?" in refused(make_parser().parse_all, ["train", flag])


def test_no_word_stands_for_two_flags_or_is_one():
    words = [word for setting in SETTINGS.values() for word in setting.synonyms]
    assert len(words) == len(set(words))
    assert not set(words) & {setting.flag[2:] for setting in SETTINGS.values()}


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("--optimiser adam", "--optimizer"),
        ("--epoch 3", "--epochs"),
        ("--learnig-rate 3", "--lr"),
        ("train --learning-rate 3", "--lr"),
        ("trian --lr 3", "train"),
        ("runs prun", "prune"),
        ("--aktivation tanh", "--activation"),
    ],
)
def test_a_slip_is_one_line_that_says_what_was_meant(command, line, meant):
    ran = command(*line.split())
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"did you mean {meant}?" in ran.err


def test_a_lesson_knows_what_else_its_rate_is_called(refused):
    parser = make_parser_of(load_lesson("descent"))
    assert "did you mean --eta?" in refused(parser.parse_all, ["--lr", "1"])
