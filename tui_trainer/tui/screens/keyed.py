"""What the screens with a footer have in common: keys that are listed once, and that say why when they can't act."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from textual.actions import ActionParseResult, parse

from tui_trainer.sentence import InputError
from tui_trainer.tui.keys import LEAVE, LEAVE_WATCHING, Key
from tui_trainer.tui.screens.ask import AskScreen
from tui_trainer.tui.screens.help import HelpScreen
from tui_trainer.tui.screens.sized import SizedScreen

if TYPE_CHECKING:
    from tui_trainer.tui.key_order import KeyOrderApp
    from tui_trainer.tui.keymap import Keymap


class KeyedScreen(SizedScreen):
    """A screen whose keys are in its footer and its help; those that can't act now are grey there."""

    keys: ClassVar[tuple[Key, ...]]
    limits = ""  # why runs can't be begun from here, where another process trains those that are shown

    @property
    def listed_keys(self) -> list[Key]:
        """The keys as help and palette tell them."""
        keys = [LEAVE_WATCHING if key is LEAVE and self.limits else key for key in self.keys]
        return self.keymap.mapped(keys)

    @property
    def keymap(self) -> "Keymap":
        """Which keys do what, beside those of keys.py."""
        return cast("KeyOrderApp", self.app).keymap

    @property
    def intro(self) -> str:
        """What the help says below the keys."""
        return ""

    def say(self, what: InputError | str) -> str:
        """An error or a `Sentence` in the language of this screen."""
        return str(what)

    def label(self, label: str) -> str:
        """A key's label in that language."""
        return label

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Why an action can't be taken now, in words for whoever asks for it; empty where it can."""
        return ""

    def notice(self, words: str) -> None:
        """Say something on this screen for a while."""
        self.notify(self.keymap.words(words))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what can't be done now."""
        return None if self.why_not(action, parameters) else True

    def explain(self, action: "str | ActionParseResult") -> bool:
        """Say why this action of a key was not taken. Returns whether there was a reason."""
        place, name, parameters = parse(action) if isinstance(action, str) else action
        reason = "" if place else self.why_not(name, parameters)
        if reason:
            self.notice(reason)
        return bool(reason)

    def ask(
        self, title: str, help: str, text: str, check: Callable[[str], object], take: Callable[[str], None]
    ) -> None:
        """Ask for a text that passes the check, and have it taken."""

        def answered(answer: str | None) -> None:
            if answer is not None:
                take(answer)

        self.app.push_screen(AskScreen(title, help, text, check, say=self.say), answered)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self.listed_keys, self.keymap.words(self.intro), self.say))
