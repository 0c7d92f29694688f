"""Only a line: however many linear layers, their product is one slope and one intercept."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.charts.chart import Chart, Dots, Series
from tui_trainer.charts.chart import Line as ChartLine
from tui_trainer.charts.styles import format_number, marker, role
from tui_trainer.choices import Catalog, Choice
from tui_trainer.comparison import Comparison
from tui_trainer.engine.devices import choose_threads
from tui_trainer.lessons import line_in_the_plane as in_the_plane
from tui_trainer.lessons.depths import BIAS, SHALLOW, WIDTH, Array, Net, article_points, hidden_of, rate_of, steps_of
from tui_trainer.lessons.drawn import DrawnLayers, formula, read_line
from tui_trainer.lessons.drawn_plane import read_points
from tui_trainer.lessons.frame import Answer, Frame, Items, Part, Plot, Table, Words, asking
from tui_trainer.lessons.half_bent import EDGE, Fit, article_nets, fit_of
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, Refusal, asked
from tui_trainer.lessons.plane_nets import PLANES, comparison_of
from tui_trainer.lessons.scripts import half_bent as half_bent_script
from tui_trainer.lessons.scripts import line as scripts
from tui_trainer.lessons.scripts import plane as plane_script
from tui_trainer.marks import Needs
from tui_trainer.setting_texts import MAX_LAYERS
from tui_trainer.source_code import made
from tui_trainer.tasks.curve import Curve
from tui_trainer.tasks.line import Line

UNDER = 0.95
TURNS = 25
MOST_NETS = 8
RATES, EPOCHS = (0.0001, 0.0003, 0.001, 0.003, 0.01), (100, 300, 1000, 3000, 10_000)

VIEWS: Catalog = {
    "depths": Choice("", "nets of any depth"),
    "article": Choice("tui_trainer.lessons.half_bent:article_nets", "the article's net"),
    "plane": Choice("tui_trainer.lessons.line_in_the_plane:training", "samples in the plane"),
}
OF_DEPTHS = Needs("view", "depths", lambda view: view == "depths")
OF_BENT = Needs("view", "depths, plane", lambda view: view != "article")
OF_PLANE = Needs("view", "plane", lambda view: view == "plane")
OF_ARTICLE = Needs("view", "article", lambda view: view == "article")


class LineInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    view: Annotated[str, asked("v", choices=VIEWS)] = "depths"
    layers: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=1, le=MAX_LAYERS)], ...], asked("l", several=True, needs=OF_DEPTHS)
    ] = (1, 10, 1000)
    activation: Annotated[str, asked("a", choices=ACTIVATIONS, needs=OF_BENT)] = "identity"
    data: Annotated[str, asked("x", choices=PLANES, needs=OF_PLANE)] = "circle"
    guess: Annotated[str, asked("g")] = ""
    draw: Annotated[int, asked("d", ge=1, le=999)] = 1
    steps: Annotated[int, asked("s", ge=0, le=2000, needs=OF_DEPTHS)] = 400
    rate: Annotated[float, asked("k", gt=0, le=0.1, ladder=RATES, needs=OF_ARTICLE)] = 0.001
    epochs: Annotated[int, asked("p", ge=1, le=20_000, ladder=EPOCHS, needs=OF_ARTICLE)] = 1000


class OnlyALine(Lesson[LineInputs]):
    """1 to 1,000 linear layers collapse into one line; then one activation, and the curve.

    The facts are of the freshly started nets; training comes after. The article's own net has a view of its own.
    """

    schema = LineInputs

    @property
    def text(self) -> str:
        return self.texts("text", bias=BIAS)

    def check(self, inputs: LineInputs) -> None:
        if len(inputs.layers) > MOST_NETS:
            raise Refusal("nets", nets=len(inputs.layers), most=MOST_NETS)
        read_points(inputs.guess) if inputs.view == "plane" else read_line(inputs.guess)

    def frames(self, inputs: LineInputs) -> Iterator[Frame]:
        if inputs.view == "plane":
            plane, bent = self.texts.part("plane"), bent_of(inputs.activation)
            page = in_the_plane.training(plane, self.around.part("maps"), inputs.data, bent)
            yield from in_the_plane.questioned(plane, page, inputs.draw, inputs.guess, self.seen)
            return
        drawn = DrawnLayers.of(inputs.draw)
        right, verdict = judge(self.texts.part("said"), inputs.guess, drawn, drawn.question in self.seen)
        answer = None if right is None else Answer(right, drawn.question)
        asks = question(self.texts, drawn, bool(inputs.guess))
        page = self._depths(inputs) if inputs.view == "depths" else self._half_bent(inputs)
        yield from asking(page, asks, answer, verdict)

    def _depths(self, inputs: LineInputs) -> Iterator[Frame]:
        """Nets of any depth: first each as it starts, then all while they train."""
        choose_threads(0)  # each layer by itself is small
        data, texts = article_points(), self.texts
        nets: list[Net] = []
        for layers in inputs.layers:
            nets.append(Net(layers, inputs.activation, steps_of(layers, inputs.steps), data))
            said, facts = collapse(texts, nets[-1]), [_facts(nets[-1])]
            yield Frame([picture(texts, nets, data), table(texts, nets, data)], said, facts=facts, seconds=1.0)
        for turn in range(1, TURNS + 1):
            for net in nets:
                if net.steps * turn // TURNS > net.taken:
                    net.train_until(net.steps * turn // TURNS)
                    parts: list[Part] = [picture(texts, nets, data), table(texts, nets, data)]
                    yield Frame(parts, compare(texts, nets, data), seconds=0.05)

    def _half_bent(self, inputs: LineInputs) -> Iterator[Frame]:
        """The article's net with Tanh, and the same with x scaled: untrained, and trained as the article does."""
        texts = self.texts.part("half")
        group = article_nets(inputs.rate, inputs.epochs)
        data = group.trainers[0].task
        assert isinstance(data, Curve)
        fits = [fit_of(trainer) for trainer in group.trainers]
        parts: list[Part] = [both(texts, fits, data, 0), sides(texts, fits), texts("why")]
        yield Frame(parts, texts("begin"), seconds=1.0)
        for _ in group.events():
            pass
        fits = [fit_of(trainer) for trainer in group.trainers]
        article, scaled = (format_number(fit.rise) for fit in fits)
        line = data.best_line.slope * float(data.x[-1] - data.x[data.x > EDGE][0])
        said = texts("rises", edge=f"{EDGE:g}", article=article, scaled=scaled, line=format_number(line))
        parts = [both(texts, fits, data, inputs.epochs), sides(texts, fits), texts("why")]
        yield Frame(parts, said, facts=[fit.facts for fit in fits])

    def script(self, inputs: LineInputs) -> str:
        if inputs.view == "article":
            return half_bent_script.script(inputs.rate, inputs.epochs)
        if inputs.view == "plane":
            return plane_script.script(inputs.data, in_the_plane.HIDDEN, ["identity", bent_of(inputs.activation)])
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
        if inputs.view == "article":
            return Comparison.preset("article").changed(activation="tanh", lr=inputs.rate, epochs=inputs.epochs)
        if inputs.view == "plane":
            return comparison_of(inputs.data, in_the_plane.HIDDEN, ["identity", bent_of(inputs.activation)])
        shallow = [layers for layers in inputs.layers if 1 < layers <= SHALLOW]
        if not shallow:
            return None
        bent = bent_of(inputs.activation)
        return Comparison.preset("contrast").changed(hidden=hidden_of(max(shallow)), activation=["identity", bent])


