"""A network from the inside: each hidden unit's own curve, and how they add up to the prediction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated

import msgspec

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.charts.chart import Mark
from tui_trainer.charts.styles import format_number
from tui_trainer.choices import Catalog, Choice
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.trainer import Trainer
from tui_trainer.lessons import network_in_the_plane as in_the_plane
from tui_trainer.lessons.frame import Answer, Frame
from tui_trainer.lessons.hidden_tiles import OpenedPlane
from tui_trainer.lessons.hidden_units import MAX_UNITS, OpenedNet, can_be_opened
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, Refusal, asked
from tui_trainer.lessons.opened import picture, table
from tui_trainer.lessons.plane_nets import PLANES, PlaneNet, comparison_of, trained
from tui_trainer.lessons.plane_nets import STEPS as PLANE_STEPS
from tui_trainer.lessons.scripts import network as plain
from tui_trainer.lessons.scripts import network_plane as plane_script
from tui_trainer.marks import Needs
from tui_trainer.runs.group import RunGroup
from tui_trainer.setting_texts import hidden_widths
from tui_trainer.source_code import made
from tui_trainer.wording import quoted

STEPS, STEPS_PER_FRAME = 4_000, 200
SEED, LR = 2, 0.03  # of the lesson's own net
NONE = "none"


def units_off(text: str) -> tuple[int, ...]:
    """Read units such as `3` or `3,5`, counted from 1; `none` is no unit. Raises Refusal."""
    return tuple(sorted(set(_units("off", text)))) if text != NONE else ()


def units_guessed(text: str) -> tuple[int, ...]:
    """Read units such as `3,5,3` in the order in which they are asked for; empty is none. Raises Refusal."""
    return _units("guess", text) if text else ()


def _units(name: str, text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 4 and int(part) for part in parts):
        raise Refusal(name, text=quoted(text))
    return tuple(map(int, parts))


VIEWS: Catalog = {
    "curve": Choice("tui_trainer.lessons.opened:picture"),
    "plane": Choice("tui_trainer.lessons.network_in_the_plane:Page"),
}
OF_CURVE = Needs("view", "curve", lambda view: view == "curve")
OF_PLANE = Needs("view", "plane", lambda view: view == "plane")


class InsideInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    off: Annotated[
        str, asked("o", check=units_off, ladder=(NONE, *(str(unit) for unit in range(1, MAX_UNITS + 1))))
    ] = NONE
    guess: Annotated[str, asked("g", check=units_guessed)] = ""
    draw: Annotated[int, asked("d", ge=1, le=999)] = 1
    activation: Annotated[str, asked("a", choices=ACTIVATIONS)] = "tanh"
    hidden: Annotated[int, asked("u", ge=2, le=MAX_UNITS)] = 6
    run: Annotated[bool, asked("l", needs=OF_CURVE)] = True
    view: Annotated[str, asked("v", choices=VIEWS)] = "curve"
    data: Annotated[str, asked("x", choices=PLANES, needs=OF_PLANE)] = "circle"


class Inside(Lesson[InsideInputs]):
    """The parts of a net's prediction, and the prediction without some of them."""

    schema = InsideInputs

    def __init__(self) -> None:
        self._own: dict[tuple[str, int], OpenedNet] = {}
        self._in_the_plane: dict[tuple[str, str, int], PlaneNet] = {}
        self._run: tuple[Trainer, OpenedNet] | None = None

    def check(self, inputs: InsideInputs) -> None:
        trainer = self._trainer(inputs)
        has = hidden_widths(trainer.experiment.hidden)[0] if trainer else inputs.hidden
        for name, units in (("off", units_off(inputs.off)), ("guess", units_guessed(inputs.guess))):
            if wrong := [unit for unit in units if unit > has]:
                raise Refusal("no_unit", name=name, unit=wrong[0], has=has)

    def frames(self, inputs: InsideInputs) -> Iterator[Frame]:
        trainer = self._trainer(inputs)
        try:
            self.check(inputs)  # the run may be another by now
        except Refusal as refusal:
            raise self.worded(refusal) from None
        if inputs.view == "plane":
            yield from self._plane(inputs)
            return
        key = (inputs.activation, inputs.hidden)
        if trainer:
            yield self._looked_into(self._look_into(trainer), trainer.name, inputs)
            return
        if key not in self._own:
            for net in _trained(inputs):
                yield self._forming(net.renumbered(inputs.draw), inputs)
            self._own[key] = net
        yield self._looked_into(self._own[key], "", inputs)

    def _plane(self, inputs: InsideInputs) -> Iterator[Frame]:
        """The net in the plane, which is trained once."""
        key = (inputs.data, inputs.activation, inputs.hidden)
        net = self._in_the_plane.get(key) or in_the_plane.net_of(*key)
        texts, off = (self.texts.part("plane"), self.around.part("maps")), units_off(inputs.off)

        def page() -> in_the_plane.Page:
            """The net as it is by now."""
            return in_the_plane.Page(*texts, OpenedPlane.of(net, inputs.draw), inputs.draw, off)

        if key not in self._in_the_plane:
            for step in trained([net]):
                if step < PLANE_STEPS:
                    yield page().forming(step)
            self._in_the_plane[key] = net
        yield page().looked_into(units_guessed(inputs.guess), self.seen)

    def script(self, inputs: InsideInputs) -> str:
        if inputs.view == "plane":
            off = units_off(inputs.off)
            return plane_script.script(inputs.data, inputs.hidden, inputs.activation, inputs.draw, off)
        trainer = self._trainer(inputs)
        known = [unit for unit in units_off(inputs.off) if unit <= inputs.hidden]  # of a run's units there may be more
        activation = made(ACTIVATIONS[inputs.activation])
        run = trainer.name if trainer else ""
        return plain.script(activation, inputs.hidden, inputs.draw, known, SEED, LR, STEPS, run)

    def training(self, inputs: InsideInputs) -> Comparison:
        if inputs.view == "plane":
            return comparison_of(inputs.data, f"{inputs.hidden}", [inputs.activation])
        return _comparison(inputs)

    def _trainer(self, inputs: InsideInputs) -> Trainer | None:
        """The run of the training screen to look into."""
        looks = inputs.run and inputs.view == "curve"
        return next(filter(can_be_opened, self.trainers), None) if looks else None

    def _look_into(self, trainer: Trainer) -> OpenedNet:
        """Open a run; one that has not moved on since is opened already."""
        if not self._run or self._run[0] is not trainer or self._run[1].steps != trainer.steps:
            self._run = trainer, OpenedNet.of(trainer)
        return self._run[1]

    def _forming(self, net: OpenedNet, inputs: InsideInputs) -> Frame:
        """A net that still trains."""
        off, loss = units_off(inputs.off), net.loss()
        key = "forming" if net.steps else "untrained"
        said = self.texts(f"said.{key}", step=f"{net.steps:,}", all=f"{STEPS:,}", loss=format_number(loss))
        drawn = picture(self.texts.part("picture"), net, self._named("", net), off)
        units = table(self.texts.part("table"), net, off, losses=False)
        return Frame([drawn, units], said, facts=[{"step": net.steps, "loss": loss}], seconds=0.05)

    def _looked_into(self, net: OpenedNet, run: str, inputs: InsideInputs) -> Frame:
        """A net's parts under the numbers of this draw, and what came of the guess. run: whose net it is, if one's."""
        net, off, guess = net.renumbered(inputs.draw), units_off(inputs.off), units_guessed(inputs.guess)
        asked = net.ask(inputs.draw)
        question = question_of(net, run, inputs, asked)
        seen = question in self.seen
        answered = bool(asked) and not off and not seen and len(guess) == len(asked)
        shown = bool(asked) and (seen or answered or bool(off))
        said = self.texts.part("said")
        marks = [Mark(place, str(unit) if shown else "?") for place, unit in asked.items()]
        drawn = picture(self.texts.part("picture"), net, self._named(run, net), off, marks)
        units = table(self.texts.part("table"), net, off)
        return Frame(
            [drawn, units],
            loss_without(said, net, off) if off else judge(said, asked, guess, seen),
            answer=Answer(guess == tuple(asked.values()), question) if answered else None,
            reveals=[question] if shown else [],
            facts=_facts(net, run, off, asked, shown),
            asks=[said("asked", places=_listed(asked)), units] if asked else [],
        )

    def _named(self, run: str, net: OpenedNet) -> str:
        """Whose net it is, and after how many steps."""
        c, step = f"{net.net.c.item():.3g}", f"{net.steps:,}"
        return self.texts("picture.of_run" if run else "picture.own", run=run, step=step, c=c)


