"""Activations: what bends, where its gradient vanishes, and which one learns fastest here."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
import numpy as np
import torch

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.charts.chart import Chart, Dots, Line
from tui_trainer.charts.styles import HELD_OUT, RUN_MARKERS, format_number, marker, role
from tui_trainer.choices import Catalog, Choice
from tui_trainer.comparison import Comparison
from tui_trainer.lessons import activations_in_the_plane as in_the_plane
from tui_trainer.lessons.activation_race import SEEDS, UNITS, Runner, at_the_start, race, ranked
from tui_trainer.lessons.drawn import REACH, DrawnUnits, read_units
from tui_trainer.lessons.frame import Answer, Frame, Items, Part, Plot, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.plane_nets import PLANES, comparison_of
from tui_trainer.lessons.scripts import activations as plain
from tui_trainer.lessons.scripts import plane as plane_script
from tui_trainer.lessons.vanishing import AXIS, VANISHED, Shape
from tui_trainer.marks import Needs
from tui_trainer.source_code import made

# The same for all, so that one can compare: an S from -1 to 1 and a slope up to 1 fill it.
HEIGHT = (-1.5, 2.5)
BAR = "━"
SLOPE = ("data", "◇")  # a look that no activation has
INPUTS = ("held-out", HELD_OUT)
PLACES = 201  # of the units' inputs, as many are drawn, from the lowest to the highest
FRAMES = 25
UNIT_GAP = 2  # cells from one drawn unit to the next


VIEWS: Catalog = {
    "axis": Choice("tui_trainer.lessons.activations:picture"),
    "plane": Choice("tui_trainer.lessons.activations_in_the_plane:training"),
}
OF_AXIS = Needs("view", "axis", lambda view: view == "axis")
OF_PLANE = Needs("view", "plane", lambda view: view == "plane")


class ActivationsInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    activation: Annotated[str, asked("a", choices=ACTIVATIONS)] = "relu"  # of which the drawn units are
    guess: Annotated[str, asked("g", check=read_units)] = ""
    draw: Annotated[int, asked("d", ge=1, le=999)] = 1
    steps: Annotated[int, asked("s", ladder=(0, 100, 300, 1000), ge=0, le=5000, needs=OF_AXIS)] = 0
    lr: Annotated[float, asked("l", ladder=(0.01, 0.03, 0.1, 0.3, 1), gt=0, le=1e3, needs=OF_AXIS)] = 0.03
    view: Annotated[str, asked("v", choices=VIEWS)] = "axis"
    beside: Annotated[str, asked("b", choices=ACTIVATIONS, needs=OF_PLANE)] = "tanh"
    data: Annotated[str, asked("x", choices=PLANES, needs=OF_PLANE)] = "circle"


class Activations(Lesson[ActivationsInputs]):
    """Every activation of the registry, its slope where the inputs lie, and a race between them."""

    schema = ActivationsInputs

    def __init__(self) -> None:
        self._raced: dict[tuple[int, float], Sequence[Runner]] = {}
        self._shown: ActivationsInputs | None = None

    @property
    def text(self) -> str:
        return self.texts("text", inputs=HELD_OUT, bar=BAR, vanished=VANISHED, units=UNITS, seeds=SEEDS)

    @property
    def goal(self) -> str:
        return self.texts("goal", low=f"{-REACH:g}", high=f"{REACH:g}")

    def frames(self, inputs: ActivationsInputs) -> Iterator[Frame]:
        if inputs.view == "plane":
            plane, names = self.texts.part("plane"), (inputs.activation, inputs.beside)
            page = in_the_plane.training(plane, self.around.part("maps"), inputs.data, names)
            yield from in_the_plane.questioned(plane, page, inputs.draw, inputs.guess, self.seen)
            return
        units, answered = DrawnUnits.of(inputs.draw), bool(inputs.guess)
        right, said = judge(self.texts.part("said"), inputs.guess, units, units.question in self.seen)
        answer = None if right is None else Answer(right, units.question)
        shape = Shape.of(inputs.activation)
        if not inputs.steps:
            runner = _of(at_the_start(inputs.lr), shape.name)
            parts: list[Part] = [picture(self.texts, shape, runner), question(self.texts, units, answered)]
            facts = [_shape_facts(shape, runner), _drawn_facts(inputs.draw, units, answered)]
            yield Frame(parts, said, answer, facts=facts, asks=parts[1:])
            return
        for frame in self._race(inputs, shape):
            asks = [question(self.texts, units, answered)]
            yield replace(frame, said=said if answered else frame.said, answer=answer, asks=asks)

    def _race(self, inputs: ActivationsInputs, shape: Shape) -> Iterator[Frame]:
        """All activations while they train; where these have been trained, how they ended."""
        key = (inputs.steps, inputs.lr)
        if inputs == self._shown:
            self._raced.pop(key, None)  # the same again is the race again; another activation is not
        self._shown = inputs

        def frame(runners: Sequence[Runner], facts: Sequence[dict[str, object]] = ()) -> Frame:
            runner, best = _of(runners, shape.name), ranked(runners)[0]
            parts: list[Part] = [picture(self.texts, shape, runner)]
            if not runner.losses:
                return Frame(parts, facts=facts, seconds=0.5)
            parts += [losses(self.texts("losses"), runners), ranking(self.texts.part("column"), runners, shape.name)]
            said = self.texts("said.leads", name=best.name, loss=format_number(best.loss))
            return Frame(parts, said, facts=facts, seconds=0.05)

        if key in self._raced:
            runners = self._raced[key]
            yield frame(runners, [_shape_facts(shape, _of(runners, shape.name)), *_results(runners)])
            return
        runners = at_the_start(inputs.lr)
        yield frame(runners, [_shape_facts(shape, _of(runners, shape.name))])
        for step in race(runners, inputs.steps):
            if step == inputs.steps:
                self._raced[key] = runners
                yield frame(runners, _results(runners))
            elif step * FRAMES // inputs.steps > (step - 1) * FRAMES // inputs.steps:
                yield frame(runners)

    def script(self, inputs: ActivationsInputs) -> str:
        if inputs.view == "plane":
            return plane_script.script(inputs.data, in_the_plane.HIDDEN, (inputs.activation, inputs.beside))
        return plain.script(made(ACTIVATIONS[inputs.activation]), inputs.steps, inputs.lr)

    def training(self, inputs: ActivationsInputs) -> Comparison:
        if inputs.view == "plane":
            return comparison_of(inputs.data, in_the_plane.HIDDEN, (inputs.activation, inputs.beside))
        return Comparison.preset("contrast").changed(activation=("identity", inputs.activation))


def _of(runners: Sequence[Runner], name: str) -> Runner:
    return next(runner for runner in runners if runner.name == name)


def judge(said: Texts, text: str, units: DrawnUnits, seen: bool) -> tuple[bool | None, str]:
    """Whether a guess is right, None where nothing is judged; and what to say."""
    guess, dead = read_units(text), units.dead
    if seen:
        return None, said("seen")
    if not guess:
        return None, said("ask")
    if guess == dead:
        return True, said("right", units=", ".join(map(str, dead)))
    wrong = min(set(guess) ^ set(dead))
    x, highest = units.highest(wrong)
    key = "wrong_dead" if wrong in dead else "wrong_alive"
    return False, said(key, unit=wrong, highest=f"{highest:g}", x=f"{x:g}")


def question(texts: Texts, units: DrawnUnits, answered: bool) -> Items:
    """The drawn units' inputs; once there is a guess, which of them are dead."""
    numbered = list(enumerate(units.formulas, 1))
    if not answered:
        return Items([[(texts("units"), "strong")], *_listed(numbered, "")], UNIT_GAP)
    dead = [each for each in numbered if each[0] in units.dead]
    alive = [each for each in numbered if each[0] not in units.dead]
    words = [[(texts("dead"), "strong")], *_listed(dead, "bad")]
    return Items([*words, [(texts("alive"), "strong")], *_listed(alive, "good")], UNIT_GAP)


