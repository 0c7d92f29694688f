"""What the list of lessons and each lesson have in common: they speak the language of the lessons."""

from dataclasses import replace

from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.pages import errata, glossary
from tui_trainer.sentence import InputError
from tui_trainer.tui.keys import Key
from tui_trainer.tui.lesson_states import LessonStates
from tui_trainer.tui.screens.keyed import KeyedScreen
from tui_trainer.tui.screens.page import PageScreen


class LessonPlace(KeyedScreen):
    """A screen that takes its words, those of its keys too, from the language of the lessons."""

    def __init__(self, lessons: LessonStates) -> None:
        super().__init__()
        self.lessons, self.limits = lessons, lessons.limits

    @property
    def around(self) -> Texts:
        """What is said around every lesson."""
        return self.lessons.words.part("around")

    @property
    def listed_keys(self) -> list[Key]:
        """In the language of the lessons; `keys` has them in English."""
        keys, said = super().listed_keys, self.lessons.words.part("keys")
        return [replace(key, help=said(f"{key.label}.help")) if key.label in said else key for key in keys]

    @property
    def intro(self) -> str:
        return self.around("help")

    def say(self, what: InputError | str) -> str:
        return self.lessons.words.say(what)

    def label(self, label: str) -> str:
        """A key's label in the language of the lessons."""
        said = self.lessons.words.part("keys")
        return said(f"{label}.label") if label in said else label

    def action_glossary(self) -> None:
        self.app.push_screen(PageScreen(glossary(self.lessons.words, self.underlined)))

    def action_errata(self) -> None:
        self.app.push_screen(PageScreen(errata(self.lessons.words)))

    @property
    def underlined(self) -> str:
        """The text whose terms come first in the glossary."""
        return ""
