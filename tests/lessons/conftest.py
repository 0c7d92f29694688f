"""Lessons in a test: their frames under inputs as a person would write them."""

import pytest

from tui_trainer.lessons.lesson import load_lesson


@pytest.fixture
def frames():
    """`frames("descent", eta="0.5")`: all of them."""

    def run(name: str, **texts: str) -> list:
        lesson = load_lesson(name)
        return list(lesson.frames(lesson.read(texts)))

    return run
