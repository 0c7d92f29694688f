"""What every lesson is: words, a goal, inputs, and the frames that these make."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta

from tui_trainer.catalog import LESSONS
from tui_trainer.comparison import Comparison
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import InputError
from tui_trainer.lessons.frame import Frame
from tui_trainer.marks import meta
from tui_trainer.settings import Setting, settings_of, unknown

Inputs = TypeVar("Inputs", bound=msgspec.Struct)


def asked(key: str, title: str, help: str, several: bool = False, **more: Any) -> Meta:
    """Describe an input of a lesson: the key that changes it in the app, and the rest as for any setting.

    An input that takes several values is a tuple, and says so.
    """
    return meta(title, help, key=key, several=several, **more)


class Lesson(ABC, Generic[Inputs]):
    """One step of the article, operated.

    text: what it is about, in paragraphs; goal: what the learner is to reach; schema: the inputs,
    each annotated with `asked`; replays: whether frames that had been played are played again when
    an input changes; trainers: the runs of the training screen, for a lesson that looks into them.
    """

    text: ClassVar[str]
    goal: ClassVar[str]
    schema: type[Inputs]
    replays: ClassVar[bool] = True
    trainers: Sequence[Trainer] = ()

    @cached_property
    def inputs(self) -> dict[str, Setting]:
        """The inputs by name."""
        return settings_of(self.schema)

    @property
    def defaults(self) -> dict[str, str]:
        """Each input's default as text."""
        return {name: setting.show(setting.default) for name, setting in self.inputs.items()}

    def read(self, texts: Mapping[str, object]) -> Inputs:
        """The inputs from what a person wrote, defaults for the rest.

        Raises InputError for a name the lesson doesn't have, and for a value that won't do.
        """
        for name in texts:
            if name not in self.inputs:
                raise InputError(unknown(name, self.inputs))
        values = {name: self.inputs[name].read(text) for name, text in texts.items()}
        inputs = self.schema(**values)
        self.check(inputs)
        return inputs

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for inputs that are good each by itself and don't go together."""

    @abstractmethod
    def frames(self, inputs: Inputs) -> Iterator[Frame]:
        """The lesson's moments, one after another, under these inputs."""

    @abstractmethod
    def script(self, inputs: Inputs) -> str:
        """The same in plain PyTorch, to be pasted and run: it prints the numbers that the last frame shows."""

    def training(self, inputs: Inputs) -> Comparison | None:
        """What the training screen shows of this, where it can."""
        return None


def load_lesson(name: str) -> Lesson[Any]:
    """The lesson of this name. Raises InputError for one there isn't."""
    if name not in LESSONS:
        raise InputError(f"lesson {unknown(name, LESSONS)}")
    lesson: Lesson[Any] = LESSONS[name].make()
    return lesson
