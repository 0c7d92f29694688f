"""What a source of samples is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_trainer.data.columns import Columns

if TYPE_CHECKING:
    from tui_trainer.data.batches import Batches
from tui_trainer.experiment import Experiment

Array = NDArray[np.float64]


class Base(NamedTuple):
    """What features were worked out of: x, float64 of shape (n, inputs), what these are called, and how it was done."""

    x: Array
    names: tuple[str, ...]
    expand: Callable[[Array], Array]


class Rows(NamedTuple):
    """All samples of a source, in its own order.

    x: float64 of shape (n, features); y: float64 of shape (n, targets), or int64 of shape (n,), places in `classes`;
    columns: what they are called, where they have names; classes: the names of classes; base: what x was worked out of,
    where it was; shape: the channels, height and width of pictures, which lie in x pixel by pixel, a channel after the
    other. held_out: how many of them, the last ones, the source itself holds out; batches: what there is in the
    place of all these.
    """

    x: Array
    y: NDArray[Any]
    columns: Columns | None = None
    classes: tuple[str, ...] = ()
    base: Base | None = None
    shape: tuple[int, int, int] | None = None
    held_out: int = 0
    batches: "Batches | None" = None


class Sizes(NamedTuple):
    """How many samples there are, how many numbers a net takes for one, and how many it gives."""

    samples: int
    features: int
    outputs: int


class SourceCode(NamedTuple):
    """A source as the lines of a script that knows nothing of tui-trainer.

    settings: constants, in capitals; lines: what makes x and y of them, of the shapes of `Rows`; definition: of a
    function that is called there.
    """

    settings: list[str]
    lines: str
    definition: str = ""


class Source(ABC):
    """What makes or reads the samples of an experiment."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment

    @abstractmethod
    def read(self, quote_cells: bool = False) -> Rows:
        """Make or read the samples. Raises InputError for those that can't be had.

        quote_cells: whether messages may say what is in a file; else they only say where it is wrong.
        """

    @abstractmethod
    def sizes(self) -> Sizes:
        """No fewer than there are, without making or reading any."""

    @abstractmethod
    def code(self) -> SourceCode:
        """The same as a script has it: the same samples, to the last bit. Raises InputError."""

    def check(self) -> None:  # noqa: B027
        """Raise InputError for samples that can't be had, as far as that is known without making or reading any."""
