"""What an entry of the catalog is: where a thing lives, and what else is known of it without importing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any, TypeVar


@dataclass(frozen=True)
class Choice:
    """A name's meaning: where it lives, what it is, and the options it is made with."""

    where: str
    help: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> Any:
        """Import and return the thing itself."""
        return resolve_name(self.where)

    def make(self, *args: Any, **kwargs: Any) -> Any:
        """Call the thing with this entry's options and the given arguments."""
        return self.load()(*args, **self.options, **kwargs)


@dataclass(frozen=True)
class DataSet(Choice):
    """A data set; `source` is what makes its samples with the thing that is named: see `data.sources`.

    suits: settings that suit it, which whoever names it gets where they give none. Of one that comes in a file: `file`
    is that file in `data/built_in`, `target` the column of a table that is learned where none is named, and `credit`
    where it is from, and its licence.
    """

    source: str = "tui_trainer.data.sources.curve:Curve"
    suits: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    target: str = ""
    credit: str = ""


@dataclass(frozen=True)
class OfTask(Choice):
    """Something that makes sense for some tasks only: `tasks` are their names."""

    tasks: tuple[str, ...] = ("curve", "regression")


@dataclass(frozen=True)
class Loss(OfTask):
    """A loss; `degree` is how it grows with the unit of y: 2 for one in squares.

    outputs: how many numbers a net gives for it, where that isn't the task's to say.
    """

    degree: int = 2
    outputs: int | None = None


@dataclass(frozen=True)
class Metric(OfTask):
    """A metric; `of` is what it takes beside y: what is `predicted`, or the classes' `probabilities`."""

    of: str = "predicted"


@dataclass(frozen=True)
class LessonChoice(Choice):
    """A lesson; minutes: how long it takes who meets it for the first time; goals: views with a goal of their own."""

    minutes: int = 5
    goals: Sequence[str] = ()


@dataclass(frozen=True)
class ViewChoice(OfTask):
    """A view of runs; `title` stands over it, in which {axis} is what losses are drawn along.

    aside: whether it is shown only where it is chosen.
    """

    tasks: tuple[str, ...] = ("curve", "regression", "classification")
    title: str = ""
    aside: bool = False


Catalog = Mapping[str, Choice]


Entry = TypeVar("Entry", bound=OfTask)


def of_task(catalog: Mapping[str, Entry], task: str) -> dict[str, Entry]:
    """The entries of a catalog that make sense for a task."""
    return {name: entry for name, entry in catalog.items() if task in entry.tasks}
