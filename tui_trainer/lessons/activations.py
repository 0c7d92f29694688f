"""Activations: what bends, where its gradient vanishes, and which one learns fastest here."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import msgspec
import numpy as np
import torch

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.charts.chart import Chart, Dots, Line
from tui_trainer.charts.styles import RUN_MARKERS, format_number, marker, role
from tui_trainer.comparison import Comparison
from tui_trainer.engine.step import TrainingStep
from tui_trainer.lessons.activation_race import UNITS, Runner, at_the_start, race, ranked
from tui_trainer.lessons.frame import Frame, Part, Plot, Table, Words
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.vanishing import AXIS, VANISHED, Shape, dead_units, gradient, vanished_share

ENOUGH = 0.01
# The same for all, so that one can compare: an S from -1 to 1 and a gradient up to 1 fill it.
HEIGHT = (-1.5, 2.5)
BAR = "━"
GRADIENT = ("data", "◇")  # a look that no activation has
FRAME_SECONDS = 0.2


class ActivationsInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    activation: Annotated[
        str, asked("a", "Activation", "Activation function whose curve and gradient are drawn.", choices=ACTIVATIONS)
    ] = "tanh"
    seconds: Annotated[
        float,
        asked("s", "Seconds", "How long each one trains; 0: no race.", ladder=(0, 0.5, 1, 2, 5, 10), ge=0, le=10),
    ] = 1.0
    lr: Annotated[
        float,
        asked(
            "l",
            "Learning rate",
            "Learning rate: how far each step goes in the race.",
            ladder=(0.01, 0.03, 0.1, 0.3, 1),
            gt=0,
            le=1e3,
        ),
    ] = 0.03


class Activations(Lesson[ActivationsInputs]):
    """Every activation of the registry, its gradient, and a race between them."""

    text = (
        "An activation is the function between two linear layers. All but identity bend; without a bend, all layers "
        "are one line.\n\n"
        f"Each gradient on its way back is multiplied by the activation's own, its slope. Where that is all but 0 "
        f"(under {VANISHED}, drawn {BAR}) the gradient vanishes: what lies before learns nothing there.\n\n"
        "A hidden unit where this happens on every sample is dead: no gradient wakes it. A large learning rate kills "
        "more.\n\n"
        "Then the same net trains with each activation for the same time. Who wins depends on the data, "
        "the learning rate and this machine."
    )
    goal = "Choose an activation, other than identity, whose gradient is all but 0 on under 1% of -10 to 10."
    schema = ActivationsInputs

    def __init__(self) -> None:
        self._raced: dict[tuple[float, float], Sequence[Runner]] = {}
        self._shown: ActivationsInputs | None = None

    def frames(self, inputs: ActivationsInputs) -> Iterator[Frame]:
        shape = Shape.of(inputs.activation)
        key = (inputs.seconds, inputs.lr)
        if inputs == self._shown:
            self._raced.pop(key, None)  # the same again is another race; another activation is not
        self._shown = inputs
        if not inputs.seconds or key not in self._raced:
            yield _frame(inputs, shape, facts=[_facts(shape)])
        if not inputs.seconds:
            return
        if key in self._raced:
            yield _frame(inputs, shape, self._raced[key], facts=[_facts(shape), *_results(self._raced[key])])
            return
        runners = at_the_start(inputs.lr)
        for _ in live(runners, inputs.seconds):
            yield _frame(inputs, shape, runners)
        self._raced[key] = runners
        yield _frame(inputs, shape, runners, facts=_results(runners))

    def training(self, inputs: ActivationsInputs) -> Comparison:
        return Comparison.preset("contrast").changed(activation=("identity", inputs.activation))


def live(runners: Sequence[Runner], seconds: float) -> Iterator[None]:
    """Race, and come up for a picture whenever a fifth of a second of training is done."""
    shown = 0.0
    for _ in race(runners, seconds):
        done = sum(runner.spent[-1] for runner in runners)
        if done - shown >= FRAME_SECONDS:
            shown = done
            yield


def judge(shape: Shape) -> tuple[bool, str]:
    """Whether the goal is met, and what to say."""
    if not shape.bends:
        return False, f"{shape.name}: its gradient vanishes nowhere, but it does not bend"
    said = f"{shape.name}: the gradient is all but 0 on {shape.vanished:.1%} of the axis"
    met = shape.vanished < ENOUGH
    return met, said if met else f"{said}; under {ENOUGH:.0%} is wanted"


def picture(shape: Shape) -> Plot:
    """The function, its gradient, and under them the places where that has all but vanished."""
    sign, colour = _look(list(ACTIVATIONS).index(shape.name))
    x = shape.x.numpy()
    flat = x[(shape.slope.abs() < VANISHED).numpy()]
    chart = Chart(
        [
            Line(x, shape.slope.numpy(), *GRADIENT),
            Line(x, shape.y.numpy(), colour, sign),
            Dots(flat, np.full(len(flat), HEIGHT[0]), "mark", BAR),
        ],
        AXIS,
        HEIGHT,
    )
    names = [
        (f"{sign} {shape.name}  ", colour),
        (f"{GRADIENT[1]} gradient  ", GRADIENT[0]),
        (f"{BAR} under {VANISHED}", "mark"),
    ]
    return Plot(names, chart, f"gradient all but 0 on {shape.vanished:.1%} of the axis")


def ranking(runners: Sequence[Runner], chosen: str) -> Table:
    """The runs of the race, the lowest loss first."""
    looks = {runner.name: _look(i) for i, runner in enumerate(runners)}
    order = ranked(runners)
    rows: list[list[Words]] = []
    for runner in order:
        sign, colour = looks[runner.name]
        steps, dead = f"{len(runner.losses):,}", f"{runner.dead} of {UNITS}"
        rows.append([[(f"{sign} {runner.name}", colour)], format_number(runner.loss), steps, dead])
    spent = min((runner.spent[-1] for runner in runners if not runner.over), default=0.0)
    marked = [runner.name for runner in order].index(chosen)
    return Table(["activation", f"loss, {spent:.1f} s", "steps", "dead"], rows, marked=marked)


def losses(runners: Sequence[Runner], seconds: float) -> Plot:
    """Each run's loss over the time that it has trained."""
    lines = [
        Line(np.array(runner.spent[1:]), np.array(runner.losses), colour, sign)
        for runner, (sign, colour) in zip(runners, map(_look, range(len(runners))), strict=True)
    ]
    seen = np.concatenate([line.y for line in lines])
    low, high = (float(seen.min()), float(np.quantile(seen, 0.98))) if len(seen) else (1.0, 10.0)
    chart = Chart(lines, (0.0, seconds), (low / 1.2, max(high, low) * 1.2), log_y=True)
    return Plot([("loss by seconds of training", "strong")], chart, spare=True)