def bent_of(activation: str) -> str:
    """The activation of the net that bends."""
    return "tanh" if activation == "identity" else activation


def collapse(texts: Texts, net: Net) -> str:
    """The product of the weights beside the prediction, at the last point."""
    layers = texts("layers", count=net.layers)
    if net.line is None:
        return texts("said.no_line", layers=layers, activation=net.activation)
    x = net.data.x[-1:]
    product, predicted = float(net.line(x)[0]), float(net.prediction[-1])
    return texts("said.product", layers=layers, x=f"{x[0]:g}", product=f"{product:.6g}", net=f"{predicted:.6g}")


def judge(said: Texts, text: str, drawn: DrawnLayers, seen: bool) -> tuple[bool | None, str]:
    """Whether a guess is right, None where nothing is judged; and what to say, nothing without a guess."""
    guess, (slope, intercept) = read_line(text), drawn.line
    if guess is None:
        return None, ""
    if seen:
        return None, said("seen")
    if guess == (slope, intercept):
        return True, said("right", line=formula(slope, intercept))
    key = "wrong_slope" if guess[0] != slope else "wrong_intercept"
    return False, said(key, line=formula(slope, intercept))


def question(texts: Texts, drawn: DrawnLayers, answered: bool) -> Items:
    """The drawn layers; once there is a guess, the line that they are."""
    first, second = drawn.formulas
    line = texts("line", line=formula(*drawn.line)) if answered else texts("unknown_line")
    return Items([f"{first},", f"{second}:", [(line, "strong")]])


