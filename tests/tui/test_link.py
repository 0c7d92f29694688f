"""The way to the terminal: a question after a frame, and no frame before its answer."""

import pytest

from tui_trainer.tui.link import PATIENCE, QUESTION, Link


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr("time.perf_counter", lambda: Clock.now)
    return Clock


@pytest.fixture
def link(clock):
    """A link to a terminal that is known to answer."""
    link = Link()
    link.add("first")
    link.answer()
    return link


def test_each_frame_is_asked_for_until_it_has_arrived(link):
    assert link.add("frame") == "frame" + QUESTION
    assert link.busy
    assert link.add("something urgent") == "something urgent", "one question at a time"
    link.answer()
    assert not link.busy
    assert link.add("frame") == "frame" + QUESTION


def test_a_terminal_that_never_answers_is_never_waited_for(clock):
    link = Link()
    assert link.add("frame") == "frame" + QUESTION
    assert not link.busy
    clock.now += 10 * PATIENCE
    assert link.add("frame") == "frame", "and it is not asked again"
    assert not link.busy


def test_one_that_falls_silent_is_waited_for_no_longer_than_patience_lasts(link, clock):
    link.add("frame")
    clock.now += PATIENCE * 0.99
    assert link.busy
    clock.now += PATIENCE * 0.02
    assert not link.busy
    assert link.add("frame") == "frame" + QUESTION, "it is given another chance"


def test_bytes_are_counted_and_not_letters(link):
    before = link.written
    link.add("⣿x")
    assert link.written - before == 4
