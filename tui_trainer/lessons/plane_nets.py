"""Nets on samples of two classes in the plane, and where each puts the border between them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Adam

from tui_trainer.catalog import DATASETS
from tui_trainer.charts.chart import Array, Beside, Chart, Dots, Panel
from tui_trainer.charts.styles import RUN_MARKERS, WRONG, class_role, format_number
from tui_trainer.charts.views.decision_map import map_of
from tui_trainer.choices import Catalog
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.engine.devices import choose_threads
from tui_trainer.engine.models import build_model
from tui_trainer.experiment import Experiment
from tui_trainer.lessons.frame import Plot, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.tasks.classification import Classification
from tui_trainer.tasks.line import Line
from tui_trainer.tasks.plane import Mapped

SAMPLES, NOISE, SEED = 200, 0.0, 7
RATE, STEPS, FRAMES = 0.05, 200, 20
PANEL = 20  # cells: two maps stand beside each other on any stage
FINE = 401  # dots of a line

PLANES: Catalog = {name: DATASETS[name] for name in ("circle", "xor", "gauss", "moons", "spiral")}


def experiment_of(data: str, hidden: str, activation: str) -> Experiment:
    """The settings of a net on such samples."""
    return Experiment(
        data=data,
        samples=SAMPLES,
        noise=NOISE,
        seed=SEED,
        scale="standard",
        dtype="float64",
        hidden=hidden,
        activation=activation,
    )


def comparison_of(data: str, hidden: str, activations: Sequence[str]) -> Comparison:
    """The same nets for the training screen: an epoch is a step."""
    samples = {"data": data, "samples": SAMPLES, "noise": NOISE, "scale": "standard", "batch_size": SAMPLES}
    training = {"optimizer": "adam", "lr": RATE, "epochs": STEPS, "seed": SEED, "dtype": "float64"}
    return Comparison.of(**samples, **training, hidden=hidden, activation=[*dict.fromkeys(activations)], device="cpu")


@dataclass
class PlaneNet:
    """A net freshly started, as PyTorch does, and how many steps it has taken since."""

    experiment: Experiment
    data: Classification
    taken: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.model = build_model(self.experiment, self.data)
        samples = self.data.samples
        self.x = self._scaled(samples.x)
        self.y = torch.from_numpy(samples.y)
        self._optimizer = Adam(self.model.parameters(), lr=RATE)

    @property
    def name(self) -> str:
        return self.experiment.activation

    def train_until(self, step: int) -> None:
        """Take steps up to this one, each on all samples."""
        while self.taken < step:
            self._optimizer.zero_grad()
            cross_entropy(self.model(self.x), self.y).backward()
            self._optimizer.step()
            self.taken += 1

    @property
    def layers(self) -> list[nn.Linear]:
        """The linear layers."""
        return [layer for layer in self.model if isinstance(layer, nn.Linear)]

    @property
    def first_sums(self) -> tuple[Array, Array]:
        """The weights, of shape (units, 2), and the biases of the first layer, in the data's own units."""
        mean, deviation = self.data.samples.x_scaling
        first = self.layers[0]
        weight: Array = first.weight.detach().numpy() / deviation
        return weight, first.bias.detach().numpy() - weight @ mean

    def forward(self, x: Array) -> Array:
        """What the net gives for samples in the data's own units."""
        with torch.no_grad():
            given: Array = self.model(self._scaled(x)).numpy()
        return given

    def hidden(self, x: Array) -> Tensor:
        """What the units before the last layer give for samples in the data's own units: (samples, units)."""
        with torch.no_grad():
            given: Tensor = self.model[:-1](self._scaled(x))
        return given

    def _scaled(self, x: Array) -> Tensor:
        return torch.tensor(self.data.samples.x_scaling.apply(x))

    @property
    def loss(self) -> float:
        """The cross entropy."""
        with torch.no_grad():
            return cross_entropy(self.model(self.x), self.y).item()

    @property
    def wrong(self) -> int:
        """How many samples it takes for the other class."""
        with torch.no_grad():
            return int((self.model(self.x).argmax(dim=1) != self.y).sum())

    @property
    def snapshot(self) -> Mapped:
        """What it takes each place for."""
        snapshot = self.data.snapshot(self.forward, self.model)
        assert isinstance(snapshot, Mapped)
        return snapshot

    @property
    def border(self) -> Line | None:
        """Where both classes' outputs are equal, as x2 by x1, in the data's units; None where that is no line.

        All layers are multiplied out, beginning with the scaling.
        """
        if len(self.layers) < len(self.model):
            return None
        mean, deviation = (torch.tensor(value) for value in self.data.samples.x_scaling)
        weight, bias = torch.diag(1 / deviation), -mean / deviation
        for layer in self.layers:
            weight, bias = layer.weight.detach() @ weight, layer.weight.detach() @ bias + layer.bias.detach()
        (a, b), c = (weight[1] - weight[0]).tolist(), (bias[1] - bias[0]).item()
        return Line(-a / b, -c / b)


