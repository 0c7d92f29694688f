"""`tui-trainer train` in a real terminal."""

import re

import pytest


@pytest.mark.slow
def test_a_bar_for_each_run_then_the_fit_and_a_table(terminal):
    t = terminal("train", "--samples=20", "--epochs=40", "--device=cpu", size=(100, 44), fresh=True)
    assert t.wait() == 0
    lines = [line.rstrip() for line in t.screen.display]
    for line, run in zip(lines, ("identity", "tanh"), strict=False):
        assert re.match(rf"{run} +━+ 40/40 loss [\d.]+ ", line)
    assert any("●" in line and "│" in line for line in lines[2:22]), "the fit"
    assert any(line.startswith("│ ▲ tanh     │ completed │     40 │") for line in lines[20:])
    assert re.findall(rb"\x1b\[\?25([hl])", t.written)[-1] == b"h", "the cursor is back"


def test_ctrl_c_ends_the_runs_and_still_shows_how_far_they_came(terminal):
    t = terminal("train", "--samples=20", "--epochs=1000000000", "--device=cpu", size=(100, 40))
    t.wait_for(lambda: re.search(r"tanh .* [1-9]\d*/1000000", t.text), "progress")
    t.type("ctrl+c")
    assert t.wait() == 130
    assert "│ ● identity │ stopped" in t.text
    assert re.findall(rb"\x1b\[\?25([hl])", t.written)[-1] == b"h", "the cursor is back"


@pytest.mark.slow
def test_14_two_bars_where_an_epoch_lasts(terminal):
    t = terminal("train", "--samples=50000", "--epochs=5", "--execution=eager", "--activation=tanh", size=(100, 40))
    t.wait_for(lambda: re.search(r"tanh, this epoch .* [1-9]\d*/50000", t.text), "steps within the epoch")
    assert re.search(r"tanh +━+╸?━* 0/5 ", t.text)
    t.type("ctrl+c")
    assert t.wait() == 130
    assert "this epoch" not in t.text
