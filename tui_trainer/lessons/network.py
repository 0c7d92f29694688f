"""A network from the inside: each hidden unit's own curve, and how they add up to the prediction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import msgspec

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.charts.chart import Mark
from tui_trainer.charts.styles import format_number
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import InputError, hidden_widths
from tui_trainer.lessons.frame import Frame
from tui_trainer.lessons.hidden_units import (
    MAX_UNITS,
    OpenedNet,
    can_be_opened,
)
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.opened import Opened, picture, table
from tui_trainer.lessons.scripts import network as plain
from tui_trainer.runs.group import RunGroup
from tui_trainer.settings import quoted
from tui_trainer.source_code import made

STEPS, STEPS_PER_FRAME = 4_000, 200
SEED, LR = 2, 0.03  # of the lesson's own net
NONE = "none"


def units_off(text: str) -> tuple[int, ...]:
    """Read units such as `3` or `3,5`, counted from 1; `none` is no unit. Raises InputError."""
    return tuple(sorted(set(_units("off", text)))) if text != NONE else ()


def units_guessed(text: str) -> tuple[int, ...]:
    """Read units such as `3,5,3` in the order in which they are asked for; empty is none. Raises InputError."""
    return _units("guess", text) if text else ()


def _units(name: str, text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 4 and int(part) for part in parts):
        form = {"off": "none, 3 or 3,5", "guess": "as 3,5,1"}[name]
        raise InputError(f"{name}: {quoted(text)} names no units; write {form}")
    return tuple(map(int, parts))


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
    guess: Annotated[
        str,
        asked("g", "Guess", "Which unit makes each bend that is asked about: 3,5,1; or empty.", check=units_guessed),
    ] = ""
    seed: Annotated[int, asked("e", "Seed", "Seed of the places that are asked about.", ge=0, le=10**9)] = 0
    activation: Annotated[
        str, asked("a", "Activation", "Activation function of the lesson's own net.", choices=ACTIVATIONS)
    ] = "tanh"
    hidden: Annotated[int, asked("h", "Hidden", "Hidden units of the lesson's own net.", ge=2, le=MAX_UNITS)] = 6
    run: Annotated[
        bool, asked("u", "Run", "Look into the training screen's run, where it has a single hidden layer.")
    ] = True


class Inside(Lesson[InsideInputs]):
    """The parts of a net's prediction, and the prediction without some of them."""

    text = (
        "A net with one hidden layer is a sum of curves, one for each hidden unit:\n\n"
        "  y = c + Σ v · f(w·x + b)\n\n"
        "w says how steep a unit's curve is, v how high and which way up; f is the activation. A curve bends where f "
        "does, the more the steeper and higher it is. tanh bends most at w·x + b = ±0.66; at 0 it is steepest, and "
        "straight. relu bends at 0.\n\n"
        "Switch a unit off and its mean is left: the prediction loses its bends and keeps its level. Refit: v and c of "
        "the others are fitted anew. Nobody told a unit where to bend; training did.\n\n"
        "The units are those of the training screen's run, if it has one hidden layer, else of a small net that trains "
        "here."
    )
    goal = "Before you switch a unit off, say for each of three places which unit makes the prediction's bend there."
    schema = InsideInputs
    replays = False  # or other places would be given away to the guess of those before

    def __init__(self) -> None:
        self._own: dict[tuple[str, int], Opened] = {}
        self._run: tuple[Trainer, Opened] | None = None

    def check(self, inputs: InsideInputs) -> None:
        trainer = self._trainer(inputs)
        has = hidden_widths(trainer.experiment.hidden)[0] if trainer else inputs.hidden
        for name, units in (("off", units_off(inputs.off)), ("guess", units_guessed(inputs.guess))):
            if wrong := [unit for unit in units if unit > has]:
                raise InputError(f"{name}: there is no unit {wrong[0]}; the net has units 1 to {has}")

    def frames(self, inputs: InsideInputs) -> Iterator[Frame]:
        self.check(inputs)
        key = (inputs.activation, inputs.hidden)
        trainer = self._trainer(inputs)
        if trainer:
            yield from _looked_into(self._look_into(trainer), inputs)
            return
        if key not in self._own:
            for opened in _trained(inputs):
                yield _forming(opened, units_off(inputs.off))
            self._own[key] = opened
        yield from _looked_into(self._own[key], inputs)

    def script(self, inputs: InsideInputs) -> str:
        trainer = self._trainer(inputs)
        off = [unit for unit in units_off(inputs.off) if unit <= inputs.hidden]  # of a run's units there may be more
        activation = made(ACTIVATIONS[inputs.activation])
        return plain.script(activation, inputs.hidden, off, SEED, LR, STEPS, trainer.name if trainer else "")

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
    net = {"activation": inputs.activation, "hidden": inputs.hidden, "optimizer": "adam", "lr": LR}
    rest = {"seed": SEED, "dtype": "float64", "device": "cpu", "execution": "eager"}
    return Comparison.of(**net, **rest, scale="standard", batch_size=10**9, epochs=STEPS)