def nets_of(data: str, hidden: str, activations: Sequence[str]) -> list[PlaneNet]:
    """A net with each activation on the same samples."""
    choose_threads(0)  # such nets are small
    experiments = [experiment_of(data, hidden, activation) for activation in dict.fromkeys(activations)]
    task = Classification(load_samples(experiments[0]))
    return [PlaneNet(experiment, task) for experiment in experiments]


def trained(nets: Sequence[PlaneNet]) -> Iterator[int]:
    """Train all side by side; yield how many steps each has taken, from none on."""
    for turn in range(FRAMES + 1):
        for net in nets:
            net.train_until(STEPS * turn // FRAMES)
        yield STEPS * turn // FRAMES


def table(
    texts: Texts, nets: Sequence[PlaneNet], border: Callable[[PlaneNet], str], floor: float | None = None
) -> Table:
    """What each net's border is, in these words, and how good it is; at last the loss that no straight one is below."""
    rows: list[list[Words]] = [[net.name, border(net), format_number(net.loss), f"{net.wrong}"] for net in nets]
    if floor is not None:
        rows.append([[(cell, "baseline")] for cell in (texts("floor"), "", format_number(floor), "")])
    return Table([texts(f"column.{name}") for name in ("net", "border", "loss", "wrong")], rows, spare=True)


def maps(texts: Texts, nets: Sequence[PlaneNet], units: bool = False, spare: bool = False) -> Plot:
    """The nets' decision maps beside each other. units: whether to draw where each hidden unit's input is 0."""
    panels = [
        Panel(_map(net, units), [(net.name, "strong"), (f"  {texts('wrong', count=net.wrong)}", "strong")])
        for net in nets
    ]
    names = [
        (f"{RUN_MARKERS[place]} {texts(name)}  ", class_role(place)) for place, name in enumerate(("one", "other"))
    ]
    names.append((f"{WRONG} {texts('wrong_side')}", "axis"))
    steps = texts("steps", count=nets[0].taken)
    return Plot(names, Beside.of(panels, least=PANEL), steps, spare)


def _map(net: PlaneNet, units: bool) -> Chart:
    chart = map_of(net.data.samples, net.snapshot)
    picture, *dots = chart.series
    return Chart([picture, *(unit_lines(net, chart) if units else ()), *dots], chart.x_limits, chart.y_limits)


def unit_lines(net: PlaneNet, chart: Chart) -> Iterator[Dots]:
    """Where the input of each unit of the first layer is 0, in the data's units."""
    (left, right), (low, high) = chart.x_limits, chart.y_limits
    along = np.linspace(-1, 1, FINE) * np.hypot(right - left, high - low)
    for w, b in zip(*net.first_sums, strict=True):
        size = np.linalg.norm(w)
        x, y = (-b * w / size**2)[:, np.newaxis] + np.array([-w[1], w[0]])[:, np.newaxis] / size * along
        inside = (x >= left) & (x <= right) & (y >= low) & (y <= high)
        yield Dots(x[inside], y[inside], "ghost")
