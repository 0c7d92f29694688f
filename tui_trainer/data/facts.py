"""What is kept of a run's points beside its results: enough to know them again, and to use its weights without them."""

from typing import Literal

import msgspec

from tui_trainer.escape import printable


class Columns(msgspec.Struct, frozen=True):
    """The columns of a file that are learned from; `chosen`: which of the two nobody had named."""

    x: str
    y: str
    chosen: tuple[Literal["x", "y"], ...] = ()

    @property
    def note(self) -> str:
        """How those that nobody had named were chosen; empty where there are none."""
        return f"{' and '.join(self.chosen)} chosen: the first with numbers" if self.chosen else ""

    @property
    def words(self) -> str:
        """What is learned, and the note."""
        return f"{self} ({self.note})" if self.note else str(self)

    def __str__(self) -> str:
        return printable(f"{self.y} by {self.x}")


class DataFacts(msgspec.Struct, frozen=True, kw_only=True):
    """fingerprint: a hash of all points; columns: None for what is no file; scaled is (value - mean) / deviation."""

    fingerprint: str
    columns: Columns | None = None
    x_mean: float = 0.0
    x_deviation: float = 1.0
    y_mean: float = 0.0
    y_deviation: float = 1.0
