"""What a screen is when there is little room, or too little for anything."""

from typing import Any

from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

SMALLEST = (40, 12)
SLIM, FLAT = 80, 16  # below so many columns, or rows, one thing at a time


class SizedScreen(Screen[Any]):
    """Has the class -slim where no two things fit beside each other, and -flat where none fit below each other.

    The app's own breakpoints (-narrow, -normal, -wide; -short, -tall) exclude each other; these come on top.
    """

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width < SLIM, "-slim")
        self.set_class(event.size.height < FLAT, "-flat")


class TooSmall(Static):
    """Lies over a whole screen, dialogs included."""

    def __init__(self) -> None:
        super().__init__("Too small: make this terminal at least {} by {}.\nTraining goes on.".format(*SMALLEST))
