"""Descent: a point rolls down a curve, a step of the optimizer at a time."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Self

import msgspec
import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.charts.chart import Chart, Dots, Line, Series
from tui_trainer.charts.styles import format_number, marker, role
from tui_trainer.lessons.drawn_bowl import DrawnBowl, read_rate, tried
from tui_trainer.lessons.frame import Answer, Frame, Items, Plot, Table, Words, asking
from tui_trainer.lessons.landscapes import LANDSCAPES, contours, curve
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.scripts import descent as scripts
from tui_trainer.marks import Needs

TARGET, NEAR = 2.0, 5e-5
ARTICLE_START = -3.5
RATES = (0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9, 1.0, 1.05, 1.2)
STARTS = (-5.0, -3.5, -2.0, -1.0, 0.01, 1.0, 2.0, 3.0, 5.0, 7.0)

WITH_Y = tuple(name for name, choice in LANDSCAPES.items() if "y" in choice.options)
OF_X_AND_Y = Needs("function", ", ".join(WITH_Y), WITH_Y.__contains__)


class DescentInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    eta: Annotated[float, asked("l", synonyms=("lr", "learning-rate"), gt=0, le=1e6, ladder=RATES)] = 0.1
    start: Annotated[float, asked("s", ge=-100, le=100, ladder=STARTS)] = ARTICLE_START
    start_y: Annotated[float, asked("y", needs=OF_X_AND_Y, ge=-100, le=100, ladder=STARTS)] = 0.01
    function: Annotated[str, asked("f", choices=LANDSCAPES)] = "bowl"
    optimizer: Annotated[tuple[str, ...], asked("o", several=True, choices=OPTIMIZERS)] = ("sgd",)
    steps: Annotated[int, asked("m", ge=1, le=500)] = 60
    draw: Annotated[int, asked("d", ge=1, le=999)] = 1
    guess: Annotated[str, asked("g", check=read_rate)] = ""


@dataclass(frozen=True)
class Point:
    """Where a descent stands: the point, f there, and the gradient there."""

    at: list[float]
    f: float
    gradient: list[float]

    @classmethod
    def of(cls, at: list[Tensor], value: Tensor) -> Self:
        """Read the numbers off the tensors, after backward."""
        return cls([x.item() for x in at], value.item(), [x.grad.item() for x in at if x.grad is not None])


Landscape = Callable[..., Tensor]
Way = Iterator[Point]


def descend(f: Landscape, at: list[Tensor], optimizer: Optimizer) -> Way:
    """Roll down f: yield where it stands, then take a step, for ever."""
    while True:
        optimizer.zero_grad()
        value = f(*at)
        value.backward()
        yield Point.of(at, value)
        optimizer.step()


@dataclass
class Path:
    """The way of one optimizer so far."""

    name: str
    points: Way
    seen: list[Point] = field(default_factory=list)

    def step(self) -> None:
        """Go on, unless it has left all numbers."""
        if not self.lost:
            self.seen.append(next(self.points))

    @property
    def now(self) -> Point:
        return self.seen[-1]

    @property
    def lost(self) -> bool:
        return bool(self.seen) and not math.isfinite(self.now.f + sum(self.now.gradient))

    @property
    def jumps_grow(self) -> bool:
        """Whether each step was longer than the one before; of a single step there is nothing to say."""
        jumps = [math.dist(a.at, b.at) for a, b in pairwise(self.seen)]
        return len(jumps) > 1 and all(before < after for before, after in pairwise(jumps))

    @property
    def arrived(self) -> int | None:
        """The step from which on it has stood at the target, to four digits; None if it doesn't stand there now."""
        away = [i for i, point in enumerate(self.seen) if not abs(point.at[0] - TARGET) < NEAR]
        since = away[-1] + 1 if away else 0
        return since if since < len(self.seen) else None


class Descent(Lesson[DescentInputs]):
    """Minimise (x - 2)² from -3.5 with a learning rate of 0.1, as the article does; then break it."""

    schema = DescentInputs

    def frames(self, inputs: DescentInputs) -> Iterator[Frame]:
        drawn, said = DrawnBowl.of(inputs.draw), self.texts.part("said")
        answer, verdict = judge(said, inputs.guess, drawn, drawn.question in self.seen)
        rate = read_rate(inputs.guess)
        page = self._descent(inputs) if rate is None else iter([tried(self.texts, drawn, float(rate))])
        yield from asking(page, question(self.texts, drawn), answer, verdict)

    def _descent(self, inputs: DescentInputs) -> Iterator[Frame]:
        """Step by step down what was chosen."""
        landscape = LANDSCAPES[inputs.function]
        start = _start(inputs)
        paths = [Path(name, _rolling(landscape.load(), start, name, inputs.eta)) for name in inputs.optimizer]
        under = self.texts("picture", function=self.texts(f"choices.function.{inputs.function}"))
        for step in range(inputs.steps + 1):
            going = [path for path in paths if not path.lost]
            if not going:
                return
            for path in going:
                path.step()
            yield Frame(
                parts=[
                    picture(inputs.function, paths, under),
                    table(self.texts.part("column"), inputs.function, paths),
                ],
                said=tell(self.texts.part("said"), inputs, paths),
                facts=[_facts(step, path) for path in going if not path.lost],
                seconds=0.15,
            )

    def script(self, inputs: DescentInputs) -> str:
        start = dict(zip("xy", _start(inputs), strict=False))
        return scripts.script(LANDSCAPES[inputs.function], start, inputs.optimizer, inputs.eta, inputs.steps)