def compare(texts: Texts, nets: Sequence[Net], data: Curve) -> str:
    """How the nets' losses stand to the least-squares line's."""
    best, said = min(nets, key=lambda net: net.loss), texts.part("said")
    floor = format_number(data.floor)
    if best.loss < UNDER * data.floor:
        layers = texts("layers", count=best.layers)
        return said("under", layers=layers, activation=best.activation, loss=format_number(best.loss), floor=floor)
    if any(net.taken < net.steps for net in nets):
        return said("training", floor=floor)
    if best.activation == "identity":
        return said("each_a_line", floor=floor)
    if all(net.layers == 1 for net in nets):
        return said("one_layer")
    return said("not_yet", share=UNDER, floor=floor, shallow=SHALLOW)


def picture(texts: Texts, nets: Sequence[Net], data: Curve) -> Plot:
    """The points, the least-squares line, and what each net predicts."""
    names: list[tuple[str, str]] = [(f"{marker(i)} {net.layers:,}  ", role(i)) for i, net in enumerate(nets)]
    names += [(texts("picture.layers") + "  ", "strong"), (texts("picture.floor"), "baseline")]
    taken = texts("picture.steps", steps=", ".join(f"{net.taken:,}" for net in nets))
    chart = _curves(data, [net.prediction for net in nets])
    return Plot(names, chart, taken if any(net.taken for net in nets) else "")


def both(texts: Texts, fits: Sequence[Fit], data: Curve, epochs: int) -> Plot:
    """The points, the least-squares line, and what the article's net predicts with x as it is and scaled."""
    names = [(f"{marker(i)} {texts(fit.name)}  ", role(i)) for i, fit in enumerate(fits)]
    return Plot(names, _curves(data, [fit.prediction for fit in fits]), texts("epochs", count=epochs))


def sides(texts: Texts, fits: Sequence[Fit]) -> Table:
    """Each net's loss up to the edge and beyond, and how many of the units' inputs lie where tanh is flat."""
    rows: list[list[Words]] = [
        [[(f"{marker(i)} {texts(fit.name)}", role(i))], *map(format_number, fit.losses), f"{fit.flat:.0%}"]
        for i, fit in enumerate(fits)
    ]
    columns = [texts(f"column.{name}", edge=f"{EDGE:g}") for name in ("net", "below", "beyond", "flat")]
    return Table(columns, rows)


def _curves(data: Curve, predictions: Sequence[Array]) -> Chart:
    series: list[Series] = [Dots(data.x, data.y, "data"), ChartLine(data.x, data.best_line(data.x), "baseline")]
    series += [ChartLine(data.x, predicted, role(i), marker(i)) for i, predicted in enumerate(predictions)]
    low, high = float(data.y.min()), float(data.y.max())
    margin = 0.05 * (high - low)
    return Chart(series, (float(data.x.min()), float(data.x.max())), (low - margin, high + margin))


def table(texts: Texts, nets: Sequence[Net], data: Curve) -> Table:
    """Each net as the line that it is, how far off that is, and the loss; at last the floor."""
    rows: list[list[Words]] = [
        [
            [(f"{marker(i)} {net.layers:,}", role(i))],
            _slope_and_intercept(net.line) if net.line else texts("bends"),
            f"{net.difference:.1e}" if net.difference is not None else "–",
            format_number(net.loss),
        ]
        for i, net in enumerate(nets)
    ]
    floor = (texts("floor"), _slope_and_intercept(data.best_line), "", format_number(data.floor))
    rows.append([[(cell, "baseline")] for cell in floor])
    return Table([texts(f"column.{name}") for name in ("layers", "line", "apart", "loss")], rows)


def _slope_and_intercept(line: Line) -> str:
    return str(line).removeprefix("y = ")


def _facts(net: Net) -> dict[str, object]:
    slope, intercept = net.line or (None, None)
    return {"layers": net.layers, "slope": slope, "intercept": intercept, "max_difference": net.difference}
