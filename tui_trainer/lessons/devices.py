"""Devices: where a tensor lives, and what happens when two don't live together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import msgspec
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from tui_trainer.choices import Catalog, Choice
from tui_trainer.lessons.frame import Answer, Frame, Part, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.lesson import Lesson, Refusal, asked
from tui_trainer.lessons.machine import place_table, places, second_device
from tui_trainer.lessons.placed import DRAWN, ENDS, NOWHERE, PLACES, PlacedModel, draw_models, meaning
from tui_trainer.lessons.scripts import devices as scripts
from tui_trainer.marks import Needs
from tui_trainer.wording import quoted

HOMES: Catalog = {
    "cpu": Choice("torch:device", options={"type": "cpu"}),
    "device": Choice("tui_trainer.lessons.machine:second_device"),
}
VIEWS: Catalog = {
    "move": Choice("tui_trainer.lessons.devices:show_moves"),
    "machine": Choice("tui_trainer.lessons.devices:show_machine"),
    "model": Choice("tui_trainer.lessons.devices:show_model"),
    "question": Choice("tui_trainer.lessons.devices:show_question"),
}
STEPS = ("forward", "loss", "backward")
BEST = 'device = "cuda" if torch.cuda.is_available() else "cpu"'
# What CUDA says where meta says that a tensor isn't on the expected device: aten/src/ATen/TensorIterator.cpp
ON_CUDA = "RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"


def read_ends(text: str) -> tuple[str, ...]:
    """Read where each drawn model fails, such as `first, none, loss, none` or `f,n,l,n`; empty for no guess.

    Raises Refusal.
    """
    parts = text.replace(",", " ").split()
    ends = tuple(end for part in parts for end in ENDS if end.startswith(part))
    if len(ends) != len(parts) or len(parts) not in (0, DRAWN):
        raise Refusal("ends", value=quoted(text), models=DRAWN)
    return ends


OF_MODEL = Needs("view", "model", lambda view: view == "model")
OF_QUESTION = Needs("view", "question", lambda view: view == "question")


class DevicesInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    view: Annotated[str, asked("v", choices=VIEWS)] = "move"
    x: Annotated[str, asked("x", choices=HOMES, needs=OF_MODEL)] = "cpu"
    y: Annotated[str, asked("y", choices=HOMES, needs=OF_MODEL)] = "cpu"
    weights: Annotated[str, asked("m", choices=HOMES, needs=OF_MODEL)] = "device"
    draw: Annotated[int, asked("d", needs=OF_QUESTION, ge=1, le=999)] = 1
    guess: Annotated[str, asked("g", needs=OF_QUESTION, check=read_ends)] = ""


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

    def row(self, cell: Texts) -> list[Words]:
        if self.made is None:
            return [self.name, [(self.error, "bad")]]
        device = str(self.made.device)
        if self.made.is_meta:
            return [self.name, cell("no_numbers", device=device, shape=list(self.made.shape))]
        numbers = ", ".join(f"{value:.4g}" for value in self.made.flatten().tolist())
        return [self.name, cell("numbers", device=device, numbers=numbers)]

    @property
    def facts(self) -> dict[str, object]:
        if self.made is None:
            return {"line": self.name, "error": self.error}
        values = None if self.made.is_meta else self.made.tolist()
        return {"line": self.name, "on": str(self.made.device), "shape": list(self.made.shape), "values": values}


class Devices(Lesson[DevicesInputs]):
    """What the machine has, the mistake everyone makes, and a small model to repair."""

    schema = DevicesInputs

    @property
    def goal(self) -> str:
        return self.texts("goal", models=DRAWN)

    def frames(self, inputs: DevicesInputs) -> Iterator[Frame]:
        second = second_device()
        models = draw_models(inputs.draw)
        ends = [model.end(second) for model in models]
        guess, seen = read_ends(inputs.guess), meaning(models) in self.seen
        if inputs.view == "question":
            answer = Answer(guess == tuple(ends), meaning(models)) if guess and not seen else None
            verdict = judge(self.texts.part("said"), guess, ends, seen)
            yield show_question(self.texts, second, models, ends if guess or seen else (), verdict, answer)
            return
        yield from VIEWS[inputs.view].load()(self.texts, second, inputs)

    def script(self, inputs: DevicesInputs) -> str:
        x, y, weights = (str(HOMES[home].make()) for home in (inputs.x, inputs.y, inputs.weights))
        return scripts.script(inputs.view, str(second_device()), x, y, weights)


def judge(said: Texts, guess: Sequence[str], ends: Sequence[str], seen: bool) -> str:
    """What to say of a guess, and what is asked without one."""
    if seen:
        return said("seen")
    wrong = [place for place, (mine, end) in enumerate(zip(guess, ends, strict=False), 1) if mine != end]
    if not guess:
        return said("ask")
    if not wrong:
        return said("right", ends=", ".join(ends))
    end = ends[wrong[0] - 1]
    return said("wrong_runs" if end == NOWHERE else "wrong_fails", model=wrong[0], end=end)


def show_machine(texts: Texts, second: torch.device, inputs: DevicesInputs) -> Iterator[Frame]:
    """What this machine has, and the article's line that takes the best of it."""
    here = places()
    there = torch.cuda.is_available()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows: list[list[Words]] = [["torch.cuda.is_available()", str(there)], [BEST, [(f'"{device}"', "good")]]]
    facts: list[dict[str, object]] = [place.facts for place in here]
    facts += [{"line": "available", "gives": there}, {"line": "device", "gives": device}]
    table = Table([texts("column.line"), texts("column.gives")], rows)
    yield Frame([place_table(texts, here), table], texts("said.best", device=device), facts=facts)


