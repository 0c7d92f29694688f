"""Only a line: however many linear layers, their product is one slope and one intercept."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.charts.chart import Chart, Dots, Series
from tui_trainer.charts.chart import Line as ChartLine
from tui_trainer.charts.styles import format_number, marker, role
from tui_trainer.comparison import Comparison
from tui_trainer.engine.devices import choose_threads
from tui_trainer.experiment import MAX_LAYERS, InputError
from tui_trainer.lessons.depths import BIAS, SHALLOW, WIDTH, Net, article_points, hidden_of, rate_of, steps_of
from tui_trainer.lessons.drawn import DrawnLayers, Guesses, formula, read_line
from tui_trainer.lessons.frame import Frame, Part, Plot, Table, Words
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.scripts import line as scripts
from tui_trainer.source_code import made
from tui_trainer.tasks.curve import Curve
from tui_trainer.tasks.line import Line

UNDER = 0.95
TURNS = 25
MOST_NETS = 8


class LineInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    layers: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=1, le=MAX_LAYERS)], ...],
        asked("l", "Layers", "How many linear layers; several race.", several=True),
    ] = (1, 10, 1000)
    activation: Annotated[
        str, asked("a", "Activation", "Activation function between two layers; identity: none.", choices=ACTIVATIONS)
    ] = "identity"
    guess: Annotated[
        str,
        asked("g", "Guess", "Slope and intercept of the drawn layers, such as 6, -5; empty for none.", check=read_line),
    ] = ""
    draw: Annotated[int, asked("d", "Draw", "Which two layers are drawn.", ge=1, le=999)] = 1
    steps: Annotated[
        int, asked("s", "Steps", "Training steps; a net of over 20 layers takes fewer.", ge=0, le=2000)
    ] = 400


class OnlyALine(Lesson[LineInputs]):
    """1 to 1,000 linear layers collapse into one line; then one activation, and the curve.

    The facts are of the freshly started nets; training comes after.
    """

    text = (
        "A linear layer multiplies by weights and adds biases. Two in a row multiply out to one, so 1,000 layers are "
        "still one slope and one intercept: y = a x + b.\n\n"
        "Here that product is worked out beside the net's own prediction; apart is their largest difference, as a "
        "share of the data's range. So that 1,000 layers neither shrink nor blow up what goes through, all start with "
        "orthogonal weights, which turn but keep lengths, and biases within ±0.01.\n\n"
        "Least squares finds the best line; its loss is the floor. Training brings every "
        "depth down to it, each at a rate that suits its depth.\n\n"
        "An activation between the layers bends the line. 1,000 layers of tanh let almost nothing through."
    )
    goal = "Before it is shown, say which line a x + b the two drawn layers are, x to h to y."
    schema = LineInputs

    def __init__(self) -> None:
        self._guesses = Guesses()

    def check(self, inputs: LineInputs) -> None:
        if len(inputs.layers) > MOST_NETS:
            raise InputError(f"layers: {len(inputs.layers)} nets won't do; give at most {MOST_NETS}")

    def frames(self, inputs: LineInputs) -> Iterator[Frame]:
        choose_threads(0)  # each layer by itself is small
        data = article_points()
        drawn = DrawnLayers.of(inputs.draw)
        guess = self._guesses.current(inputs.guess, inputs.draw)
        met, verdict = judge(guess, drawn, self._guesses.shown(inputs.draw))
        if guess and not met:
            self._guesses.show(inputs.draw)
        asks = question(drawn, bool(guess))
        nets: list[Net] = []
        for layers in inputs.layers:
            nets.append(Net(layers, inputs.activation, steps_of(layers, inputs.steps), data))
            said = verdict or collapse(nets[-1])
            yield Frame([*_parts(nets, data), asks], said, met, facts=[_facts(nets[-1])], seconds=1.0)
        for turn in range(1, TURNS + 1):
            for net in nets:
                if net.steps * turn // TURNS > net.taken:
                    net.train_until(net.steps * turn // TURNS)
                    said = verdict or compare(nets, data)
                    yield Frame([*_parts(nets, data), asks], said, met, seconds=0.05)

    def script(self, inputs: LineInputs) -> str:
        nets = []
        for layers in inputs.layers:
            steps = steps_of(layers, inputs.steps)
            nets.append((layers, steps, rate_of(layers, inputs.activation, steps)))
        activation = None if inputs.activation == "identity" else made(ACTIVATIONS[inputs.activation])
        return scripts.script(nets, WIDTH, BIAS, activation)

    def training(self, inputs: LineInputs) -> Comparison | None:
        """The deepest net of up to 20 layers, once as a line and once bent, where there is such.

        The training screen starts nets as PyTorch does, which makes what goes through many layers
        shrink: deeper ones would learn nothing there.
        """
        shallow = [layers for layers in inputs.layers if 1 < layers <= SHALLOW]
        if not shallow:
            return None
        bent = "tanh" if inputs.activation == "identity" else inputs.activation
        return Comparison.preset("contrast").changed(hidden=hidden_of(max(shallow)), activation=["identity", bent])


def collapse(net: Net) -> str:
    """The product of the weights beside the prediction, at the last point."""
    count = _count(net)
    if net.line is None:
        return f"{count} with {net.activation} between: no product of weights, no line"
    x = net.data.x[-1:]
    product, predicted = float(net.line(x)[0]), float(net.prediction[-1])
    return f"{count}: at x = {x[0]:g} the product says {product:.6g}, the net {predicted:.6g}"


def judge(text: str, drawn: DrawnLayers, seen: bool) -> tuple[bool, str]:
    """Whether the goal is met, and what to say; nothing without a guess."""
    guess, (slope, intercept) = read_line(text), drawn.line
    if guess is None:
        return False, ""
    if seen:
        return False, "you have seen these: d draws others"
    if guess == (slope, intercept):
        return True, f"two layers, one line: y = {formula(slope, intercept)}"
    wrong = "slope" if guess[0] != slope else "intercept"
    return False, f"another {wrong}: y = {formula(slope, intercept)}; d draws others"


def question(drawn: DrawnLayers, answered: bool) -> Words:
    """The drawn layers; once there is a guess, the line that they are."""
    first, second = drawn.formulas
    line = f"y = {formula(*drawn.line)}" if answered else "y = a x + b?"
    return [("drawn: ", "strong"), (f"{first}, {second}: ", ""), (line, "strong")]


def compare(nets: Sequence[Net], data: Curve) -> str:
    """How the nets' losses stand to the least-squares line's."""
    best = min(nets, key=lambda net: net.loss)
    floor = format_number(data.floor)
    if best.loss < UNDER * data.floor:
        return f"{_count(best)} with {best.activation}: a loss of {format_number(best.loss)}, under {floor}"
    if any(net.taken < net.steps for net in nets):
        return f"training: the least-squares line's loss is {floor}"
    if best.activation == "identity":
        return f"no depth gets under {floor}: each is a line; a chooses an activation"
    if all(net.layers == 1 for net in nets):
        return "one layer has nothing to bend between; give 2 or more"
    return f"not under {UNDER} × {floor} yet: more steps, or 5 to {SHALLOW} layers"


def _parts(nets: Sequence[Net], data: Curve) -> list[Part]:
    return [picture(nets, data), table(nets, data)]


def picture(nets: Sequence[Net], data: Curve) -> Plot:
    """The points, the least-squares line, and what each net predicts."""
    series: list[Series] = [Dots(data.x, data.y, "data"), ChartLine(data.x, data.best_line(data.x), "baseline")]
    series += [ChartLine(data.x, net.prediction, role(i), marker(i)) for i, net in enumerate(nets)]
    low, high = float(data.y.min()), float(data.y.max())
    margin = 0.05 * (high - low)
    x_limits = float(data.x.min()), float(data.x.max())
    chart = Chart(series, x_limits, (low - margin, high + margin))
    names: list[tuple[str, str]] = [(f"{marker(i)} {net.layers:,}  ", role(i)) for i, net in enumerate(nets)]
    steps = ", ".join(f"{net.taken:,}" for net in nets)
    names += [("layers  ", "strong"), ("─ floor", "baseline")]
    return Plot(names, chart, f"steps taken: {steps}" if any(n.taken for n in nets) else "")


def table(nets: Sequence[Net], data: Curve) -> Table:
    """Each net as the line that it is, how far off that is, and the loss; at last the floor."""
    rows: list[list[Words]] = [
        [
            [(f"{marker(i)} {net.layers:,}", role(i))],
            _slope_and_intercept(net.line) if net.line else "bends",
            f"{net.difference:.1e}" if net.difference is not None else "–",
            format_number(net.loss),
        ]
        for i, net in enumerate(nets)
    ]
    rows.append(
        [
            [(cell, "baseline")]
            for cell in ("floor", _slope_and_intercept(data.best_line), "", format_number(data.floor))
        ]
    )
    return Table(["layers", "a x + b", "apart", "loss"], rows)


def _slope_and_intercept(line: Line) -> str:
    return str(line).removeprefix("y = ")


def _count(net: Net) -> str:
    return f"{net.layers:,} layer{'s' * (net.layers != 1)}"


def _facts(net: Net) -> dict[str, object]:
    slope, intercept = net.line or (None, None)
    return {"layers": net.layers, "slope": slope, "intercept": intercept, "max_difference": net.difference}