def _start(inputs: DescentInputs) -> list[float]:
    return [inputs.start, inputs.start_y][: 2 if "y" in LANDSCAPES[inputs.function].options else 1]


def _rolling(f: Landscape, start: Sequence[float], name: str, eta: float) -> Way:
    at = [torch.tensor(value, requires_grad=True) for value in start]
    return descend(f, at, OPTIMIZERS[name].make(at, lr=eta))


def tell(said: Texts, inputs: DescentInputs, paths: Sequence[Path]) -> str:
    """How it goes, in words; nothing where there is nothing to say yet."""
    step = len(paths[0].seen) - 1
    lost = [path.name for path in paths if path.lost]
    if lost:
        return said("lost", names=", ".join(lost), count=step)
    ranges = LANDSCAPES[inputs.function].options.values()
    away = [
        path
        for path in paths
        if not all(low <= place <= high for place, (low, high) in zip(path.now.at, ranges, strict=True))
    ]
    if away:
        key = "outside_farther" if all(path.jumps_grow for path in away) else "outside"
        return said(key, names=", ".join(path.name for path in away))
    ended = step == inputs.steps
    if inputs.function != "bowl":
        return ", ".join(said("at", name=path.name, f=format_number(path.now.f)) for path in paths) if ended else ""
    arrivals = [(path.arrived, path) for path in paths if path.arrived is not None]
    if not arrivals:
        flown = [path.name for path in paths if any(abs(point.at[0] - TARGET) < NEAR for point in path.seen)]
        if flown:
            return said("flown", names=", ".join(flown))
        return said("not_within", count=step) if ended else ""
    first, path = min(arrivals, key=lambda arrival: arrival[0])
    return said("stands", name=path.name, count=first)


def judge(said: Texts, text: str, drawn: DrawnBowl, seen: bool) -> tuple[Answer | None, str]:
    """The guess of a rate, judged by a run with it, and what to say; nothing without one."""
    rate = read_rate(text)
    if rate is None:
        return None, ""
    if seen:
        return None, said("seen")
    right = drawn.reached(float(rate))
    key, x = "right" if right else "wrong", format_number(drawn.places(float(rate))[0])
    words = said(key, gradient=format_number(drawn.gradient), way=drawn.way, x=x)
    return Answer(right, drawn.question), words


def question(texts: Texts, drawn: DrawnBowl) -> Items:
    """The drawn bowl, and what is asked of it."""
    items: list[Words] = [[(texts("question.drawn"), "strong")], f"f = {drawn.formula},"]
    return Items([*items, texts("question.start", start=drawn.start), *texts("question.asks").split()])


def picture(function: str, paths: Sequence[Path], under: str) -> Plot:
    """The landscape, and on it each way and where it stands."""
    options = LANDSCAPES[function].options
    roads = [np.array([p.at for p in path.seen if math.isfinite(p.f)]) for path in paths]
    series: list[Series] = []
    if "y" in options:
        series.append(Dots(*contours(function), "data"))
        y_limits = options["y"]
        heights = [road[:, 1] for road in roads]
    else:
        series.append(Line(*curve(function), "data"))
        low, high = float(curve(function)[1].min()), float(curve(function)[1].max())
        y_limits = (low - 0.05 * (high - low), high)
        heights = [np.array([p.f for p in path.seen if math.isfinite(p.f)]) for path in paths]
    ways = list(enumerate(zip(roads, heights, strict=True)))
    series += [Line(road[:, 0], height, role(i)) for i, (road, height) in ways]
    series += [Dots(road[-1:, 0], height[-1:], role(i), marker(i)) for i, (road, height) in ways]
    names = [(f"{marker(i)} {path.name}  ", role(i)) for i, path in enumerate(paths)]
    return Plot(names, Chart(series, options["x"], y_limits), under)


def table(column: Texts, function: str, paths: Sequence[Path]) -> Table:
    """One way step by step; of several, where each stands, and on the bowl when it arrived."""
    seen = paths[0].seen
    if len(paths) > 1:
        rows: list[list[Words]] = []
        for i, path in enumerate(paths):
            arrived = "–" if path.arrived is None else f"{path.arrived}"
            cells = [*_cells(path.now)[:-1], *[arrived] * (function == "bowl")]
            rows.append([[(f"{marker(i)} {path.name}", role(i))], *cells])
        columns = [*_columns(column, seen[0])[:-1], *[column("there_after")] * (function == "bowl")]
        return Table([column("after", step=max(len(path.seen) for path in paths) - 1), *columns], rows)
    rows = [[f"{step}", *_cells(point)] for step, point in enumerate(seen)]
    return Table([column("step"), *_columns(column, seen[0])], rows, marked=len(rows) - 1, grows=True)


def _columns(column: Texts, point: Point) -> list[str]:
    return [*"xy"[: len(point.at)], "f", column("gradient")]


def _cells(point: Point) -> list[Words]:
    gradient = ", ".join(format_number(g) for g in point.gradient)
    return [*(f"{x:.4f}" if abs(x) < 1e5 else f"{x:.3g}" for x in point.at), format_number(point.f), gradient]


def _facts(step: int, path: Path) -> dict[str, object]:
    now = path.now
    places = dict(zip("xy", now.at, strict=False))
    gradient = now.gradient[0] if len(now.gradient) == 1 else now.gradient
    return {"step": step, "optimizer": path.name, **places, "f": now.f, "gradient": gradient}
