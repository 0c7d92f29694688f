"""The pages on models: two ways to write one, what is in it, its loss by hand, and what only a class can do."""

import inspect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median

import torch
from torch import Tensor, nn

from tui_trainer.charts.styles import format_number
from tui_trainer.lessons.frame import Frame, Table, Words
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.nets import Net, Skip, in_a_row, started
from tui_trainer.lessons.shapes import written

MOST_ROWS = 5  # of a batch
RISE = 3  # rows from one layer to the next in the picture


@dataclass(frozen=True)
class Given:
    """What the learner gave: units in the hidden layer, samples in a batch, targets, and what is predicted for all."""

    hidden: int
    batch: int
    targets: tuple[float, ...]
    prediction: float

    @property
    def x(self) -> Tensor:
        """A batch of inputs, from -1 to 1."""
        return torch.linspace(-1, 1, self.batch).unsqueeze(1)


def show_class(texts: Texts, given: Given) -> Iterator[Frame]:
    """The code of the class; then the row of layers, which does the same."""
    row = f"nn.Sequential(nn.Linear(1, {given.hidden}), nn.Linear({given.hidden}, 1))"
    yield Frame([_code(Net)], texts("said.class"), facts=[{"code": inspect.getsource(Net)}], seconds=2)
    x = torch.ones(1, 1)
    with torch.inference_mode():
        one, other = (net(x).item() for net in (started(Net, given.hidden), in_a_row(given.hidden)))
    said = texts("said.sequential", x=f"{x.item():g}", one=f"{one:.4f}", other=f"{other:.4f}")
    facts = [{"code": row}, {"x": x.item(), "net": one, "sequential": other}]
    yield Frame([_code(Net), row], said, facts=facts, seconds=2)


def _code(kind: type) -> Table:
    """The source that runs here."""
    first, *others = filter(str.strip, inspect.getsource(kind).splitlines())
    return Table([first], [[line] for line in others])


def show_printed(texts: Texts, given: Given) -> Iterator[Frame]:
    """What print makes of the class."""
    printed = str(started(Net, given.hidden))
    table = Table(["print(net)"], [[line] for line in printed.splitlines()])
    yield Frame([table], texts("said.printed"), facts=[{"printed": printed}])


def show_named(texts: Texts, given: Given) -> Iterator[Frame]:
    """The parameters of both by their names, drawn from one seed."""
    net, row = started(Net, given.hidden), in_a_row(given.hidden)
    rows: list[list[Words]] = []
    pairs = zip(net.named_parameters(), row.named_parameters(), strict=True)
    for (name, ours), (other, theirs) in pairs:
        equal, first = torch.equal(ours, theirs), f"{ours.flatten()[0].item():.4f} …"
        rows.append([name, other, str(tuple(ours.shape)), first, _equal(equal)])
        fact = {"net": name, "sequential": other, "shape": list(ours.shape), "equal": equal}
        table = Table(["Net", "Sequential", texts("column.shape"), texts("column.first"), ""], list(rows))
        yield Frame([table], texts("said.named"), facts=[fact], seconds=1)


def show_outputs(texts: Texts, given: Given) -> Iterator[Frame]:
    """What both make of the same inputs."""
    net, row, x = started(Net, given.hidden), in_a_row(given.hidden), given.x
    with torch.inference_mode():
        outputs = list(zip(x.flatten().tolist(), net(x).flatten().tolist(), row(x).flatten().tolist(), strict=True))
    rows = [[f"{at:.4g}", f"{one:.4f}", f"{other:.4f}", _equal(one == other)] for at, one, other in outputs]
    table = Table(["x", "Net", "Sequential", ""], rows[:MOST_ROWS])
    facts = [{"x": at, "net": one, "sequential": other} for at, one, other in outputs]
    yield Frame([table], texts("said.outputs"), facts=facts)


def _equal(equal: bool) -> Words:
    return [("=", "good") if equal else ("≠", "bad")]


def show_picture(texts: Texts, given: Given) -> Iterator[Frame]:
    """The net as the article draws it: from x at the bottom to y at the top."""
    net, rows = started(Net, given.hidden), drawing(given.hidden)
    beside = [""] * len(rows)
    for layer, place in ((net.outer, 1), (net.inner, RISE + 1)):
        beside[place] = _name(layer)
        beside[place + 1] = texts("weights", count=layer.weight.numel())
        beside[place - 1] = texts("biases", count=layer.bias.numel())
    connections = {"inner": net.inner.weight.numel(), "outer": net.outer.weight.numel()}
    table = Table([texts("column.picture"), ""], [list(row) for row in zip(rows, beside, strict=True)])
    parameters = sum(parameter.numel() for parameter in net.parameters())
    yield Frame([table], texts("said.picture", parameters=parameters), facts=[connections])


def _name(layer: nn.Linear) -> str:
    return f"Linear({layer.in_features}, {layer.out_features})"


def drawing(hidden: int) -> list[str]:
    """Three layers above each other, each unit a circle, and a line for each weight."""
    width, middle = 2 * hidden - 1, hidden - 1

    def fan(share: float) -> str:
        """The lines from the one unit down to all, where they are this share of the way."""
        line = [" "] * width
        for unit in range(0, width, 2):
            away = max(1, math.floor(abs(unit - middle) * share + 0.5))  # the same to both sides
            if unit == middle:
                line[middle] = "│"
            elif unit < middle:
                line[middle - away] = "╱"
            else:
                line[middle + away] = "╲"
        return "".join(line)

    down = [fan(step / RISE) for step in range(1, RISE)]
    up = [line.translate(str.maketrans("╱╲", "╲╱")) for line in reversed(down)]
    one, many = f"{' ' * middle}○", " ".join("○" * hidden)
    return [f"y {one}", *(f"  {line}" for line in down), f"h {many}", *(f"  {line}" for line in up), f"x {one}"]


