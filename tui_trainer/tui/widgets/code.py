"""A lesson as a script of plain PyTorch, beside what it shows."""

import shlex
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.highlight import highlight
from textual.widgets import Static

from tui_trainer.escape import printable
from tui_trainer.files import write_for_person
from tui_trainer.lessons.language import Texts
from tui_trainer.sentence import InputError


class CodePane(VerticalScroll, can_focus=False):
    """The script as the lesson stands; highlighted only while it is on the screen."""

    script = ""

    def compose(self) -> ComposeResult:
        yield Static()

    def show(self, script: str) -> None:
        """Show this script, once the pane is on the screen."""
        self.script = script
        if self.screen.has_class("-code"):
            self.query_one(Static).update(highlight(script, language="python"))

    def write(self, path: Path, around: Texts) -> str:
        """Write the script to a new file. Returns what came of it."""
        try:
            write_for_person(path, self.script.encode())
        except InputError as error:
            return around.say(error)
        return around("script_written", file=printable(path), command=shlex.quote(printable(path)))
