"""What a chart shows, before it is drawn: series of four kinds, each in the colour of a role."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tui_trainer.charts.styles import BLANK_SHADE, RAMP, SHADES, Role
from tui_trainer.data.span import share

Array = NDArray[np.float64]
Limits = tuple[float, float]
LEAST_PANEL = 26  # cells


@dataclass(frozen=True)
class Line:
    """A line through the points (x, y), each of shape (n,), with x growing.

    marker: a sign that is put on it here and there. still: it rarely changes, so it is drawn once, as a layer of its
    own, which adds no dot to the lines above it. label: its word in the legend.
    """

    x: Array
    y: Array
    role: Role
    marker: str = ""
    still: bool = False
    label: str = ""

    @property
    def sign(self) -> str:
        """What stands for it in a legend."""
        return self.marker or "─"

    def at(self, x: float) -> float | None:
        """How high it is at an x, between two points on the way from one to the other; None where it isn't."""
        known = np.isfinite(self.y)
        if not known.any() or not self.x[known][0] <= x <= self.x[known][-1]:
            return None
        return float(np.interp(x, self.x[known], self.y[known]))


@dataclass(frozen=True)
class Dots:
    """Points (x, y), each of shape (n,); marker: the sign of each, or `braille`, the smallest there is."""

    x: Array
    y: Array
    role: Role
    marker: str = "braille"
    label: str = ""

    @property
    def sign(self) -> str:
        """What stands for them in a legend."""
        return "·" if self.marker == "braille" else self.marker


@dataclass(frozen=True)
class Bars:
    """Bars that stand on the foot of the chart: `height`, of shape (n,), between `edges`, (n + 1,), which grow."""

    edges: Array
    height: Array
    role: Role
    label: str = ""
    sign = "█"


@dataclass(frozen=True)
class Picture:
    """A colour for each place of a plane, behind all else.

    shades: of shape (rows, columns), which colour of the palette; BLANK_SHADE for none. The first row is the lowest.
    x, y: where its outer edges lie, growing. signs: what stands for the colours where there are none, some for each.
    """

    shades: NDArray[np.intp]
    x: Limits
    y: Limits
    palette: Sequence[Role] = RAMP
    signs: str = SHADES

    @classmethod
    def of_values(cls, values: Array, x: Limits, y: Limits, low: float, high: float) -> "Picture":
        """Values, of shape (rows, columns), in the colours from low to high; what is not finite has none."""
        place = share(values, low, high)
        shades = np.clip(np.nan_to_num(place) * len(RAMP), 0, len(RAMP) - 1).astype(np.intp)
        return cls(np.where(np.isnan(place), BLANK_SHADE, shades), x, y)


@dataclass(frozen=True)
class Level:
    """A dotted line across, at y."""

    y: float
    role: Role
    label: str = ""
    sign = "┈"


@dataclass(frozen=True)
class Mark:
    """A vertical line at x with a word beside it."""

    x: float
    text: str


Series: TypeAlias = Line | Dots | Bars | Picture | Level
Kind = TypeVar("Kind", bound=Series)


@dataclass(frozen=True)
class Chart:
    """What to draw: later series above earlier ones. Limits must be finite and growing.

    All lines that aren't still, levels and marks are one layer, where the first such line stands. On a logarithmic
    y axis, where 0 has no place, a value of exactly 0 is drawn at the foot. notes: what is said beside the legend.
    cursor: an x that is looked at.
    """

    series: Sequence[Series]
    x_limits: Limits
    y_limits: Limits
    log_y: bool = False
    marks: Sequence[Mark] = ()
    whole_x: bool = False
    cursor: float | None = None
    log_x: bool = False
    notes: Sequence[str] = ()

    def across(self, x: Array) -> Array:
        """Where each x lies from the left limit (0) to the right one (1); NaN for one that has no place."""
        return _log_share(x, self.x_limits) if self.log_x else share(x, *self.x_limits)

    def x_at(self, place: float) -> float:
        """The x that lies so far across, from the left limit (0) to the right one (1)."""
        low, high = self.x_limits
        return float(low * (high / low) ** place) if self.log_x else low + place * (high - low)

    def up(self, y: Array) -> Array:
        """Where each y lies from the lower limit (0) to the upper one (1); NaN for one that has no place."""
        return np.where(y == 0, 0.0, _log_share(y, self.y_limits)) if self.log_y else share(y, *self.y_limits)

    def of_kind(self, kind: type[Kind]) -> list[Kind]:
        """Its series of a kind, in order."""
        return [series for series in self.series if isinstance(series, kind)]

    @property
    def lines(self) -> list[Line]:
        return self.of_kind(Line)

    @property
    def dots(self) -> list[Dots]:
        return self.of_kind(Dots)

    @property
    def zero_at_foot(self) -> bool:
        """Whether there is a value of exactly 0 that a logarithmic axis has no place for."""
        return self.log_y and (
            any((line.y == 0).any() for line in self.lines) or any(level.y == 0 for level in self.of_kind(Level))
        )

    @property
    def legend(self) -> list[tuple[str, Role]]:
        """The signs and labels of its series, the topmost first, each with its role: that of an axis for several."""
        roles: dict[str, set[Role]] = {}
        for series in reversed(self.series):
            if not isinstance(series, Picture) and series.label:
                roles.setdefault(f"{series.sign} {series.label}", set()).add(series.role)
        legend = [(words, next(iter(several)) if len(several) == 1 else "axis") for words, several in roles.items()]
        return legend + [("0 at the foot", "axis")] * self.zero_at_foot


