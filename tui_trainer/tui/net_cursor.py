"""Which unit of a net is looked at, and which of its weights: moved by keys, and named in words with figures."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_trainer.charts.chart import Network, Picked, Units
    from tui_trainer.tasks.inside import Inside
    from tui_trainer.weight import Weight

LEAST_STEP = 1e-6


class NetCursor:
    """A unit and a weight that comes into it; the one after the last is its bias."""

    def __init__(self) -> None:
        self.layer, self.unit, self.mark_at = 1, 0, 0
        self._layers: list[Units] = []

    def settle(self, net: "Network") -> None:
        """Be somewhere in this net."""
        self._layers = [*net.layers]
        self.layer = min(self.layer, len(self._layers) - 1)
        self.unit = min(self.unit, len(self._here.names) - 1)
        self.mark_at %= self._weights + 1

    @property
    def _here(self) -> "Units":
        return self._layers[self.layer]

    @property
    def _weights(self) -> int:
        """How many weights come into each unit of the layer."""
        return int(self._here.weights.shape[1])

    @property
    def place(self) -> tuple[int, int, int]:
        return self.layer, self.unit, self.mark_at

    @property
    def picked(self) -> "Picked":
        """The same for a chart."""
        from tui_trainer.charts.chart import Picked

        return Picked(self.layer, self.unit, self.mark_at)

    @property
    def unit_name(self) -> str:
        return self._here.names[self.unit]

    @property
    def weight_name(self) -> str:
        """`x1→2.3`, or `bias of 2.3`."""
        return f"{self._source(self.mark_at)}→{self.unit_name}" if self._is_weight else f"bias of {self.unit_name}"

    @property
    def _is_weight(self) -> bool:
        return self.mark_at < self._weights

    def _source(self, place: int) -> str:
        return self._layers[self.layer - 1].names[place]

    def move(self, layers: int, units: int) -> None:
        """Go so many layers to the right and units down, as far as there are some."""
        if not self._layers:
            return
        layer = max(0, min(self.layer + layers, len(self._layers) - 1))
        if layer != self.layer:
            # As high among the units as before.
            height = self._here.placed.index(self.unit) / len(self._here.placed)
            self.layer = layer
            self.unit = self._here.placed[int(height * len(self._here.placed))]
            self.mark_at = min(self.mark_at, self._weights)
        order = self._here.placed
        self.unit = order[max(0, min(order.index(self.unit) + units, len(order) - 1))]

    def mark(self, by: int) -> None:
        """Go to another weight of the unit."""
        self.mark_at = (self.mark_at + by) % (self._weights + 1)

    def weight(self, inside: "Inside") -> "Weight":
        """The weight that is marked, as an edit names it, and by how much it is changed at once."""
        layer = inside.layers[self.layer - 1]
        if self._is_weight:
            return f"{layer.name}.weight", self.unit * self._weights + self.mark_at, self.step(inside)
        return f"{layer.name}.bias", self.unit, self.step(inside)

    def step(self, inside: "Inside") -> float:
        """About a tenth of the layer's largest weight, as a power of ten."""
        largest = float(inside.layers[self.layer - 1].weight.abs().max())
        known = math.isfinite(largest) and largest > LEAST_STEP
        return float(10.0 ** min(3, round(math.log10(largest / 10)))) if known else 0.1

    def words(self, net: "Network", inside: "Inside", width: int) -> list[str]:
        """What there is to say of the unit, and its weights with figures, those around the marked one: two lines."""
        given, mark = net.layers[self.layer].given[self.unit], net.layers[self.layer].marks[self.unit]
        parts = [f"{self.unit_name} from {figure(float(given.min()))} to {figure(float(given.max()))}"]
        if not self.layer:
            return [" · ".join(["feature " + parts[0], "→ goes to the units"]), ""]
        layer = inside.layers[self.layer - 1]
        bends = "".join(f" {type(each).__name__.lower()}" for each in layer.after)
        parts[0] = f"unit {self.unit_name}{bends}: gives {parts[0].partition(' from ')[2]}"
        parts += [{"off": "switched off", "sat.": "saturated"}.get(mark, mark)] if mark else []
        parts.append(f"+ − {self.weight_name} by {self.step(inside):g}")
        weights = layer.weight[self.unit].tolist()
        names = [*map(self._source, range(len(weights))), "bias"]
        return [" · ".join(parts), within(names, [*weights, float(layer.bias[self.unit])], self.mark_at, width)]


def within(names: list[str], values: list[float], marked: int, width: int) -> str:
    """`x1 +0.51  ▸x2 −1.2  bias +0.1`: around the marked one, and how many more there are."""

    def item(place: int) -> str:
        return f"{'▸' if place == marked else ''}{names[place]} {figure(values[place], signed=True)}"

    first = last = marked
    room = width - len(item(marked)) - 20  # for what is left out
    while True:
        grown = False
        for place in (last + 1, first - 1):
            if 0 <= place < len(values) and len(item(place)) + 2 <= room:
                room -= len(item(place)) + 2
                first, last, grown = min(first, place), max(last, place), True
        if not grown:
            break
    before = [f"{first} before"] if first else []
    after = [f"{len(values) - 1 - last} more"] if last < len(values) - 1 else []
    return "  ".join([*before, *map(item, range(first, last + 1)), *after])


def figure(value: float, signed: bool = False) -> str:
    """A number in four digits; signed: with its sign also where it is positive."""
    text = f"{value:+.4g}" if signed and value else f"{value:.4g}"
    return text.replace("-", "−", 1)
