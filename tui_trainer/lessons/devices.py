"""Devices: where a tensor lives, and what happens when two don't live together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import msgspec
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from tui_trainer.catalog import Catalog, Choice
from tui_trainer.experiment import InputError
from tui_trainer.lessons.drawn import Guesses
from tui_trainer.lessons.frame import Frame, Table, Words
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.machine import place_table, places, second_device
from tui_trainer.lessons.scripts import devices as scripts
from tui_trainer.settings import quoted

HOMES: Catalog = {
    "cpu": Choice("torch:device", "where every tensor is made", {"type": "cpu"}),
    "device": Choice("tui_trainer.lessons.machine:second_device", "moved with .to(): the GPU, or meta without one"),
}
Lines = Iterator[Tensor | None]
STEPS = ("forward", "loss", "backward")
DRAWN, NOWHERE = 4, "none"
ENDS = ("forward", "loss", NOWHERE)  # where a model can fail: backward goes where forward came from


def read_ends(text: str) -> tuple[str, ...]:
    """Read where each drawn model fails, such as `forward, none, loss, none` or `f,n,l,n`; empty for no guess.

    Raises InputError.
    """
    parts = [part.strip() for part in text.split(",")] if text else []
    ends = tuple(end for part in parts for end in ENDS if part and end.startswith(part))
    if len(ends) != len(parts) or len(parts) not in (0, DRAWN):
        raise InputError(f"guess: {quoted(text)} won't do; write forward, loss or none for each of {DRAWN}: f,n,l,n")
    return ends


class DevicesInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    x: Annotated[str, asked("x", "Input", "Where x, the model's input, is.", choices=HOMES)] = "cpu"
    y: Annotated[str, asked("y", "Label", "Where y, the label, is.", choices=HOMES)] = "cpu"
    weights: Annotated[str, asked("m", "Weights", "Where the model's weights are.", choices=HOMES)] = "device"
    guess: Annotated[
        str,
        asked("g", "Guess", "Where each drawn model fails: forward, loss, none; f,n,l,n is short.", check=read_ends),
    ] = ""
    draw: Annotated[int, asked("d", "Draw", "Which models are drawn.", ge=1, le=999)] = 1


def move(a: Tensor, device: torch.device) -> Tensor:
    """A copy on another device; the tensor itself stays where it is."""
    return a.to(device)


def add(a: Tensor, b: Tensor) -> Tensor:
    """Both must live on one device."""
    return a + b


def one_step(model: nn.Linear, x: Tensor, y: Tensor) -> Lines:
    """Forward, loss, backward: each wants all it takes on one device."""
    prediction = model(x)
    yield prediction
    loss = mse_loss(prediction, y)
    yield loss
    loss.backward()
    yield model.weight.grad


def small_model(home: torch.device) -> nn.Linear:
    """The line y = x as a layer, on a device; made without random numbers."""
    model: nn.Linear = nn.utils.skip_init(nn.Linear, 1, 1)
    nn.init.ones_(model.weight)
    nn.init.zeros_(model.bias)
    return model.to(home)


@dataclass(frozen=True)
class Line:
    """A line that ran: what it made, or PyTorch's error."""

    name: str
    made: Tensor | None
    error: str = ""

    @classmethod
    def of(cls, name: str, ran: Callable[[], Tensor | None]) -> Self:
        """Run it."""
        try:
            return cls(name, ran())
        except RuntimeError as error:
            return cls(name, None, f"RuntimeError: {error}")

    @property
    def row(self) -> list[Words]:
        if self.made is None:
            return [self.name, [(self.error, "bad")]]
        where = f"on {self.made.device}"
        if self.made.is_meta:
            return [self.name, f"{where}: shape {list(self.made.shape)}, no numbers"]
        return [self.name, f"{where}: {', '.join(f'{value:.4g}' for value in self.made.flatten().tolist())}"]

    @property
    def facts(self) -> dict[str, object]:
        if self.made is None:
            return {"line": self.name, "error": self.error}
        values = None if self.made.is_meta else self.made.tolist()
        return {"line": self.name, "on": str(self.made.device), "shape": list(self.made.shape), "values": values}


def data() -> tuple[Tensor, Tensor]:
    """x and y of the small model, on the CPU."""
    x = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    return x, 2 * x + 1


@dataclass(frozen=True)
class DrawnModel:
    """Where x, y and the weights of a model are: whether each is on the second device."""

    x: bool
    y: bool
    weights: bool

    @property
    def signs(self) -> str:
        return "".join("●" if there else "○" for there in (self.x, self.y, self.weights))

    def end(self, second: torch.device) -> str:
        """Where it fails, asked of PyTorch."""
        home = {False: torch.device("cpu"), True: second}
        x, y = data()
        ran = one_step(small_model(home[self.weights]), move(x, home[self.x]), move(y, home[self.y]))
        return next((step for step in STEPS if Line.of(step, lambda: next(ran)).error), NOWHERE)


def draw_models(draw: int) -> list[DrawnModel]:
    """The models of a draw, all different: with each end among them."""
    random = np.random.default_rng(draw)
    every = [DrawnModel(x, y, weights) for x in (False, True) for y in (False, True) for weights in (False, True)]
    while True:
        models = [every[i] for i in random.choice(len(every), DRAWN, replace=False)]
        if {model.end(torch.device("meta")) for model in models} == set(ENDS):
            return models