def question_of(net: OpenedNet, run: str, inputs: InsideInputs, asked: Mapping[float, int]) -> str:
    """What is asked by its meaning: of which net, and where, whichever the units' numbers are."""
    c = f"{net.net.c.item():.6g}"
    name = f"run {run}, step {net.steps}, c {c}" if run else f"{inputs.activation}, {inputs.hidden} units"
    return f"{name}: {_listed(sorted(asked))}"


def _comparison(inputs: InsideInputs) -> Comparison:
    """The lesson's own net: all samples in each step, so that an epoch is a step."""
    net = {"activation": inputs.activation, "hidden": inputs.hidden, "optimizer": "adam", "lr": LR}
    rest = {"seed": SEED, "dtype": "float64", "device": "cpu", "execution": "eager"}
    return Comparison.of(**net, **rest, scale="standard", batch_size=10**9, epochs=STEPS)


def _trained(inputs: InsideInputs) -> Iterator[OpenedNet]:
    """The lesson's own net while it trains, from the start to the end."""
    group = RunGroup.of(_comparison(inputs))
    (trainer,) = group.trainers
    yield OpenedNet.of(trainer)
    for event in group.events():
        if isinstance(event, EpochsFinished) and event.epoch % STEPS_PER_FRAME == 0:
            yield OpenedNet.of(trainer)


