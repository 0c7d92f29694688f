"""The learner's own editor, in a real terminal: it has the terminal to itself, and what it leaves is checked."""

import shlex
import sys

import pytest

from tests.lessons.test_exercises import SOLUTIONS, filled

EDITOR = """\
import pathlib, sys
file = pathlib.Path(sys.argv[-1])
print("the file has", oct(file.parent.stat().st_mode & 0o777), file.suffix, file.read_text().count("____"))
if input("as it was? ") == "no":
    file.write_text({filled!r})
    sys.exit()
sys.exit(3)
"""


@pytest.mark.slow
def test_ctrl_o_opens_the_learners_editor_and_takes_what_it_leaves(terminal, tmp_path):
    (tmp_path / "edit it.py").write_text(EDITOR.format(filled=filled("tensors", SOLUTIONS["tensors"])))
    editor = shlex.join([sys.executable, str(tmp_path / "edit it.py")])
    t = terminal("--samples=20", "--device=cpu", size=(80, 24), VISUAL=editor, EDITOR="false")
    t.press("2", "goals met")
    t.press("enter", "e exercise")  # on the first of them, as no goal is met
    t.press("e", "fill the holes ____")

    t.press("\x0f", "as it was?")
    assert "the file has 0o700 .py 3" in t.text
    for key in "yes":
        t.type(key)
    t.press("enter", "what you wrote here stays as it was")
    t.wait_for(lambda: "exit code 3" in " ".join(t.text.split()), "exit code 3")

    t.press("\x0f", "as it was?")
    for key in "no":
        t.type(key)
    t.press("enter", "half = torch.tensor([1, 2, 3], dtype=torch.float16)")
    t.press("\x13", "✓ it passes")
    t.press("escape", "e exercise")
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()
