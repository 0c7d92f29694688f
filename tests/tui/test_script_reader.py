"""Whoever leaves a script's screen does not wait for what is still loading; the thread that closes it does."""

import threading

from textual.events import Key

from tests.scripted import stored
from tests.tui.conftest import Driver
from tui_trainer.comparison import Comparison
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.screens.script import ScriptScreen
from tui_trainer.tui.script_reader import ScriptReader


class Loading(ScriptReader):
    """One that is as long as one wants over loading what it takes."""

    def __init__(self, runs) -> None:
        super().__init__(runs)
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.waits: threading.Thread | None = None
        self.ended: bool | None = None

    def _load(self) -> None:
        self.begun.set()
        self.may_end.wait(60)  # no longer, should the test have failed before

    def close(self) -> None:
        self.waits = threading.current_thread()
        super().close()
        self.ended = not self._thread.is_alive()


async def test_a_screen_is_left_while_it_loads():
    app = TrainerApp(Comparison.of())
    async with app.run_test(size=(80, 24)) as pilot:
        driver, below, screen = Driver(app, pilot), app.screen, ScriptScreen([stored()])
        screen.reader = reader = Loading([stored()])
        app.push_screen(screen)
        await driver.until(reader.begun.is_set)
        app.post_message(Key("escape", None))
        await driver.until(lambda: app.screen is below)
        await driver.until(lambda: reader._closed)
        assert reader.waits is not threading.current_thread()
        assert "train" in driver.text("Title")
        assert reader._thread.is_alive()
        reader.may_end.set()
        await driver.until(lambda: reader.ended is not None)
        assert reader.ended, "a thread inside PyTorch at Python's end would crash it"
