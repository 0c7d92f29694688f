"""What a screen is when there is little room, or too little for anything."""

from collections.abc import Callable
from typing import Any

from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from tui_trainer.sentence import Sentence

SMALLEST = (40, 12)
SLIM, FLAT = 80, 16  # below so many columns, or rows, one thing at a time


class SizedScreen(Screen[Any]):
    """Has the class -slim where no two things fit beside each other, and -flat where none fit below each other.

    The app's own breakpoints (-narrow, -normal, -wide; -short, -tall) exclude each other; these come on top.
    """

    @property
    def in_sight(self) -> bool:
        """Whether it is the screen that one looks at, under dialogs or not."""
        stack = self.app.screen_stack
        return self in stack and all(screen.is_modal for screen in stack[stack.index(self) + 1 :])

    def on_resize(self, event: Resize) -> None:
        # Where two sizes are on their way at once, Textual's own handler has each lay out the screen and announce
        # itself once more, for ever (8.2.8): the one that isn't the terminal's any more is dropped here.
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()
            return
        self.set_class(event.size.width < SLIM, "-slim")
        self.set_class(event.size.height < FLAT, "-flat")


class TooSmall(Static):
    """Lies over a whole screen, dialogs included; say: as for `AskScreen`."""

    def __init__(self, say: Callable[[str], str] = str) -> None:
        width, height = SMALLEST
        small = Sentence("Too small: make this terminal at least {width} by {height}.", width=width, height=height)
        super().__init__(f"{say(small)}\n{say(Sentence('Training goes on.'))}")
