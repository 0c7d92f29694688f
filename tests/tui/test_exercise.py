"""The screen on which the learner writes: lines are typed, checked in a process of their own, and kept."""

from contextlib import asynccontextmanager

import pytest
from textual.widgets import OptionList, TextArea

from tests.lessons.test_exercises import SOLUTIONS, filled
from tests.marks import rest_slow
from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.exercises.exercise import load_exercise
from tui_trainer.lessons.progress import read_progress
from tui_trainer.tui.screens.exercise import ExerciseScreen
from tui_trainer.tui.screens.lesson import LessonScreen

NAME = "descent"


@pytest.fixture
def in_exercise(running_app):
    """`async with in_exercise() as (app, screen)`: opened by keys."""

    @asynccontextmanager
    async def start(**options: object):
        async with running_app(**options) as app:
            await app.press("2")
            app.app.screen.query_one(OptionList).highlighted = list(LESSONS).index(NAME)
            await app.press("enter", "e")
            await app.until(lambda: isinstance(app.app.screen, ExerciseScreen))
            await app.settle()
            yield app, app.app.screen

    return start


def text(app, selector: str) -> str:
    """What a part of the screen shows, however it is broken into lines."""
    return " ".join(app.text(selector).split())


def write(screen, source: str) -> None:
    """Put lines into the editor, as pasting them does."""
    lines = screen.query_one(TextArea)
    lines.replace(source, lines.document.start, lines.document.end)


async def test_lines_are_typed_checked_and_passed_and_that_is_kept(in_exercise):
    async with in_exercise(size=(80, 24)) as (app, screen):
        assert "Write the article's four lines" in text(app, "#task Static")
        assert "fill the holes ____, then ctrl+s checks" in text(app, "#outcome Static")
        assert screen.query_one(TextArea).selected_text == "____"
        await app.press("ctrl+s")
        await app.until(
            lambda: "line 9: the hole ____ is still to be filled; there are 4" in text(app, "#outcome Static")
        )
        for answer in SOLUTIONS[NAME]:
            screen._to_first_hole()
            await app.press(*answer)
        assert screen.query_one(TextArea).text == filled(NAME, SOLUTIONS[NAME])
        assert "fill the holes" in text(app, "#outcome Static"), "what was said of other lines is gone"
        assert not read_progress()[NAME].written
        await app.press("f5")
        await app.until(lambda: "✓ it passes: every check gives what is wanted" in text(app, "#outcome Static"))
        assert "It printed: 2.0" in text(app, "#outcome Static")
        assert read_progress()[NAME].written
        assert not read_progress()[NAME].met
        await app.press("x")
        assert "passed before; ctrl+s checks what you write now" in text(app, "#outcome Static")


@pytest.mark.slow
async def test_what_is_wrong_is_told_and_its_line_is_shown(in_exercise):
    async with in_exercise(size=(60, 20)) as (app, screen):
        write(screen, filled(NAME, SOLUTIONS[NAME]).replace("f(x)", "g(x)"))
        await app.press("ctrl+s")
        await app.until(lambda: "line 11: NameError: name 'g' is not defined" in text(app, "#outcome Static"))
        assert screen.query_one(TextArea).cursor_location[0] == 10


@pytest.mark.slow
async def test_a_check_is_stopped_by_escape_and_typing_goes_on_meanwhile(in_exercise):
    async with in_exercise(size=(40, 12)) as (app, screen):
        write(screen, "while True: pass")
        await app.press("ctrl+s")
        await app.until(lambda: "checking… esc stops it" in text(app, "#outcome Static"))
        await app.press("ctrl+s", "#")
        assert "#" in screen.query_one(TextArea).text
        await app.press("escape")
        assert app.app.screen is screen, "the first escape is the check's"
        await app.until(lambda: "✗ stopped" in text(app, "#outcome Static"))
        await app.press("escape")
        await app.until(lambda: isinstance(app.app.screen, LessonScreen))


async def test_what_was_typed_stays_and_anew_can_be_taken_back(in_exercise):
    async with in_exercise() as (app, screen):
        await app.press(*"mine")
        typed = screen.query_one(TextArea).text
        assert "mine" in typed
        await app.press("escape", "e")
        await app.until(lambda: isinstance(app.app.screen, ExerciseScreen) and app.app.screen is not screen)
        await app.settle()
        lines = app.app.screen.query_one(TextArea)
        assert lines.text == typed
        await app.press("ctrl+r")
        assert lines.text == load_exercise(NAME).lines
        await app.press("ctrl+z")
        assert lines.text == typed


async def test_leaving_the_app_in_the_midst_of_a_check_leaves_no_process(in_exercise):
    async with in_exercise() as (app, screen):
        write(screen, "while True: pass")
        await app.press("ctrl+s")
        process = screen._checker._process
        await app.press("ctrl+q")
    assert process.poll() is not None
    assert not screen._thread.is_alive()


@pytest.mark.slow
async def test_an_editor_that_is_missing_is_told(in_exercise, monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with in_exercise() as (app, screen):
        before = screen.query_one(TextArea).text
        await app.press("ctrl+o")
        assert "set EDITOR or VISUAL to the editor you like" in text(app, "#outcome Static")
        monkeypatch.setenv("EDITOR", "'no")
        await app.press("ctrl+o")
        assert "'no: No closing quotation; what you wrote here stays" in text(app, "#outcome Static")
        assert screen.query_one(TextArea).text == before


@pytest.mark.parametrize("size", rest_slow([(40, 12), (60, 20), (80, 24)]))
@pytest.mark.slow
async def test_all_parts_have_room(in_exercise, size):
    async with in_exercise(size=size) as (app, screen):
        for said in ("", "a" * 300):
            if said:
                write(screen, f"raise ValueError({said!r})")
                await app.press("ctrl+s")
                await app.until(lambda: "aaa" in text(app, "#outcome Static"))
            assert screen.query_one(TextArea).size.height >= 4
            row = screen.query_one(TextArea).cursor_screen_offset.y
            assert screen.query_one(TextArea).region.contains(1, row)
            bar = screen.query_one("KeyBar")
            assert bar.region.bottom == size[1]
            assert "esc back" in text(app, "KeyBar")