def _listed(numbered: Sequence[tuple[int, str]], role: str) -> list[list[tuple[str, str]]]:
    return [[(f"{unit}: ", "quiet"), (formula, role)] for unit, formula in numbered]


def picture(texts: Texts, shape: Shape, runner: Runner) -> Plot:
    """The function, its slope, the places where that has all but vanished, and those where units' inputs lie."""
    sign, colour = _look(list(ACTIVATIONS).index(shape.name))
    x = shape.x.numpy()
    flat = x[(shape.slope.abs() < VANISHED).numpy()]
    inputs = places(runner)
    chart = Chart(
        [
            Line(x, shape.slope.numpy(), *SLOPE),
            Line(x, shape.y.numpy(), colour, sign),
            Dots(inputs, np.interp(inputs, x, shape.y.numpy()), *INPUTS),
            Dots(flat, np.full(len(flat), HEIGHT[0]), "mark", BAR),
        ],
        AXIS,
        HEIGHT,
    )
    names = [
        (f"{sign} {shape.name}  ", colour),
        (f"{SLOPE[1]} {texts('legend.slope')}  ", SLOPE[0]),
        (f"{BAR} {texts('legend.vanished', vanished=VANISHED)}  ", "mark"),
        (f"{INPUTS[1]} {texts('legend.inputs')}", INPUTS[0]),
    ]
    return Plot(names, chart, texts("picture", share=f"{runner.vanished:.1%}"))


