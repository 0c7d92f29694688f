"""What every lesson is: texts, a goal, inputs, and the frames that these make."""

from abc import ABC, abstractmethod
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta

from tui_trainer.catalog import LESSONS
from tui_trainer.comparison import Comparison
from tui_trainer.engine.trainer import Trainer
from tui_trainer.lessons.frame import Frame
from tui_trainer.lessons.language import DEFAULT, Texts, texts_in
from tui_trainer.marks import meta
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.settings import Setting, settings_of
from tui_trainer.wording import unknown


class Refusal(InputError):
    """What a lesson's `check` raises: the key of what to say among its texts under `refused`, and the values in it."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True)
class Section:
    """A part of a lesson with a text and a goal of its own.

    name: under which it is kept how far the learner is: `line`, or `line.plane` for a view of it; known: what one knows
    once its goal is met.
    """

    name: str
    text: str
    goal: str
    hints: Sequence[str]
    known: str


Inputs = TypeVar("Inputs", bound=msgspec.Struct)


def asked(key: str, several: bool = False, **more: Any) -> Meta:
    """Describe an input of a lesson: the key that changes it in the app, and the rest as for any setting.

    Its title and its help are in the texts of each language. One that takes several values is a tuple, and says so.
    """
    return meta("", "", key=key, several=several, **more)


class Lesson(ABC, Generic[Inputs]):
    """One step of the article, operated.

    schema: the inputs, each annotated with `asked`. An input named `guess` is the learner's answer to a question that
    the lesson draws, by the number of the input named `draw`; whatever else changes empties it. times: how many right
    answers in a row meet the goal, each to another question; replays: whether frames that had been played are played
    again when an input changes; plays_answers: whether frames are played once an answer is given, as they judge it at
    their end; trainers: the runs of the training screen, for a lesson that looks into them; seen: the
    questions whose answers were shown to this learner, by their meaning; texts: what it says, in a language; around:
    what is said around every lesson; inputs: the inputs by name.
    """

    schema: type[Inputs]
    times: ClassVar[int] = 2
    replays: ClassVar[bool] = True
    plays_answers: ClassVar[bool] = False
    trainers: Sequence[Trainer] = ()
    seen: Container[str] = ()
    name: str
    texts: Texts
    around: Texts
    inputs: Mapping[str, Setting]

    def speak(self, words: Texts, flags: bool = False) -> None:
        """Say all in another language from now on: words are all there are in it.

        A text that speaks of an input has its key in braces. flags: whether to name the input's flag there instead,
        as where there are no keys.
        """
        settings = settings_of(self.schema).values()
        named = {setting.key: setting.flag if flags else setting.key for setting in settings}
        self.texts, self.around = replace(words.part(self.name), names=named), words.part("around")
        self.inputs = {
            name: _worded(setting, self.texts, self.around) for name, setting in settings_of(self.schema).items()
        }

    @property
    def text(self) -> str:
        """What it is about, in paragraphs, in which `_term_` is one that the glossary explains."""
        return self.texts("text")

    @property
    def goal(self) -> str:
        """What the learner is to reach."""
        return self.texts("goal")

    @property
    def hints(self) -> Sequence[str]:
        """Help on the way to the goal, in degrees."""
        return self.texts.several("hints") if "hints" in self.texts else []

    def section(self, inputs: Inputs) -> Section:
        """What is learned under these inputs: the lesson's own goal, or that of a view which has one."""
        view = getattr(inputs, "view", "")
        if view not in LESSONS[self.name].goals:
            return Section(self.name, self.text, self.goal, self.hints, self.texts("known"))
        own = self.texts.part(view)
        return Section(f"{self.name}.{view}", own("text"), own("goal"), own.several("hints"), own("known"))

    def active(self, inputs: Inputs) -> dict[str, Setting]:
        """The inputs that have an effect beside the values that the others have."""
        return {
            name: setting
            for name, setting in self.inputs.items()
            if not setting.needs or setting.needs.met(getattr(inputs, setting.needs.setting))
        }

    def turned_to(self, setting: Setting, texts: Mapping[str, str]) -> dict[str, str]:
        """What another input must be, as text, for this one to have an effect: nothing where it has one."""
        if not setting.needs:
            return {}
        needed = self.inputs[setting.needs.setting]
        text = texts.get(needed.name, needed.show(needed.default))
        if setting.needs.met(needed.read(text)):
            return {}
        return {needed.name: next(filter(setting.needs.met, needed.choices or ()), needed.turned(text, True))}

    @property
    def defaults(self) -> dict[str, str]:
        """Each input's default as text."""
        return {name: setting.show(setting.default) for name, setting in self.inputs.items()}

    def read(self, texts: Mapping[str, object]) -> Inputs:
        """The inputs from what a person wrote, defaults for the rest.

        Raises InputError, in the lesson's language, for a name that it doesn't have, and for a value that won't do.
        """
        try:
            for name in texts:
                if name not in self.inputs:
                    raise InputError(unknown(name, self.inputs))
            values = {name: self.inputs[name].read(text) for name, text in texts.items()}
            inputs = self.schema(**values)
            self.check(inputs)
        except InputError as error:
            raise self.worded(error) from None
        return inputs

    def worded(self, error: InputError) -> InputError:
        """The same in the lesson's language."""
        if isinstance(error, Refusal):
            return InputError(self.texts(f"refused.{error.key}", None, **error.values))
        return InputError(self.texts.say(error))

    def check(self, inputs: Inputs) -> None:
        """Raise Refusal for inputs that are good each by itself and don't go together."""

    @abstractmethod
    def frames(self, inputs: Inputs) -> Iterator[Frame]:
        """The lesson's moments, one after another, under these inputs."""

    @abstractmethod
    def script(self, inputs: Inputs) -> str:
        """The same in plain PyTorch, to be pasted and run: it prints the numbers that the last frame shows."""

    def training(self, inputs: Inputs) -> Comparison | None:
        """What the training screen shows of this, where it can."""
        return None


def _worded(setting: Setting, texts: Texts, around: Texts) -> Setting:
    """An input with its title, its help and that of its choices in words."""
    choices, words = setting.choices, texts.part(f"choices.{setting.name}")
    if choices:
        choices = {
            name: replace(choice, help=words(name)) if name in words else choice for name, choice in choices.items()
        }
    words, needs = texts.part(f"inputs.{setting.name}"), setting.needs
    only = " " + around("only_where", other=needs.setting, be=needs.be) if needs else ""
    return replace(setting, title=words("title"), help=words("help") + only, choices=choices)


def load_lesson(name: str, language: str = DEFAULT, flags: bool = False) -> Lesson[Any]:
    """The lesson of this name, in a language; flags: as for `speak`. Raises InputError for one there isn't."""
    if name not in LESSONS:
        raise InputError(Sentence("lesson {said}", said=unknown(name, LESSONS)))
    lesson: Lesson[Any] = LESSONS[name].make()
    lesson.name = name
    lesson.speak(texts_in(language), flags)
    return lesson
