"""What is kept of a run's samples beside its results: enough to know them again, and to use its weights without them.

Where there is one feature or target, its facts stand alone; of several there is a list.
"""

from collections.abc import Sequence
from typing import Literal, TypeVar

import msgspec

from tui_trainer.escape import printable

Fact = TypeVar("Fact")
LISTED = 4  # features


def one_or_all(facts: Sequence[Fact]) -> Fact | tuple[Fact, ...]:
    """A fact for each feature or target, as it is kept."""
    return facts[0] if len(facts) == 1 else tuple(facts)


def as_tuple(kept: Fact | tuple[Fact, ...]) -> tuple[Fact, ...]:
    """What is kept, as a fact for each."""
    return kept if isinstance(kept, tuple) else (kept,)


class ReadAs(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a column was made numbers of: by itself, if nothing else stands here.

    words: of which each is a feature, or a class; first: the day from which dates are counted, from 1970 on; format:
    that of dates, empty for those of a file that knows them; prefix, suffix: what stands before and after its numbers.
    """

    column: str
    kind: Literal["number", "date", "switch", "words"] = "number"
    words: tuple[str, ...] = ()
    first: float = 0.0
    format: str = ""
    prefix: str = ""
    suffix: str = ""

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that it makes."""
        return tuple(f"{self.column}={word}" for word in self.words) or (self.column,)


class Columns(msgspec.Struct, frozen=True):
    """The columns that are learned from, and those that are learned.

    chosen: which of the two nobody had named; notes: what else was guessed or left out to read them, in words; read:
    how those were read that hold no plain numbers, None where that is not known.
    """

    x: str | tuple[str, ...]
    y: str | tuple[str, ...]
    chosen: tuple[Literal["x", "y"], ...] = ()
    notes: tuple[str, ...] = msgspec.field(default=(), name="told")  # as it is called in files and JSON lines
    read: tuple[ReadAs, ...] | None = None

    @property
    def note(self) -> str:
        """How those that nobody had named were chosen; empty where there are none."""
        chosen = [f"{' and '.join(self.chosen)} chosen: the first with numbers"] if self.chosen else []
        return printable("; ".join([*chosen, *self.notes]))

    @property
    def words(self) -> str:
        """What is learned, and the note."""
        return f"{self} ({self.note})" if self.note else str(self)

    def __str__(self) -> str:
        features = as_tuple(self.x)
        by = (
            ", ".join(features)
            if len(features) <= LISTED
            else f"{', '.join(features[:LISTED])} and {len(features) - LISTED} more"
        )
        return printable(f"{', '.join(as_tuple(self.y))} by {by}")


class DataFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of samples: scaled is (value - mean) / deviation.

    fingerprint: a hash of all samples; columns: None for what is no file; classes: their names, where y is one of them;
    means: of the features, in their own units, which where they are scaled are those that stand here already;
    shape: the channels, height and width of pictures.
    """

    fingerprint: str
    columns: Columns | None = None
    x_mean: float | tuple[float, ...] = 0.0
    x_deviation: float | tuple[float, ...] = 1.0
    y_mean: float | tuple[float, ...] = 0.0
    y_deviation: float | tuple[float, ...] = 1.0
    classes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    means: float | tuple[float, ...] | msgspec.UnsetType = msgspec.UNSET
    shape: tuple[int, int, int] | msgspec.UnsetType = msgspec.UNSET