def judge(said: Texts, asked: Mapping[float, int], guess: Sequence[int], seen: bool) -> str:
    """What to say with every unit on. asked: the places, and the unit of each; seen: whether these were shown."""
    if not asked:
        return said("too_few")
    places = _listed(asked)
    if seen:
        return said("seen", places=places)
    if not guess:
        return said("asked", places=places)
    if len(guess) != len(asked):
        return said("another_number", asked=len(asked), places=places)
    for (place, unit), guessed in zip(asked.items(), guess, strict=True):
        if guessed != unit:
            return said("wrong", guessed=guessed, place=_listed([place]), unit=unit)
    return said("right", units=_listed(guess))


def loss_without(said: Texts, net: OpenedNet, off: Collection[int]) -> str:
    """What to say of units that are off."""
    losses = {"loss": net.loss(off), "refit": net.refitted_loss(off), "all": net.loss()}
    return said("without", count=len(off), units=_listed(off), **{name: format_number(x) for name, x in losses.items()})


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:.12g}" for number in numbers)


def _facts(
    opened: OpenedNet, run: str, off: Collection[int], asked: Mapping[float, int], shown: bool
) -> list[dict[str, object]]:
    net = opened.net
    numbers = zip(net.w.tolist(), net.b.tolist(), net.v.tolist(), strict=True)
    units: list[dict[str, object]] = [
        {"unit": unit, "w": w, "b": b, "v": v, "on": unit not in off} for unit, (w, b, v) in enumerate(numbers, 1)
    ]
    places: list[dict[str, object]] = [
        {"x": place, "bent_by": unit if shown else None} for place, unit in asked.items()
    ]
    whole = {"run": run or None, "steps": opened.steps, "c": net.c.item(), "off": list(off)}
    losses = {
        "loss": opened.loss(off),
        "loss_refitted": opened.refitted_loss(off) if off else None,
        "loss_with_all": opened.loss(),
    }
    return [*units, *places, {**whole, **losses}]
