"""Devices: where a tensor lives, and what happens when two don't live together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import msgspec
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from tui_trainer.catalog import Catalog, Choice
from tui_trainer.lessons.frame import Frame, Table, Words
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.machine import place_table, places, second_device

HOMES: Catalog = {
    "cpu": Choice("torch:device", "where every tensor is made", {"type": "cpu"}),
    "device": Choice("tui_trainer.lessons.machine:second_device", "moved with .to(): the GPU, or meta without one"),
}
Lines = Iterator[Tensor | None]
STEPS = ("forward", "loss", "backward")


class DevicesInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    x: Annotated[str, asked("x", "Input", "Where x, the model's input, is.", choices=HOMES)] = "cpu"
    y: Annotated[str, asked("y", "Label", "Where y, the label, is.", choices=HOMES)] = "cpu"
    weights: Annotated[str, asked("m", "Weights", "Where the model's weights are.", choices=HOMES)] = "device"


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
    goal = "Repair the model: bring input x, label y and weights to the second device, one .to() at a time."
    schema = DevicesInputs

    def frames(self, inputs: DevicesInputs) -> Iterator[Frame]:
        second, machine = second_device(), places()
        a = torch.ones(3)
        b = move(a, second)
        lines = [Line("a", a), Line("b = a.to()", b), Line.of("a + b", lambda: add(a, b))]

        model = small_model(HOMES[inputs.weights].make())
        x = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
        x, y = move(x, HOMES[inputs.x].make()), move(2 * x + 1, HOMES[inputs.y].make())
        homes = {"x": x.device, "y": y.device, "weight": model.weight.device, "bias": model.bias.device}
        top = [place_table(machine), home_table(homes, second)]

        facts: list[dict[str, object]] = [place.facts for place in machine]
        facts += [{"tensor": name, "on": str(home)} for name, home in homes.items()]
        facts += [line.facts for line in lines]
        said = f"what is on {a.device} can't be added to what is on {b.device}; the model's turn is next"
        yield Frame([*top, line_table(lines)], said, code=[move, add], facts=facts, seconds=1.5)

        ran = one_step(model, x, y)
        for step in STEPS:
            lines.append(Line.of(step, lambda: next(ran)))
            met, said = judge(lines[-1], homes, second)
            yield Frame([*top, line_table(lines)], said, met, [move, one_step], [lines[-1].facts], seconds=0.8)
            if lines[-1].error:
                return


def judge(line: Line, homes: Mapping[str, torch.device], second: torch.device) -> tuple[bool, str]:
    """Whether the goal is met with this line, the last that ran, and what to say."""
    taken = [name for name in homes if (line.name, name) != ("forward", "y")]  # forward has no use for the label
    left = [name for name in taken if homes[name] != second]
    if line.error and left:
        here = [name for name in taken if name not in left]
        return False, f"{line.name} failed: {_named(left)} on the CPU, {_named(here)} on {second}"
    if line.error:
        return False, f"{line.name} failed"
    if line.name != STEPS[-1]:
        return False, ""
    if left:
        return False, f"it ran, but on the CPU alone; the goal is {second}"
    return True, f"forward, loss and backward ran on {second}"


def _named(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "nothing"


def home_table(homes: Mapping[str, torch.device], second: torch.device) -> Table:
    """What lives where; a full sign for what is on the second device."""
    cells: list[Words] = [
        [(f"{home} ●", "good") if home == second else (f"{home} ○", "strong")] for home in homes.values()
    ]
    return Table(["", *homes], [["on", *cells]])


def line_table(lines: Sequence[Line]) -> Table:
    """Each line that ran, and what PyTorch made of it."""
    return Table(["line", "what came of it"], [line.row for line in lines])
