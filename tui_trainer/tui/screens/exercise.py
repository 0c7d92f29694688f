"""The learner writes: a lesson's lines with holes in an editor, checked in a process of their own."""

import os
import shlex
import signal
import subprocess
import tempfile
import threading
import traceback
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult, SuspendNotSupported
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.message import Message
from textual.widgets import Static, TextArea

from tui_trainer.escape import printable
from tui_trainer.files import read_text, reason
from tui_trainer.lessons.exercises.checker import Checker
from tui_trainer.lessons.exercises.exercise import MAX_BYTES, Exercise, Outcome
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.keys import EXERCISE_KEYS
from tui_trainer.tui.lesson_states import LessonStates
from tui_trainer.tui.rendering import RenderingApp
from tui_trainer.tui.screens.lesson_place import LessonPlace
from tui_trainer.tui.widgets.keybar import KeyBar
from tui_trainer.tui.widgets.lines import LinesArea
from tui_trainer.tui.widgets.title import Title


class ExerciseScreen(LessonPlace):
    """The task, the learner's lines, and what came of the last check.

    The process that checks is started with the screen, as it loads PyTorch while one reads; it ends with the screen.
    """

    keys = EXERCISE_KEYS
    BINDINGS = [replace(key.binding, priority=True) for key in EXERCISE_KEYS]
    AUTO_FOCUS = "#lines"

    class Checked(Message):
        """A check has ended."""

        def __init__(self, outcome: Outcome) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self, lessons: LessonStates, name: str) -> None:
        super().__init__(lessons)
        self.name_of_lesson = name
        self.exercise: Exercise = lessons.exercise(name)
        self.outcome: Outcome | None = None
        self._checker: Checker | None = None
        self._thread: threading.Thread | None = None
        self._checked = ""  # the lines that are checked
        self._notice = self._on_change = ""  # what is said, and what will be when the lines have changed

    def compose(self) -> ComposeResult:
        yield Title("lessons", whole=True, label=self.label)
        yield VerticalScroll(Static(self.exercise.task, markup=False), id="task", can_focus=False)
        yield LinesArea(
            self.lessons.draft(self.name_of_lesson) or self.exercise.lines,
            id="lines",
            show_line_numbers=True,
            compact=True,
        )
        yield VerticalScroll(Static(), id="outcome", can_focus=False)
        yield KeyBar(self.label)

    def on_mount(self) -> None:
        self._checker = Checker()
        self.query_one(Title).show(self.exercise.texts("title", name=self.name_of_lesson))
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._draw())
        self.lines.to_hole()
        self._draw()

    def on_unmount(self) -> None:
        self.lessons.keep_draft(self.name_of_lesson)
        if self._checker:
            self._checker.close()
        if self._thread:
            self._thread.join()

    @property
    def lines(self) -> LinesArea:
        """The editor."""
        return self.query_one(LinesArea)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep what is typed; what was said of it before holds no more."""
        self.lessons.written[self.name_of_lesson] = self.lines.text
        if not self.checking:
            self.outcome, self._notice, self._on_change = None, self._on_change, ""
            self._draw()

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._draw)

    # Checking

    @property
    def checking(self) -> bool:
        """Whether a check runs."""
        return self._thread is not None

    def action_check(self) -> None:
        if self._checker and not self.checking:
            self.outcome, self._notice = None, self.lessons.keep_draft(self.name_of_lesson)
            self._checked = self.lines.text
            check = partial(self._check, self._checker, self._checked)
            self._thread = threading.Thread(target=check, daemon=True)
            self._thread.start()
            self._draw()

    def _check(self, checker: Checker, source: str) -> None:
        try:
            outcome = checker.check(self.name_of_lesson, source)
        except Exception:
            outcome = Outcome("broken", {"error": traceback.format_exc().splitlines()[-1]})
        self.post_message(self.Checked(outcome))

    def on_exercise_screen_checked(self, message: "ExerciseScreen.Checked") -> None:
        assert self._thread
        self._thread.join()
        self._thread = None
        if message.outcome.passed:
            self._notice = self.lessons.note_written(self.name_of_lesson)
        # What is wrong with other lines, and where, would be in the way; that the check was stopped holds all the same.
        if self.lines.text != self._checked and message.outcome.key != "stopped":
            self._notice = self._notice or self.exercise.texts("changed")
        else:
            self.outcome = message.outcome
            if isinstance(line := self.outcome.values.get("line"), int) and line:
                self.lines.to_hole(line - 1) if self.outcome.key == "hole" else self._to_line(line)
        self._draw()

    def action_leave(self) -> None:
        if self.checking and self._checker:
            self._checker.stop()
        else:
            self.app.pop_screen()

    # The editor

    def action_anew(self) -> None:
        if self.exercise.lines != self.lines.text:
            self._on_change = self.exercise.texts("anew")
        self._replace(self.exercise.lines)
        self.lines.to_hole()

    def action_next_hole(self) -> None:
        self.lines.next_hole()

    def action_editor(self) -> None:
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
        if not command.strip():
            return self.notice(self.exercise.texts("no_editor"))
        try:
            self._replace(self._edited(command))
        except SuspendNotSupported:
            self.notice(self.exercise.texts("no_suspend"))
        except (OSError, ValueError, InputError) as error:
            why = reason(error) if isinstance(error, OSError) else error
            said = self.say(why if isinstance(why, InputError | Sentence) else str(why))
            self.notice(self.exercise.texts("editor_failed", editor=printable(command), reason=said))
        return None

    def _edited(self, command: str) -> str:
        """The lines as they come back from another editor.

        Raises OSError, ValueError, InputError, SuspendNotSupported.
        """
        editor = shlex.split(command)
        with tempfile.TemporaryDirectory(prefix="tui-trainer-") as folder:
            file = Path(folder) / f"{self.name_of_lesson}.py"
            file.write_text(self.lines.text, "utf-8")
            problem: OSError | None = None
            code = 0
            with self.app.suspend():  # which doesn't resume after an exception
                try:
                    code = _run_alone([*editor, str(file)])
                except OSError as error:
                    problem = error
            assert isinstance(self.app, RenderingApp)
            self.app.repaint()
            if problem:
                raise problem
            if code:
                raise InputError(Sentence("exit code {code}", code=code))
            return read_text(file, MAX_BYTES)

    def _replace(self, text: str) -> None:
        """Put other lines in the place of these, in one step that can be taken back."""
        lines = self.lines
        if text != lines.text:
            lines.replace(text, lines.document.start, lines.document.end)
            lines.move_cursor((0, 0))

    def _to_line(self, line: int) -> None:
        row = min(line, self.lines.document.line_count) - 1
        self.lines.move_cursor((row, len(self.lines.document.get_line(row))))

    # Drawing

    def notice(self, words: str) -> None:
        self._notice = words
        self._draw()

    def _draw(self) -> None:
        for static in self.query("#outcome Static").results(Static):  # none, where it was left before it stood
            static.update(self._said())
            self.set_class(self.outcome is not None, "-checked")
            self.refresh_bindings()
            self.call_after_refresh(self.lines.scroll_cursor_visible)  # what is said may take its row

    def action_scroll(self, by: int) -> None:
        """Scroll what is said, or the task where that is longer than its room."""
        for part in self.query("#outcome, #task").results(VerticalScroll):
            if part.max_scroll_y:
                return part.scroll_relative(y=by, animate=False)
        return None

    def _said(self) -> Text:
        """How it stands: what came of the last check, or else what to do."""
        styles, texts = role_styles(self.app), self.exercise.texts
        if self.checking:
            return Text(texts("checking"), styles["mark"])
        if not self.outcome:
            passed = self.lessons.courses[self.name_of_lesson].written
            return Text(self._notice or texts("passed_before" if passed else "begin"), styles["mark"])
        passed = self.outcome.passed
        said = Text("✓ " if passed else "✗ ", styles["good" if passed else "bad"])
        said.append(self.exercise.sentence(self.outcome), styles["strong"])
        if self._notice:
            said.append(f"\n{self._notice}", styles["bad"])
        if self.outcome.warnings:
            said.append(f"\n{texts('warnings', count=self.outcome.warnings)}", styles["quiet"])
        if self.outcome.printed:
            printed = "\n".join(self.exercise.printed(self.outcome))
            said.append(f"\n{texts('printed')}\n", styles["quiet"]).append(printed)
        return said


def _run_alone(command: list[str]) -> int:
    """Run a program that has the terminal to itself, Ctrl+C included. Returns its exit code. Raises OSError."""
    with subprocess.Popen(command) as process:  # noqa: S603
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # after it began, which would inherit that
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGINT, before)
