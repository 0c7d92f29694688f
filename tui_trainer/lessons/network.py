"""A network from the inside: each hidden unit's own curve, and how they add up to the prediction."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.charts.chart import Chart, Dots, Line, Series
from tui_trainer.charts.styles import format_number, marker, role
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.step import TrainingStep
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import InputError, hidden_widths
from tui_trainer.lessons.frame import Frame, Plot, Table, Words
from tui_trainer.lessons.hidden_units import MAX_UNITS, OpenedNet, can_be_opened, prediction, take_apart, unit_parts
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.runs.group import RunGroup
from tui_trainer.settings import quoted

Array = NDArray[np.float64]

STEPS, STEPS_PER_FRAME = 4_000, 200
SHOWN_UNITS = 8
FINE = 241
NONE = "none"


def units_off(text: str) -> tuple[int, ...]:
    """Read units such as `3` or `3,5`, counted from 1; `none` is no unit. Raises InputError."""
    if text == NONE:
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 4 and int(part) for part in parts):
        raise InputError(f"off: {quoted(text)} names no units; write none, 3 or 3,5")
    return tuple(sorted({int(part) for part in parts}))


class InsideInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    off: Annotated[
        str,
        asked(
            "o",
            "Off",
            "The hidden units that are switched off: none, 3, or several such as 3,5.",
            check=units_off,
            ladder=(NONE, *(str(unit) for unit in range(1, MAX_UNITS + 1))),
        ),
    ] = NONE
    activation: Annotated[
        str, asked("a", "Activation", "Activation function of the lesson's own net.", choices=ACTIVATIONS)
    ] = "tanh"
    hidden: Annotated[int, asked("h", "Hidden", "Hidden units of the lesson's own net.", ge=2, le=MAX_UNITS)] = 6
    run: Annotated[
        bool, asked("u", "Run", "Look into the training screen's run, where it has a single hidden layer.")
    ] = True


@dataclass
class Opened:
    """A net under the learner's eyes: where it is from, and the loss without each unit switched off so far."""

    name: str
    net: OpenedNet
    tried: dict[int, float] = field(default_factory=dict)


class Inside(Lesson[InsideInputs]):
    """The parts of a net's prediction, and the prediction without some of them."""

    text = (
        "A net with one hidden layer is a sum of curves, one for each hidden unit:\n\n"
        "  y = c + Σ v · f(w·x + b)\n\n"
        "The weight w says how steep a unit's curve is, w and b where it bends (tanh at x = −b/w), the weight v how "
        "high it is and which way up. f is the activation, c a constant.\n\n"
        "Switch a unit off and its curve is missing from the sum: the prediction loses a bend. Nobody told a unit "
        "where to bend; training did.\n\n"
        "The units are those of the training screen's run, if it has a single hidden layer, or of a small net that "
        "trains here."
    )
    goal = "Find the one unit whose absence hurts the fit most, and switch it off."
    schema = InsideInputs

    def __init__(self) -> None:
        self._own: dict[tuple[str, int], Opened] = {}
        self._run: tuple[Trainer, Opened] | None = None

    def check(self, inputs: InsideInputs) -> None:
        trainer = self._trainer(inputs)
        has = hidden_widths(trainer.experiment.hidden)[0] if trainer else inputs.hidden
        wrong = [unit for unit in units_off(inputs.off) if unit > has]
        if wrong:
            raise InputError(f"off: there is no unit {wrong[0]}; the net has units 1 to {has}")

    def frames(self, inputs: InsideInputs) -> Iterator[Frame]:
        self.check(inputs)
        off = units_off(inputs.off)
        key = (inputs.activation, inputs.hidden)
        trainer = self._trainer(inputs)
        if trainer:
            yield _frame(self._look_into(trainer), off)
            return
        if key not in self._own:
            for opened in _trained(inputs):
                yield _forming(opened, off)
            self._own[key] = opened
        yield _frame(self._own[key], off)

    def training(self, inputs: InsideInputs) -> Comparison:
        return _comparison(inputs)

    def _trainer(self, inputs: InsideInputs) -> Trainer | None:
        """The run of the training screen to look into."""
        return next(filter(can_be_opened, self.trainers), None) if inputs.run else None

    def _look_into(self, trainer: Trainer) -> Opened:
        """Open a run; one that has not moved on since is opened already."""
        if not self._run or self._run[0] is not trainer or self._run[1].net.steps != trainer.steps:
            self._run = trainer, Opened(f"run {trainer.name}", OpenedNet.of(trainer))
        return self._run[1]


def _comparison(inputs: InsideInputs) -> Comparison:
    """The lesson's own net: all samples in each step, so that an epoch is a step."""
    net = {"activation": inputs.activation, "hidden": inputs.hidden, "optimizer": "adam", "lr": 0.03}
    rest = {"seed": 2, "dtype": "float64", "device": "cpu", "execution": "eager"}
    return Comparison.of(**net, **rest, scale="standard", batch_size=10**9, epochs=STEPS)


