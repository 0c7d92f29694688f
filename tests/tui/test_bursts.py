"""Dialogs that are left before they stand: the app lives, and none is left open."""

import asyncio
import random

import pytest
from textual.events import Key
from textual.keys import _character_to_key
from textual.screen import ModalScreen

from tests.tui.test_runs import keep
from tui_trainer.tui.screens.keyed import KeyedScreen

ROUNDS = 12
MOST_TURNS = 40  # of the event loop, between two keys: about as many as it takes a dialog to stand

# Each place's keys to it, and what is pressed there; every dialog is left with escape.
TYPED = {
    "palette": ("1", ["ctrl+p a", "ctrl+p l i", "ctrl+p T h e m e enter d", "ctrl+p", "ctrl+p z z"]),
    "training": ("1", ["E 5", "a down space", "o", "d", "?", "E ctrl+u 7 enter", "c 7", "? ctrl+p s"]),
    "runs": ("3", ["/ t", "g 9", "w", "m x", "c x", "space down space =", "?", "delete u", "/ x ctrl+u enter"]),
    "lessons": ("2", ["enter e 1", "enter f", "enter ?", "?", "enter ]", "enter ] ctrl+p a", "enter c n"]),
}


class Searching(ModalScreen[None]):
    """A dialog that works in the background, as the command palette does."""

    BINDINGS = [("a", "search"), ("escape", "dismiss")]

    def __init__(self) -> None:
        super().__init__()
        self.began_on_screen: list[bool] = []

    def action_search(self) -> None:
        self.run_worker(self.search())

    async def search(self) -> None:
        self.began_on_screen.append(self.is_current)


async def test_12_48_a_dialog_is_not_closed_before_its_worker_has_begun(running_app):
    async with running_app() as app:
        dialog = Searching()
        await app.app.push_screen(dialog)
        app.app.post_message(Key("a", "a"))
        app.app.post_message(Key("escape", None))
        await app.until(lambda: app.app.screen is app.screen)
        assert dialog.began_on_screen == [True]


@pytest.mark.parametrize("place", TYPED)
@pytest.mark.slow
async def test_12_48_dialogs_that_are_left_before_they_stand(place, running_app):
    keep(activation="tanh")
    keep(activation="identity")
    draw = random.Random(1)
    async with running_app() as app:

        async def press(keys: str) -> None:
            for key in keys.split():
                name = _character_to_key(key) if len(key) == 1 else key
                app.app.post_message(Key(name, key if len(key) == 1 else None))
                for _ in range(draw.randrange(MOST_TURNS)):
                    await asyncio.sleep(0)

        way, typed = TYPED[place]
        for _ in range(ROUNDS):
            await press(way)
            await press(draw.choice(typed))
            await press("escape " * draw.randint(1, 3))
            assert app.app.is_running, app.app._exception
        await app.until(lambda: app.app._input.empty())
        await press("escape " * 3)
        await app.until(lambda: isinstance(app.app.screen, KeyedScreen))
        await app.press("1")
        assert app.app.screen is app.screen
    assert app.app._exception is None
