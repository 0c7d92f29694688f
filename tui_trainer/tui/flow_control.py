"""Flow control on the way to the terminal, which may be long and narrow.

What is written goes into buffers, of the kernel, of ssh, of the network, that take seconds of
frames without a word. Then a key's effect comes seconds late. Only the terminal knows what has
arrived: it is asked, at the end of a frame, for its cursor's position, and the next frame is not
drawn before it has answered.
"""

import threading
import time
from typing import TYPE_CHECKING

from textual.events import CursorPosition
from textual.message import Message

from tui_trainer.tui._textual import still_writes
from tui_trainer.tui.terminal_input import read_terminal

if TYPE_CHECKING:
    from textual.driver import Driver

QUESTION = "\x1b[6n"
PATIENCE = 2.0
LAST_PATIENCE = 0.5


class FlowControl:
    """What was written, and whether it has arrived. Safe to use from several threads."""

    def __init__(self) -> None:
        self.written = 0  # bytes
        self._answers = False
        self._asked = 0.0
        self._quiet = threading.Event()
        self._quiet.set()

    @property
    def busy(self) -> bool:
        """Whether the last frame is on its way. One that never answers is never busy, nor one that fell silent."""
        return self._answers and not self._quiet.is_set() and time.perf_counter() - self._asked < PATIENCE

    def add(self, text: str) -> str:
        """The text to write, with a question at its end unless one is open."""
        self.written += len(text.encode())
        waiting = not self._quiet.is_set() and (not self._answers or self.busy)
        if waiting:
            return text
        self._asked = time.perf_counter()
        self._quiet.clear()
        return text + QUESTION

    def answer(self) -> None:
        """The terminal has answered."""
        self._answers = True
        self._quiet.set()

    def wait(self) -> None:
        """Wait a little for an answer that is due: whoever has the terminal next should not get it."""
        if self.busy:
            self._quiet.wait(LAST_PATIENCE)


def listening(driver: "type[Driver]", flow: FlowControl) -> "type[Driver]":
    """A driver that lives through what it reads, tells the flow of answers, and does not leave before the last."""

    class Listening(driver):  # type: ignore[misc, valid-type]
        def process_message(self, message: Message) -> None:
            if isinstance(message, CursorPosition):
                flow.answer()
            super().process_message(message)

        def run_input_thread(self) -> None:
            if not read_terminal(self.fileno, self.exit_event, self.process_message):
                super().run_input_thread()

        def write(self, data: str) -> None:
            if still_writes(self):
                super().write(data)

        def stop_application_mode(self) -> None:
            flow.wait()
            super().stop_application_mode()

    return Listening
