"""The screen on which the learner writes: lines are typed, checked in a process of their own, and kept."""

import subprocess
from contextlib import asynccontextmanager

import pytest
from textual.widgets import OptionList, TextArea

from tests.lessons.test_exercises import SOLUTIONS, filled
from tui_trainer.catalog import LESSONS
from tui_trainer.lessons.exercises import checker
from tui_trainer.lessons.exercises.exercise import load_exercise
from tui_trainer.lessons.progress import read_progress
from tui_trainer.tui.screens.exercise import ExerciseScreen
from tui_trainer.tui.screens.lesson import LessonScreen

NAME = "descent"


@pytest.fixture(scope="module")
def checking():
    """What checks, started once for all that do not end it: it takes seconds to load."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.terminate()
        process.wait()
        checker._close_pipes(process)


@pytest.fixture
def in_exercise(running_app, checking, monkeypatch):
    """`async with in_exercise() as (app, screen)`: opened by keys. own: whether with a process of its own to check."""
    begin = checker._start

    def begin_once() -> subprocess.Popen[bytes]:
        if not checking or checking[-1].poll() is not None:
            checking.append(begin())
        return checking[-1]

    def rest(own: checker.Checker) -> None:
        own._closed = True
        own.stop()
        with own._lock:
            pass

    @asynccontextmanager
    async def start(name: str = NAME, own: bool = False, **options: object):
        if not own:
            monkeypatch.setattr(checker, "_start", begin_once)
            monkeypatch.setattr(checker.Checker, "close", rest)
        async with running_app(**options) as app:
            await app.press("2")
            app.app.screen.query_one(OptionList).highlighted = list(LESSONS).index(name)
            await app.press("enter", "e")
            await app.until(lambda: isinstance(app.app.screen, ExerciseScreen))
            await app.settle()
            yield app, app.app.screen

    return start


def text(app, selector: str) -> str:
    """What a part of the screen shows, however it is broken into lines."""
    return " ".join(app.text(selector).split())


def line_of(words: str) -> int:
    """The line in which these stand first."""
    return next(line for line, text in enumerate(load_exercise(NAME).lines.splitlines(), 1) if words in text)


def write(screen, source: str) -> None:
    """Put lines into the editor, as pasting them does."""
    lines = screen.query_one(TextArea)
    lines.replace(source, lines.document.start, lines.document.end)


@pytest.mark.slow
async def test_lines_are_typed_checked_and_passed_and_that_is_kept(in_exercise):
    async with in_exercise(size=(80, 24)) as (app, screen):
        assert "Write the article's four lines" in text(app, "#task Static")
        assert "fill the holes ____, then ctrl+s checks" in text(app, "#outcome Static")
        assert screen.query_one(TextArea).selected_text == "____"
        await app.press("ctrl+s")
        await app.until(
            lambda: (
                f"line {line_of('____')}: the hole ____ is still to be filled; there are 4"
                in text(app, "#outcome Static")
            )
        )
        for answer in SOLUTIONS[NAME]:
            await app.press(*answer, "tab")
        assert screen.query_one(TextArea).text == filled(NAME, SOLUTIONS[NAME])
        assert "fill the holes" in text(app, "#outcome Static"), "what was said of other lines is gone"
        assert not read_progress()[NAME].written
        await app.press("f5")
        await app.until(lambda: "✓ it passes: every check gives what is wanted" in text(app, "#outcome Static"))
        await app.until(lambda: "It printed: 2.0" in text(app, "#outcome Static"))
        assert read_progress()[NAME].written
        assert not read_progress()[NAME].met
        await app.press("x")
        assert "passed before; ctrl+s checks what you write now" in text(app, "#outcome Static")

        # Warnings are counted and not printed.
        warned = "import torch, warnings\nwarnings.warn('mine')\ntorch.zeros(3).T\nprint('all')\n"
        write(screen, warned + filled(NAME, SOLUTIONS[NAME]))
        await app.press("ctrl+s")
        await app.until(lambda: "✓ it passes" in text(app, "#outcome Static"))
        await app.until(lambda: "and 2 warnings of PyTorch It printed: all 2.0" in text(app, "#outcome Static"))


@pytest.mark.slow
async def test_14_a_verdict_on_lines_that_have_changed_meanwhile_is_none_and_the_cursor_stays(in_exercise):
    async with in_exercise(size=(80, 24)) as (app, screen):
        screen.action_check()
        screen.lines.insert("typed meanwhile")
        at = screen.lines.cursor_location
        await app.until(lambda: not screen.checking)
        await app.until(lambda: "what you wrote has changed since" in text(app, "#outcome Static"))
        assert screen.lines.cursor_location == at
        assert screen.outcome is None


@pytest.mark.slow
async def test_what_is_wrong_is_told_and_its_line_is_shown(in_exercise):
    async with in_exercise(size=(60, 20)) as (app, screen):
        write(screen, filled(NAME, SOLUTIONS[NAME]).replace("f(x)", "g(x)"))
        await app.press("ctrl+s")
        await app.until(
            lambda: f"line {line_of('loss = ')}: NameError: name 'g' is not" in text(app, "#outcome Static")
        )
        assert screen.query_one(TextArea).cursor_location[0] == line_of("loss = ") - 1


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


@pytest.mark.slow
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
        assert "ctrl+z brings yours back" in text(app, "#outcome Static")
        await app.press("ctrl+z")
        assert lines.text == typed
    async with in_exercise() as (app, screen):  # another day
        assert screen.query_one(TextArea).text == typed


@pytest.mark.slow
async def test_14_lines_are_indented_and_holes_are_gone_to_and_found_again(in_exercise):
    async with in_exercise(name="devices", size=(60, 20)) as (app, screen):
        lines = screen.query_one(TextArea)
        await app.press(*"model.to(device)", "enter", *"if True:", "enter", *"pass", "tab", *"x = x.to(device)", "tab")
        assert [line for line in lines.text.splitlines() if line.startswith("    ") and "#" not in line] == [
            "    model.to(device)",
            "    if True:",
            "        pass",
            "    x = x.to(device)",
            "    return model(x)",
            "    return x + ____",
        ]
        await app.press("escape", "e")
        await app.until(lambda: isinstance(app.app.screen, ExerciseScreen) and app.app.screen is not screen)
        await app.settle()
        lines = app.app.screen.query_one(TextArea)
        for _ in range(2):
            assert lines.selected_text == "____"
            assert lines.document.get_line(lines.cursor_location[0]) == "    return x + ____"
            assert lines.region.contains(*lines.cursor_screen_offset)
            await app.press("home", "ctrl+s")
            await app.until(lambda: "the hole ____ is still to be filled" in text(app, "#outcome Static"))


async def test_leaving_the_app_in_the_midst_of_a_check_leaves_no_process(in_exercise):
    async with in_exercise(own=True) as (app, screen):
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


@pytest.mark.slow
async def test_all_parts_have_room(in_exercise):
    sizes = ((40, 12), (60, 20), (80, 24))
    async with in_exercise(size=sizes[0]) as (app, screen):
        for said in ("", "a" * 300):
            if said:
                write(screen, f"raise ValueError({said!r})")
                await app.press("ctrl+s")
                await app.until(lambda: "aaa" in text(app, "#outcome Static"))
            for size in (*sizes, *sizes[1::-1]):
                await app.resize(*size)
                assert screen.query_one(TextArea).size.height >= 4, size
                row = screen.query_one(TextArea).cursor_screen_offset.y
                assert screen.query_one(TextArea).region.contains(1, row), size
                bar = screen.query_one("KeyBar")
                assert bar.region.bottom == size[1]
                assert "esc back" in text(app, "KeyBar")