class Devices(Lesson[DevicesInputs]):
    """What the machine has, the mistake everyone makes, and a small model to repair."""

    text = (
        "A tensor lives on a device: in the CPU's memory, or in a GPU's. Unless told otherwise it is made on "
        "the CPU; .to() copies it elsewhere. auto takes a GPU where one works.\n\n"
        "The tensors that meet in an operation must live on one device. To forget one .to() is the mistake everyone "
        "makes.\n\n"
        "A model is here one layer, y = weight · x + bias. Forward predicts y from x; the loss says how far off "
        "that is; backward finds how to change each weight.\n\n"
        "Without a GPU the device meta stands in. It knows shapes and has no numbers, but its errors are real."
    )
    goal = (
        f"Before it is shown, say where each of {DRAWN} drawn models fails: forward, loss or none. "
        "○ is on the CPU, ● elsewhere."
    )
    schema = DevicesInputs

    def __init__(self) -> None:
        self._guesses = Guesses()

    def frames(self, inputs: DevicesInputs) -> Iterator[Frame]:
        second, machine = second_device(), places()
        a = torch.ones(3)
        b = move(a, second)
        lines = [Line("a", a), Line("b = a.to()", b), Line.of("a + b", lambda: add(a, b))]

        model = small_model(HOMES[inputs.weights].make())
        x, y = data()
        x, y = move(x, HOMES[inputs.x].make()), move(y, HOMES[inputs.y].make())
        homes = {"x": x.device, "y": y.device, "weight": model.weight.device, "bias": model.bias.device}
        models = draw_models(inputs.draw)
        ends = [model.end(second) for model in models]
        guess = self._guesses.current(inputs.guess, inputs.draw)
        met, verdict = judge(guess, ends, self._guesses.shown(inputs.draw))
        if guess and not met:
            self._guesses.show(inputs.draw)
        top = [place_table(machine), home_table(homes, second)]
        asks = question(models, ends if guess else ())

        facts: list[dict[str, object]] = [place.facts for place in machine]
        facts += [{"tensor": name, "on": str(home)} for name, home in homes.items()]
        facts += [line.facts for line in lines]
        said = verdict or f"what is on {a.device} can't be added to what is on {b.device}; the model's turn is next"
        yield Frame([*top, line_table(lines[1:], asks)], said, met, facts=facts, seconds=1.5)

        ran = one_step(model, x, y)
        for step in STEPS:
            lines.append(Line.of(step, lambda: next(ran)))
            said = verdict or tell(lines[-1], homes, second)
            yield Frame([*top, line_table(lines[1:], asks)], said, met, facts=[lines[-1].facts], seconds=0.8)
            if lines[-1].error:
                return

    def script(self, inputs: DevicesInputs) -> str:
        x, y, weights = (str(HOMES[home].make()) for home in (inputs.x, inputs.y, inputs.weights))
        return scripts.script(str(second_device()), x, y, weights)


def judge(text: str, ends: Sequence[str], seen: bool) -> tuple[bool, str]:
    """Whether the goal is met, and what to say; nothing without a guess."""
    guess = read_ends(text)
    if not guess:
        return False, ""
    if seen:
        return False, "you have seen these: d draws others"
    wrong = [place for place, (mine, end) in enumerate(zip(guess, ends, strict=True), 1) if mine != end]
    if not wrong:
        return True, f"so it is: {', '.join(ends)}"
    end = ends[wrong[0] - 1]
    return False, f"model {wrong[0]} {'runs' if end == NOWHERE else f'fails at {end}'}; d draws others"


def question(models: Sequence[DrawnModel], ends: Sequence[str]) -> Words:
    """The drawn models; once there is a guess, where each fails."""
    words = [("drawn x, y, weights:", "quiet")]
    for place, model in enumerate(models):
        end = f" {ends[place]}" if ends else ""
        words += [(f" {place + 1} ", "quiet"), (model.signs, "strong"), (end, "good" if end[1:] == NOWHERE else "bad")]
    return words


def tell(line: Line, homes: Mapping[str, torch.device], second: torch.device) -> str:
    """What came of a line, the last that ran."""
    taken = [name for name in homes if (line.name, name) != ("forward", "y")]  # forward has no use for the label
    left = [name for name in taken if homes[name] != second]
    if line.error and left:
        here = [name for name in taken if name not in left]
        return f"{line.name} failed: {_named(left)} on the CPU, {_named(here)} on {second}"
    if line.error:
        return f"{line.name} failed"
    if line.name != STEPS[-1]:
        return ""
    return f"forward, loss and backward ran on {'the CPU' if left else second}"


def _named(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "nothing"


def home_table(homes: Mapping[str, torch.device], second: torch.device) -> Table:
    """What lives where; a full sign for what is on the second device."""
    cells: list[Words] = [
        [(f"{home} ●", "good") if home == second else (f"{home} ○", "strong")] for home in homes.values()
    ]
    return Table(["", *homes], [["on", *cells]])


def line_table(lines: Sequence[Line], title: Words) -> Table:
    """Each line that ran, and what PyTorch made of it, under the drawn models."""
    return Table(["line", "what came of it"], [line.row for line in lines], title)