def places(runner: Runner) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Where the units' inputs lie, on the axis: as many as are drawn, from the lowest to the highest."""
    inputs = np.sort(runner.inputs.double().numpy(), axis=None)
    inputs = inputs[(inputs >= AXIS[0]) & (inputs <= AXIS[1])]
    return inputs[np.linspace(0, len(inputs) - 1, PLACES).astype(int)] if len(inputs) else inputs


def ranking(column: Texts, runners: Sequence[Runner], chosen: str) -> Table:
    """The activations in the race, the lowest median loss first."""
    looks = {runner.name: _look(i) for i, runner in enumerate(runners)}
    order = ranked(runners)
    rows: list[list[Words]] = []
    for runner in order:
        sign, colour = looks[runner.name]
        spread = "–".join(map(format_number, runner.spread))
        name = [(f"{sign} {runner.name}", colour)]
        rows.append([name, format_number(runner.loss), spread, f"{runner.dead}", f"{runner.saturated}"])
    marked = [runner.name for runner in order].index(chosen)
    columns = [column("steps", count=len(order[0].losses)), *map(column, ("loss", "spread", "dead", "saturated"))]
    return Table(columns, rows, marked=marked)


def losses(title: str, runners: Sequence[Runner]) -> Plot:
    """Each activation's median loss, step by step."""
    lines = [
        Line(np.arange(1.0, len(runner.losses) + 1), np.median(runner.losses, axis=1), *_look(i)[::-1])
        for i, runner in enumerate(runners)
    ]
    seen = np.concatenate([line.y for line in lines])
    seen = seen[np.isfinite(seen)]
    low, high = (float(seen.min()), float(np.quantile(seen, 0.98))) if len(seen) else (1.0, 10.0)
    end = max(len(line.x) for line in lines)
    chart = Chart(lines, (0.0, float(end)), (low / 1.2, max(high, low) * 1.2), log_y=True)
    return Plot([(title, "strong")], chart, spare=True)


def _look(place: int) -> tuple[str, str]:
    """An activation's sign and colour, by its place in the registry: the same in all parts, and a pair of its own."""
    return marker(place), role(place + place // len(RUN_MARKERS))


def _shape_facts(shape: Shape, runner: Runner) -> dict[str, object]:
    return {
        "activation": shape.name,
        "vanished": shape.vanished,
        "vanished_at_inputs": runner.vanished,
        "steepest": torch.max(shape.slope).item(),
    }


def _drawn_facts(draw: int, units: DrawnUnits, answered: bool) -> dict[str, object]:
    return {"draw": draw, "w": units.w, "b": units.b, "dead": units.dead if answered else None}


def _results(runners: Sequence[Runner]) -> list[dict[str, object]]:
    return [
        {
            "rank": rank,
            "activation": runner.name,
            **{
                name: loss if math.isfinite(loss) else None
                for name, loss in zip(("loss", "least", "most"), (runner.loss, *runner.spread), strict=True)
            },
            "steps": len(runner.losses),
            "seeds": SEEDS,
            "units": SEEDS * UNITS,
            "dead": runner.dead,
            "saturated": runner.saturated,
        }
        for rank, runner in enumerate(ranked(runners), 1)
    ]