def _trained(inputs: InsideInputs) -> Iterator[Opened]:
    """The lesson's own net while it trains, from the start to the end."""
    group = RunGroup.of(_comparison(inputs))
    (trainer,) = group.trainers
    yield Opened("the lesson's net", OpenedNet.of(trainer))
    for event in group.events():
        if isinstance(event, EpochsFinished) and event.epoch % STEPS_PER_FRAME == 0:
            yield Opened("the lesson's net", OpenedNet.of(trainer))


def judge(opened: Opened, off: Collection[int]) -> tuple[bool, str]:
    """Whether the goal is met, and what to say."""
    net = opened.net
    whole = format_number(net.loss())
    if not off:
        return False, f"loss {whole} with every unit on; switch one off"
    named = ", ".join(map(str, off))
    if len(off) > 1:
        return False, f"loss {format_number(net.loss(off))} without units {named}; one alone is wanted"
    met = net.most_missed in off
    said = f"loss {format_number(net.loss(off))} without unit {named}, {whole} with it"
    return met, f"{said}: no other hurts more" if met else f"{said}; another hurts more"


def picture(opened: Opened, off: Collection[int]) -> Plot:
    """The points, the prediction, and each unit's part of it; those that are off stand out."""
    net = opened.net
    at = torch.linspace(float(net.x.min()), float(net.x.max()), FINE, dtype=torch.float64)
    x, parts = at.numpy(), unit_parts(net.net, at).numpy()
    series: list[Series] = [Dots(net.x.numpy(), net.y.numpy(), "data")]
    series += [Line(x, parts[:, place], "ghost", still=True) for place in net.on(off)]
    series += [Line(x, parts[:, unit - 1], *_look(unit, off)) for unit in off]
    series.append(Line(x, prediction(net.net, at, net.on(off)).numpy(), role(0), marker(0)))
    names: list[tuple[str, str]] = [(f"{marker(0)} prediction  ", role(0))]
    for unit in off:
        colour, sign = _look(unit, off)
        names.append((f"{sign} {unit} off  ", colour))
    names.append(("its parts", "ghost"))
    chart = Chart(series, _limits(x), _height(net, parts))
    return Plot(names, chart, f"{opened.name}, step {net.steps:,}; c = {net.net.c.item():.3g}")


def table(opened: Opened, off: Collection[int]) -> Table:
    """The units' weights, and the loss without those that were switched off alone so far."""
    net = opened.net.net
    units = range(1, opened.net.units + 1)
    start = min(max(0, min(off, default=1) - SHOWN_UNITS // 2), max(0, len(units) - SHOWN_UNITS))
    shown = units[start : start + SHOWN_UNITS]
    rows: list[list[Words]] = []
    for unit in shown:
        colour, sign = _look(unit, off) if unit in off else ("", "")
        weights = [f"{weight[unit - 1].item():.3g}" for weight in (net.w, net.b, net.v)]
        rows.append(
            [[(f"{unit} {sign}", colour)], *weights, format_number(opened.tried[unit]) if unit in opened.tried else ""]
        )
    title = f"units {shown[0]} to {shown[-1]} of {len(units)}" if len(shown) < len(units) else ""
    return Table(["unit", "w", "b", "v", "loss if off"], rows, title)


def _look(unit: int, off: Collection[int]) -> tuple[str, str]:
    """The colour and sign of a unit that is off; the prediction has the first."""
    place = list(off).index(unit) + 1
    return role(place), marker(place)


def _limits(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high else (low - 1, high + 1)


def _height(net: OpenedNet, parts: Array) -> tuple[float, float]:
    """Room for the points and the parts, though not for parts that go far beyond the points."""
    low, high = _limits(net.y.numpy())
    reach = high - low
    return max(min(low, float(parts.min())), low - reach), min(max(high, float(parts.max())), high + reach)


def _forming(opened: Opened, off: Collection[int]) -> Frame:
    """A net that still trains."""
    said = f"step {opened.net.steps:,} of {STEPS:,}: loss {format_number(opened.net.loss())}"
    facts = [{"step": opened.net.steps, "loss": opened.net.loss()}]
    code: list[Callable[..., Any]] = [TrainingStep.__call__, take_apart, unit_parts, prediction]
    return Frame([picture(opened, off), table(opened, off)], said, code=code, facts=facts, seconds=0.05)


def _frame(opened: Opened, off: Collection[int]) -> Frame:
    """A net that is looked into."""
    if len(off) == 1:
        opened.tried |= {unit: opened.net.loss(off) for unit in off}
    met, said = judge(opened, off)
    code: list[Callable[..., Any]] = [unit_parts, prediction, take_apart]
    return Frame([picture(opened, off), table(opened, off)], said, met, code, _facts(opened, off))


def _facts(opened: Opened, off: Collection[int]) -> list[dict[str, object]]:
    net = opened.net.net
    numbers = zip(net.w.tolist(), net.b.tolist(), net.v.tolist(), strict=True)
    units: list[dict[str, object]] = [
        {"unit": unit, "w": w, "b": b, "v": v, "on": unit not in off} for unit, (w, b, v) in enumerate(numbers, 1)
    ]
    whole = {"net": opened.name, "steps": opened.net.steps, "c": net.c.item(), "off": list(off)}
    return [*units, {**whole, "loss": opened.net.loss(off), "loss_with_all": opened.net.loss()}]
