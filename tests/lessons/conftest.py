"""Lessons in a test: their frames under inputs as a person would write them."""

from functools import partial
from queue import SimpleQueue

import pytest

from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.tui.player import Player


@pytest.fixture
def frames():
    """`frames("descent", eta="0.5")`: all of them."""

    def run(name: str, **texts: str) -> list:
        lesson = load_lesson(name)
        return list(lesson.frames(lesson.read(texts)))

    return run


@pytest.fixture
def watch():
    """`watch(lesson, 3, eta="0.5")`: its first frames as the app shows them, which has the next made meanwhile."""

    def run(lesson, count: int, **texts: str) -> list:
        events = SimpleQueue()
        player = Player(partial(lesson.frames, lesson.read(texts)), lambda _, event: events.put(event))
        shown = [events.get()]
        while len(shown) < count:
            player.next()
            shown.append(events.get())
        player.close()
        player.join()
        return shown

    return run