def _trained(inputs: InsideInputs) -> Iterator[Opened]:
    """The lesson's own net while it trains, from the start to the end."""
    group = RunGroup.of(_comparison(inputs))
    (trainer,) = group.trainers
    yield Opened("the lesson's net", OpenedNet.of(trainer))
    for event in group.events():
        if isinstance(event, EpochsFinished) and event.epoch % STEPS_PER_FRAME == 0:
            yield Opened("the lesson's net", OpenedNet.of(trainer))


def judge(opened: Opened, asked: Mapping[float, int], guess: Sequence[int]) -> tuple[bool, str]:
    """Whether the goal is met, and what to say, with every unit on. asked: the places, and the unit of each."""
    if not asked:
        return False, "too few units have a bend of their own to ask about: a or h makes another net"
    places = _listed(asked)
    if frozenset(asked) in opened.seen:
        return False, f"you have seen x = {places}: with every unit on, e asks about others"
    if not guess:
        return False, f"which unit makes the bend at x = {places}? g takes your guess"
    if len(guess) != len(asked):
        return False, f"name {len(asked)} units, as 3,5,1: those that make the bends at x = {places}"
    for (place, unit), said in zip(asked.items(), guess, strict=True):
        if said != unit:
            return False, f"you said {said} at x = {place:.12g}, it is unit {unit}; e asks about other places"
    return True, f"units {_listed(guess)} make the bends at x = {places}, as you said"


def loss_without(opened: Opened, off: Collection[int]) -> str:
    """What to say of units that are off."""
    net = opened.net
    losses = f"loss {format_number(net.loss(off))}, refit {format_number(net.refitted_loss(off))}"
    named = f"unit{'s' * (len(off) > 1)} {_listed(off)}"
    return f"without {named}, {losses}; with every unit on {format_number(net.loss())}"


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:.12g}" for number in numbers)


def _forming(opened: Opened, off: Collection[int]) -> Frame:
    """A net that still trains."""
    said = f"step {opened.net.steps:,} of {STEPS:,}: loss {format_number(opened.net.loss())}"
    facts = [{"step": opened.net.steps, "loss": opened.net.loss()}]
    return Frame([picture(opened, off), table(opened, off)], said, facts=facts, seconds=0.05)


def _looked_into(opened: Opened, inputs: InsideInputs) -> Iterator[Frame]:
    """A net's parts; and, a step later, whether the guess is right, so that an old one can be mended first."""
    net, off, guess = opened.net, units_off(inputs.off), units_guessed(inputs.guess)
    asked = net.ask(inputs.seed)
    places = frozenset(asked)
    seen = places in opened.seen
    if len(off) == 1:
        opened.tried[off[0]] = net.loss(off), net.refitted_loss(off)
    met, said = (False, loss_without(opened, off)) if off else judge(opened, asked, guess)
    answered = bool(asked) and not off and len(guess) == len(asked)
    if answered and not seen:
        stated = f"you say {_listed(guess)} for x = {_listed(asked)}; n shows whether it is so"
        yield _frame(opened, off, asked, stated, revealed=False)
    revealed = seen or answered or bool(off)
    facts = _facts(opened, off, asked, revealed)
    yield replace(_frame(opened, off, asked, said, revealed), met=met, facts=facts)
    if revealed:  # only now: a player makes a frame ahead of the moment in which it shows it
        opened.seen.add(places)


def _frame(opened: Opened, off: Collection[int], asked: Mapping[float, int], said: str, revealed: bool) -> Frame:
    """A net that is looked into, with the places that are asked about; revealed: and the units that bend there."""
    marks = [Mark(place, str(unit) if revealed else "?") for place, unit in asked.items()]
    return Frame([picture(opened, off, marks), table(opened, off)], said)


def _facts(opened: Opened, off: Collection[int], asked: Mapping[float, int], revealed: bool) -> list[dict[str, object]]:
    net = opened.net.net
    numbers = zip(net.w.tolist(), net.b.tolist(), net.v.tolist(), strict=True)
    units: list[dict[str, object]] = [
        {"unit": unit, "w": w, "b": b, "v": v, "on": unit not in off} for unit, (w, b, v) in enumerate(numbers, 1)
    ]
    places: list[dict[str, object]] = [
        {"x": place, "bent_by": unit if revealed else None} for place, unit in asked.items()
    ]
    whole = {"net": opened.name, "steps": opened.net.steps, "c": net.c.item(), "off": list(off)}
    losses = {
        "loss": opened.net.loss(off),
        "loss_refitted": opened.net.refitted_loss(off) if off else None,
        "loss_with_all": opened.net.loss(),
    }
    return [*units, *places, {**whole, **losses}]
