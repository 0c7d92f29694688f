"""Frames that wait until the last one has arrived: with a terminal that answers, and one that does not."""

import re

import pytest

from tui_trainer.tui.flow_control import QUESTION

# Where something is written: Textual also puts the cursor to its place, once for each widget that it draws.
WRITTEN_AT = re.compile(r"\x1b\[\d+;\d+H(?!\x1b\[\d+;\d+H|$)")
ENDLESS = ("--samples=20", "--epochs=1000000000", "--device=cpu")


def start_training(terminal, **options):
    t = terminal(*ENDLESS, **options)
    t.wait_for("press space to train")
    t.press("space", lambda: t.state == "running" and t.epoch > 1)
    return t


def leave(t) -> None:
    t.type("q")
    assert t.wait() == 0
    t.assert_restored()
    assert re.fullmatch(r"(20\S+ +stopped, .+\r\n){2}to go on: tui-trainer resume\r\n", t.last_words), (
        "what it asked last was answered to it, and not to the shell"
    )


@pytest.mark.slow
def test_no_frame_is_written_before_the_last_one_has_arrived(terminal):
    t = start_training(terminal)
    t.answering = False
    t.wait_for(lambda: t.unanswered == 3, "another question each time that patience was lost")
    frames = t.written.decode().split(QUESTION)[-3:-1]
    assert len("".join(frames)) > 0
    for frame in frames:
        places = WRITTEN_AT.findall(frame)
        assert len(set(places)) == len(places), f"more than one frame was written: {frame[:2000]!r}"
    t.answering = True
    here = t.epoch
    t.wait_for(lambda: t.epoch > here, "training that is shown again")
    leave(t)


@pytest.mark.slow
def test_a_terminal_that_never_answers_is_written_to_all_the_same(terminal):
    t = terminal(*ENDLESS)
    t.answering = False
    t.wait_for("press space to train")
    t.press("space", lambda: t.state == "running" and t.epoch > 1)
    t.press("l", lambda: "─ Log " not in t.text)
    t.press("space", lambda: t.state == "paused")
    assert t.unanswered == 1, "it is asked once and no more"
    leave(t)
