"""`tui-trainer lesson NAME --write FILE.py` and `--check FILE.py`."""

import subprocess
import sys

import pytest

from tests.lessons.test_exercises import SOLUTIONS, filled
from tui_trainer.lessons.exercises.exercise import load_exercise
from tui_trainer.lessons.progress import read_progress


@pytest.mark.slow
def test_the_lines_are_written_checked_and_passed(command, tmp_path):
    file = tmp_path / "my lines.py"
    ran = command("lesson", "tensors", "--write", "my lines.py")
    assert ran.code == 0
    assert ran.out == "my lines.py is written; fill its holes, then: tui-trainer lesson tensors --check 'my lines.py'\n"
    assert file.read_text() == load_exercise("tensors").file
    assert file.stat().st_mode & 0o777 == 0o600

    file.write_text(filled("tensors", [*SOLUTIONS["tensors"][:1], "x.reshape(1, -1)", "1"]) + "\nprint(half)\n")
    ran = command("lesson", "tensors", "--check=my lines.py")
    assert ran.code == 1
    assert ran.out == (
        "It printed:\n  tensor([1., 2., 3.], dtype=torch.float16)\n"
        "✗ column(x), x = [1.0, 2.0, 3.0]: gave shape (1, 3); (3, 1) is wanted\n"
    )
    assert not read_progress()["tensors"].written

    file.write_text(filled("tensors", SOLUTIONS["tensors"]))
    ran = command("lesson", "tensors", "--json", "--check", "my lines.py")
    assert ran.code == 0
    said = "it passes: every check gives what is wanted"
    assert ran.events == [{"lesson": "tensors", "passed": True, "said": said, "printed": ""}]
    assert read_progress()["tensors"].written
    assert not read_progress()["tensors"].met


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tensors", "--write=mine.py"], "mine.py: is there already; give another file"),
        (["tensors", "--write=no/where.py"], "no/where.py: no such file or directory"),
        (["tensors", "--check=nowhere.py"], "nowhere.py: no such file or directory"),
        (["tensors", "--check=."], ".: is a directory; give a file"),
        (["tensors", "--check=bytes.py"], "bytes.py: byte 1 is not UTF-8"),
        (["tensors", "--check=large.py"], "large.py: over 100,000 bytes"),
        (["tensors", "--check"], "tensors.py: no such file or directory"),
        (["tensors", "--check=mine.py", "--write=other.py"], "--write, --check: one at a time"),
        (["tensors", "--check=mine.py", "--guess=1"], "unknown: --guess"),
        (["tnsors", "--check=mine.py"], "lesson 'tnsors' is unknown; did you mean tensors?"),
        (["tensors", "--check=mine.py", "--language=xx"], "language: 'xx' is unknown"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(command, tmp_path, arguments, said):
    (tmp_path / "mine.py").write_text("mine")
    (tmp_path / "bytes.py").write_bytes(b"\xff")
    (tmp_path / "large.py").write_bytes(b"#" * 100_001)
    ran = command("lesson", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert (tmp_path / "mine.py").read_text() == "mine"


@pytest.mark.slow
def test_14_the_file_has_the_lessons_name_where_none_is_given(command, tmp_path):
    assert command("lesson", "devices", "--write").out.startswith("devices.py is written;")
    assert (tmp_path / "devices.py").read_text() == load_exercise("devices").file
    ran = command("lesson", "devices", "--check")
    assert ran.code == 1
    assert "the hole ____ is still to be filled" in ran.out


def test_help_names_both(command):
    assert {"--write", "--check"} <= set(command("lesson", "descent", "--help").out.split())


@pytest.mark.slow
def test_checking_loads_no_torch_here_and_runs_nothing_here(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("import sys, os\nprint('in', os.getpid())\nsys.exit()")
    code = f"import sys, os; from tui_trainer.cli import main; main(['lesson', 'tensors', '--check', {str(file)!r}]);"
    code += "print('torch' in sys.modules, os.getpid())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    printed, *_, (torch, here) = [line.split() for line in ran.stdout.splitlines()[1:]]
    assert printed[0] == "in"
    assert printed[1] != here
    assert torch == "False"