def show_moves(texts: Texts, second: torch.device, inputs: DevicesInputs) -> Iterator[Frame]:
    """What .to() moves: no tensor, a module's weights; and what comes of two that don't live together."""
    cell, to = texts.part("cell"), f'.to("{second}")'
    rows: list[list[Words]] = []

    def shown(*below: Part) -> list[Part]:
        return [Table([texts("column.line"), texts("column.came")], list(rows)), *below]

    a = torch.ones(3)
    rows.append(Line("a = torch.ones(3)", a).row(cell))
    yield Frame(shown(), facts=[Line("a", a).facts], seconds=0.8)
    a.to(second)
    rows.append([f"a{to}", cell("stays", device=a.device)])
    yield Frame(shown(), texts("said.stays"), facts=[Line("a", a).facts], seconds=1.5)
    b = a.to(second)
    rows.append(Line(f"b = a{to}", b).row(cell))
    yield Frame(shown(), facts=[Line("b", b).facts], seconds=0.8)
    layer = small_layer()
    layer.to(second)
    rows.append([f"layer{to}", cell("moved", device=layer.weight.device)])
    yield Frame(shown(), texts("said.moves"), facts=[Line("layer.weight", layer.weight.detach()).facts], seconds=1.5)
    line = Line.of("a + b", lambda: a + b)
    error = [[("a + b  ", "strong"), (line.error, "bad")]]
    if second.type != "cuda":
        error.append([(texts("on_cuda") + "  ", "strong"), (ON_CUDA, "bad")])
    apart = texts("said.apart", device=a.device, other=b.device)
    yield Frame(shown(*error), apart, facts=[line.facts], seconds=1.5)


def show_model(texts: Texts, second: torch.device, inputs: DevicesInputs) -> Iterator[Frame]:
    """A small model, up to the line that fails."""
    model = small_layer().to(HOMES[inputs.weights].make())
    x, y = data()
    x, y = x.to(HOMES[inputs.x].make()), y.to(HOMES[inputs.y].make())
    homes = {"x": x.device, "y": y.device, "weight": model.weight.device, "bias": model.bias.device}
    facts: list[dict[str, object]] = [{"tensor": name, "on": str(home)} for name, home in homes.items()]
    lines: list[Line] = []
    ran = one_step(model, x, y)
    for step in STEPS:
        lines.append(Line.of(step, lambda: next(ran)))
        rows = [line.row(texts.part("cell")) for line in lines]
        table = Table([texts("column.line"), texts("column.came")], rows)
        said = tell(texts.part("said"), lines[-1], homes, second)
        yield Frame([home_table(texts, homes, second), table], said, facts=[*facts, lines[-1].facts], seconds=0.8)
        facts = []
        if lines[-1].error:
            return


def show_question(
    texts: Texts,
    second: torch.device,
    models: Sequence[PlacedModel],
    ends: Sequence[str],
    said: str,
    answer: Answer | None,
) -> Frame:
    """The drawn models; where each fails, once its end is given."""
    rows: list[list[Words]] = []
    for place, model in enumerate(models):
        end = ends[place] if ends else "?"
        look = "quiet" if not ends else "good" if end == NOWHERE else "bad"
        rows.append([f"{place + 1}", *model.signs, [(end, look)]])
    columns = [texts("column.model"), *PLACES, texts("column.fails")]
    facts = [{"model": place, **model.facts(second)} for place, model in enumerate(models, 1)]
    parts: list[Part] = [Table(columns, rows), texts("legend", second=second)]
    return Frame(parts, said, answer, facts=facts, asks=parts)


def one_step(model: nn.Linear, x: Tensor, y: Tensor) -> Iterator[Tensor | None]:
    """Forward, loss, backward: each wants all it takes on one device."""
    prediction = model(x)
    yield prediction
    loss = mse_loss(prediction, y)
    yield loss
    loss.backward()
    yield model.weight.grad


def small_layer() -> nn.Linear:
    """The line y = x as a layer; made without random numbers."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, 1, 1)
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def data() -> tuple[Tensor, Tensor]:
    """x and y of the small model, on the CPU."""
    x = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    return x, 2 * x + 1


def tell(said: Texts, line: Line, homes: Mapping[str, torch.device], second: torch.device) -> str:
    """What came of a line, the last that ran."""
    taken = [name for name in homes if (line.name, name) != ("forward", "y")]  # forward has no use for the label
    left = [name for name in taken if homes[name] != second]
    if line.error:
        moved = [name for name in taken if name not in left]
        return said("failed", line=line.name, left=", ".join(left), moved=", ".join(moved), second=second)
    if line.name != STEPS[-1]:
        return ""
    return said("ran_on_cpu" if left else "ran_on_meta" if second.type == "meta" else "ran_on_second", second=second)


def home_table(texts: Texts, homes: Mapping[str, torch.device], second: torch.device) -> Table:
    """What lives where; a full sign for what is on the second device."""
    cells: list[Words] = [
        [(f"{home} ●", "good") if home == second else (f"{home} ○", "strong")] for home in homes.values()
    ]
    return Table(["", *homes], [[texts("cell.on"), *cells]])