def _log_share(values: Array, limits: Limits) -> Array:
    """Where each value lies between limits above 0, on a logarithmic axis."""
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.log10(limits).tolist()
        return share(np.log10(values), low, high)


@dataclass(frozen=True)
class Panel:
    """One of several charts, and what stands over it, in pieces, each with its role."""

    chart: Chart
    caption: Sequence[tuple[str, Role]]


@dataclass(frozen=True)
class Beside(Chart):
    """Charts of the same kind beside each other, as many as there is room for, beginning with one of them.

    Its own series and limits are those of the first, whose legend holds for all. least: cells that each needs.
    """

    panels: Sequence[Panel] = ()
    first: int = 0
    least: int = LEAST_PANEL

    @classmethod
    def of(cls, panels: Sequence[Panel], first: int = 0, least: int = LEAST_PANEL) -> Self:
        """These panels, of which there is one at least, from the one at this place on, counted round."""
        chart = panels[0].chart
        return cls(chart.series, chart.x_limits, chart.y_limits, panels=panels, first=first % len(panels), least=least)

    def shown(self, room: int) -> list[Panel]:
        """Those that there is room for: all in their order, or some from the first one on."""
        if room >= len(self.panels):
            return [*self.panels]
        return [*self.panels[self.first :], *self.panels[: self.first]][:room]


@dataclass(frozen=True)
class Units:
    """A layer of a net, or its features, each unit with a name and what is wrong with it, which may be nothing.

    given: what each gives, of shape (units, rows, columns) over a plane, the lowest row first, or (units, points) along
    an x; weights: of shape (units, units before), none of features; order: which are shown first, where not all are.
    """

    title: str
    short: str
    names: Sequence[str]
    given: Array
    weights: Array
    marks: Sequence[str]
    order: Sequence[int] = ()

    @property
    def placed(self) -> list[int]:
        """All of them, from the first that is shown to the last."""
        first = set(self.order)
        return [*self.order, *(unit for unit in range(len(self.names)) if unit not in first)]


@dataclass(frozen=True)
class Picked:
    """Which unit of which layer is looked at, and which of its weights, where it has some."""

    layer: int
    unit: int
    weight: int = BLANK_SHADE


@dataclass(frozen=True)
class Network(Chart):
    """A net's units layer by layer, beside a chart of what comes out of it, whose legend is its own."""

    layers: Sequence[Units] = ()
    output: Chart | None = None
    picked: Picked | None = None


@dataclass(frozen=True)
class Gallery(Chart):
    """Pictures, of shape (n, height, width, channels), from 0, dark, to 1; and words for each, with their role.

    a_row: large ones are scaled down until so many of them fit beside each other.
    """

    pixels: Array = field(default_factory=lambda: np.zeros((0, 1, 1, 1)))
    captions: Sequence[tuple[str, Role]] = ()
    a_row: int = 4

    @classmethod
    def of(cls, x: Array, shape: tuple[int, int, int], captions: Sequence[tuple[str, Role]]) -> Self:
        """Pictures whose pixels are x, of shape (n, features): from their darkest pixel to their brightest.

        shape: their channels, height and width.
        """
        low, high = (float(x.min()), float(x.max())) if len(x) else (0.0, 1.0)
        pixels = np.moveaxis(x.reshape(-1, *shape), 1, 3)
        return cls((), (0, 1), (0, 1), pixels=(pixels - low) / (high - low or 1.0), captions=captions)


@dataclass(frozen=True)
class Matrix(Chart):
    """Counts, of shape (classes, classes): of each class, how many are predicted to be of each."""

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    names: Sequence[str] = ()

    @classmethod
    def of(cls, counts: NDArray[np.int64], names: Sequence[str]) -> Self:
        """These counts, of the classes of these names."""
        return cls((), (0, 1), (0, 1), counts=counts, names=names)


@dataclass(frozen=True)
class Rows(Chart):
    """Rows of a table, the most important first: as many are drawn as there is room for. head: of their columns."""

    head: Sequence[str] = ()
    cells: Sequence[Sequence[str]] = ()

    @classmethod
    def of(cls, head: Sequence[str], cells: Sequence[Sequence[str]]) -> Self:
        """These rows, each with a cell for each column."""
        return cls((), (0, 1), (0, 1), head=head, cells=cells)
