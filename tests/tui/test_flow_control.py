"""The way to the terminal: a question after a frame, and no frame before its answer."""

import pytest

from tui_trainer.tui.flow_control import PATIENCE, QUESTION, FlowControl


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr("time.perf_counter", lambda: Clock.now)
    return Clock


@pytest.fixture
def flow(clock):
    """The flow control of a terminal that is known to answer."""
    flow = FlowControl()
    flow.add("first")
    flow.answer()
    return flow


def test_each_frame_is_asked_for_until_it_has_arrived(flow):
    assert flow.add("frame") == "frame" + QUESTION
    assert flow.busy
    assert flow.add("something urgent") == "something urgent", "one question at a time"
    flow.answer()
    assert not flow.busy
    assert flow.add("frame") == "frame" + QUESTION


def test_a_terminal_that_never_answers_is_never_waited_for(clock):
    flow = FlowControl()
    assert flow.add("frame") == "frame" + QUESTION
    assert not flow.busy
    clock.now += 10 * PATIENCE
    assert flow.add("frame") == "frame", "and it is not asked again"
    assert not flow.busy


def test_one_that_falls_silent_is_waited_for_no_longer_than_patience_lasts(flow, clock):
    flow.add("frame")
    clock.now += PATIENCE * 0.99
    assert flow.busy
    clock.now += PATIENCE * 0.02
    assert not flow.busy
    assert flow.add("frame") == "frame" + QUESTION, "it is given another chance"


def test_bytes_are_counted_and_not_letters(flow):
    before = flow.written
    flow.add("⣿x")
    assert flow.written - before == 4
