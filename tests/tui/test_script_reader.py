"""Whoever leaves a script's screen does not wait for what is still loading."""

import threading

from tests.scripted import stored
from tui_trainer.tui.script_reader import ScriptReader


class Loading(ScriptReader):
    """One that is as long as one wants over loading what it takes."""

    def __init__(self, runs) -> None:
        super().__init__(runs)
        self.begun, self.may_end = threading.Event(), threading.Event()

    def _load(self) -> None:
        self.begun.set()
        self.may_end.wait()


def test_it_is_closed_while_it_loads():
    reader = Loading([stored()])
    reader.open(lambda: True)
    reader.begun.wait()
    reader.close()
    assert not reader._thread.is_alive()
    reader.may_end.set()