def _look(place: int) -> tuple[str, str]:
    """An activation's sign and colour, by its place in the registry: the same in all parts, and a pair of its own."""
    return marker(place), role(place + place // len(RUN_MARKERS))


def _frame(
    inputs: ActivationsInputs,
    shape: Shape,
    runners: Sequence[Runner] = (),
    facts: Sequence[dict[str, object]] = (),
) -> Frame:
    met, said = judge(shape)
    parts: list[Part] = [picture(shape)]
    code: list[Callable[..., Any]] = [gradient, vanished_share]
    if runners:
        parts += [ranking(runners, shape.name), losses(runners, inputs.seconds)]
        code += [dead_units, TrainingStep.__call__]
    return Frame(parts, said, met, code, facts, seconds=0.05)


def _facts(shape: Shape) -> dict[str, object]:
    return {"activation": shape.name, "vanished": shape.vanished, "steepest": torch.max(shape.slope).item()}


def _results(runners: Sequence[Runner]) -> list[dict[str, object]]:
    return [
        {
            "rank": rank,
            "activation": runner.name,
            "loss": runner.loss if math.isfinite(runner.loss) else None,
            "steps": len(runner.losses),
            "seconds": runner.spent[-1],
            "units": UNITS,
            "dead": runner.dead,
        }
        for rank, runner in enumerate(ranked(runners), 1)
    ]
