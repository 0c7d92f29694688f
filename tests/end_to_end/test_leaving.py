"""However it ends, the terminal is as it was, and the exit code says how."""

import re
import signal

import pytest

from tui_trainer.runs.library import all_runs

LONG = ("--samples=20", "--epochs=1000000000", "--device=cpu")


def start_training(terminal, **options):
    t = terminal(*LONG, **options)
    t.wait_for("press space to train")
    t.press("space", lambda: t.state == "running" and t.epoch > 1)
    return t


@pytest.mark.slow
def test_q_while_training(terminal):
    t = start_training(terminal, fresh=True)
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()
    tanh, identity = all_runs()[0]
    said = t.last_words.split("\r\n")
    for run, line in zip((identity, tanh), said, strict=False):
        assert re.fullmatch(rf"{run.id} +stopped, {run.info.epoch:,} of 1,000,000,000 epochs, last loss [\d.]+", line)
    assert said[2:] == ["to go on: tui-trainer resume", ""]


@pytest.mark.slow
def test_a_terminal_made_small_and_large_and_then_sigterm(terminal):
    t = start_training(terminal, size=(120, 40))
    here = t.epoch
    t.resize(30, 8)
    t.wait_for("Too small")
    t.wait_for(lambda: "Training goes on" in " ".join(t.text.split()), "that training goes on")
    t.resize(80, 24)
    t.wait_for(lambda: "─ Fit " in t.text and "─ Settings " not in t.text, "the small screen")
    t.wait_for(lambda: t.state == "running" and t.epoch > here, "training that went on")
    t.resize(120, 40)
    t.wait_for(lambda: all(title in t.text for title in ("─ Fit ", "─ Loss by epoch ", "─ Settings ", "─ Log ")))
    t.wait_for(lambda: t.state == "running" and t.line(-1).startswith(" space go"), "a whole screen")

    t.kill(signal.SIGTERM)
    assert t.wait() == 143
    t.assert_restored()


@pytest.mark.slow
def test_a_terminal_that_goes_away(terminal):
    t = start_training(terminal)
    t.hang_up()
    assert t.wait_unseen() == 128 + signal.SIGHUP


@pytest.mark.slow
def test_bad_data_gets_one_line_once_the_screen_is_gone(terminal, tmp_path):
    name = "[red]x[/red].csv"
    t = terminal(f"--data={name}", cwd=tmp_path, fresh=True)
    assert t.wait() == 2
    t.assert_restored()
    assert t.last_words.endswith(f"tui-trainer: {name}: no such file or directory; give a file that can be read\r\n")
    assert t.last_words.count("\n") == 1