def show_shapes(texts: Texts, given: Given) -> Iterator[Frame]:
    """A batch on its way through the layers, and how many parameters each has."""
    net, h = started(Net, given.hidden), given.x
    column = texts.part("column")
    columns = [column("layer"), column("output"), column("weight"), column("bias"), column("parameters")]
    rows: list[list[Words]] = [["x", written(h.shape), "", "", ""]]
    yield Frame([Table(columns, rows[:])], texts("said.batch", count=given.batch), seconds=1)
    total = 0
    for layer in (net.inner, net.outer):
        h = layer(h)
        shapes = [written(shape) for shape in (h.shape, layer.weight.shape, layer.bias.shape)]
        count = sum(parameter.numel() for parameter in layer.parameters())
        total += count
        name = _name(layer)
        rows.append([name, *shapes, f"{count}"])
        fact = {"layer": name, "output": list(h.shape), "weight": list(layer.weight.shape), "parameters": count}
        yield Frame([Table(columns, rows[:], marked=len(rows) - 1)], texts("said.layer"), facts=[fact], seconds=1)
    rows.append(["Net", "", "", "", [(f"{total}", "strong")]])
    yield Frame([Table(columns, rows)], texts("said.total"), facts=[{"parameters": total}], seconds=1)


def show_loss(texts: Texts, given: Given) -> Iterator[Frame]:
    """Each target's error, its square and its size; then the means by hand, and PyTorch's losses."""
    y = torch.tensor(given.targets)
    predicted = torch.full_like(y, given.prediction)
    errors = predicted - y
    columns = [texts("column.target"), texts("column.prediction"), texts("column.error"), "error²", "|error|"]
    numbers = zip(y.tolist(), predicted.tolist(), errors.tolist(), strict=True)
    rows: list[list[Words]] = [
        [*map(format_number, (target, at, error, error**2, abs(error)))] for target, at, error in numbers
    ]
    by_hand = (errors**2).mean().item(), errors.abs().mean().item()
    rows.append([texts("row.mean"), "", "", *([(format_number(each), "strong")] for each in by_hand)])
    fact: dict[str, object] = {"by_hand": list(by_hand)}
    yield Frame([Table(columns, rows[:])], texts("said.by_hand"), facts=[fact], seconds=2)
    theirs = nn.MSELoss()(predicted, y).item(), nn.L1Loss()(predicted, y).item()
    rows.append(["PyTorch", "", "", *([(format_number(each), "good")] for each in theirs)])
    most = max(errors.abs().tolist())
    squared, size = (max_share(errors**2), max_share(errors.abs()))
    said = texts("said.shares", error=format_number(most), squared=f"{squared:.0%}", size=f"{size:.0%}")
    yield Frame([Table(columns, rows)], said, facts=[{"losses": list(theirs)}], seconds=2)


def max_share(parts: Tensor) -> float:
    """Which share of a sum its largest part has; nothing of nothing."""
    total = parts.sum().item()
    return parts.max().item() / total if total else 0.0


def show_squares(texts: Texts, given: Given) -> Iterator[Frame]:
    """Both losses of a few predictions, and the gradient there: where each is least."""
    y = torch.tensor(given.targets)
    centres = {texts("row.median"): median(given.targets), texts("row.mean"): mean(given.targets)}
    candidates = {texts("row.yours"): given.prediction, **centres}
    columns = ["", texts("column.prediction"), "MSELoss", texts("column.slope"), "L1Loss", texts("column.slope")]
    rows: list[list[Words]] = []
    for name, at in sorted(candidates.items(), key=lambda each: each[1]):
        cells: list[Words] = []
        fact: dict[str, object] = {"prediction": at}
        for loss in (nn.MSELoss(), nn.L1Loss()):
            p = torch.tensor(float(at), requires_grad=True)
            value = loss(p.expand_as(y), y)
            value.backward()
            assert p.grad is not None
            fact[type(loss).__name__] = [value.item(), p.grad.item()]
            cells += [format_number(value.item()), format_number(_exact(p.grad.item()))]
        rows.append([name, format_number(at), *cells])
        table = Table(columns, rows[:], marked=len(rows) - 1)
        yield Frame([table], texts("said.squares"), facts=[fact], seconds=1.5)


def _exact(slope: float) -> float:
    """A slope, without what rounding left of nothing."""
    return 0.0 if abs(slope) < 1e-5 else slope


def show_skip(texts: Texts, given: Given) -> Iterator[Frame]:
    """x goes past the layers, and is added to what they make of it."""
    net, skip = started(Net, given.hidden), started(Skip, given.hidden)
    code = _code(Skip)
    x = given.x.requires_grad_()
    f, y = net(x), skip(x)
    slopes: Sequence[Tensor] = [torch.autograd.grad(out.sum(), x)[0] for out in (f, y)]
    columns = ["x", "f(x)", "x + f(x)", "Skip", "f'", "Skip'"]
    made = zip(*(t.flatten().tolist() for t in (x, f, x + f, y, *slopes)), strict=True)
    facts = [dict(zip(("x", "f", "sum", "skip", "slope", "skip_slope"), row, strict=True)) for row in made]
    rows: list[list[Words]] = [[f"{number:.3g}" for number in fact.values()] for fact in facts]
    yield Frame([code], texts("said.skip"), facts=[{"code": inspect.getsource(Skip)}], seconds=2)
    yield Frame([code, Table(columns, rows[:MOST_ROWS])], texts("said.skipped"), facts=facts, seconds=2)
