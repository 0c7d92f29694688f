"""A single step, taken apart: into the article's six, and layer by layer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.containers import VerticalScroll
from textual.widget import Widget

from tui_trainer.charts.styles import marker, role
from tui_trainer.tui.colours import role_styles
from tui_trainer.tui.widgets.layers import layer_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tui_trainer.engine.events import ParameterChange, StepFinished
    from tui_trainer.experiment import Experiment
    from tui_trainer.runs.record import Record

MAX_VALUES = 2
MAX_PARAMETERS = 6
CODE_WIDTH = 23
CELL_WIDTH = 26


class StepView(VerticalScroll, can_focus=False):
    """The article's six, of which 3 to 6 were just taken, with each run's numbers; under them each net's layers."""

    def __init__(self, id: str, name: str) -> None:
        super().__init__(id=id, name=name)
        self.border_title = "One step"
        self._table, self._hint = StepTable(), ""

    def compose(self) -> ComposeResult:
        yield self._table

    def show(self, records: "Sequence[Record]", hint: str) -> None:
        """Show the last single step of these runs; hint: how to come to what there is no room for."""
        self._hint = hint
        self._table.show(records)
        self.call_after_refresh(self._say_more)

    def on_resize(self) -> None:
        self.call_after_refresh(self._say_more)

    def _say_more(self) -> None:
        """Say that there is more than there is room for."""
        self.border_subtitle = self._hint if self.max_scroll_y else ""


class StepTable(Widget):
    """What stands there, as high as it is."""

    DEFAULT_CSS = "StepTable { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._steps: list[tuple[int, Record, StepFinished]] = []

    def show(self, records: "Sequence[Record]") -> None:
        """Show the last single step of these runs."""
        self._steps = [(i, record, record.step) for i, record in enumerate(records) if record.step]
        self.refresh(layout=True)

    def _visible(self) -> "list[tuple[int, Record, StepFinished]]":
        """The runs there is room for."""
        return self._steps[: max(1, (self.size.width - CODE_WIDTH) // CELL_WIDTH)]

    def render(self) -> RenderResult:
        steps = self._visible()
        if not steps:
            return ""
        _, record, _ = steps[0]
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="", expand=True)
        fewer = f"{len(steps)} of {len(self._steps)} runs" if len(steps) < len(self._steps) else ""
        table.add_column(Text(fewer, "dim"), no_wrap=True, width=CODE_WIDTH)
        for i, run, _ in steps:
            style = role_styles(self.app)[role(i)]
            table.add_column(Text(f"{marker(i)} {run.name}", style), no_wrap=True, ratio=1)
        for code, cells in _rows(record.experiment, [step for _, _, step in steps]):
            table.add_row(Text(code, "bold" if code[:1].isdigit() else "dim"), *(Text(cell) for cell in cells))
        parts: list[RenderableType] = [table]
        apart = [(i, run, step.layers) for i, run, step in self._steps if step.layers]
        tables = layer_tables([layers for *_, layers in apart], self.size.width) if apart else []
        for (i, run, _), table in zip(apart, tables, strict=True):
            parts += [Text(f"{marker(i)} {run.name}", role_styles(self.app)[role(i)]), table]
        return Group(*parts)


def _rows(experiment: "Experiment", steps: "list[StepFinished]") -> list[tuple[str, list[str]]]:
    scaled = "" if experiment.scale == "none" else ", scaled"
    own = experiment.step.rpartition(":")[2]
    rows = [
        ("", [f"step {s.step:,} of {s.steps:,}, epoch {s.epoch + 1:,}" for s in steps]),
        ("1 optimizer, 2 train()", ["once, before the epochs" for _ in steps]),
        (f"3 x.to(device){scaled}", [f"x {_values(s.x)}" for s in steps]),
        ("  y.to(device)", [f"y {_values(s.y)}" for s in steps]),
        ("4 optimizer.zero_grad()", ["gradients forgotten" for _ in steps]),
        ("5 prediction = model(x)", ["by your own step" if own else _values(s.prediction) for s in steps]),
        (f"  loss = {own or experiment.loss}(…)", [f"{s.loss:.4g}" for s in steps]),
        ("6 loss.backward()", [f"gradient norm {_length(s, 'gradient'):.3g}" for s in steps]),
        ("  optimizer.step()", [f"weights moved {_length(s, 'change'):.3g}" for s in steps]),
    ]
    # A run may have fewer parameters than its neighbour: its cells stay empty.
    names = list(dict.fromkeys(p.name for s in steps if not s.layers for p in s.parameters))
    for name in names[:MAX_PARAMETERS]:
        found = [next((p for p in s.parameters if p.name == name), None) for s in steps]
        rows.append((f"  {name}", [_parameter(p) if p else "" for p in found]))
    if len(names) > MAX_PARAMETERS:
        rows.append((f"  and {len(names) - MAX_PARAMETERS:,} more", ["" for _ in steps]))
    return rows


def _parameter(p: "ParameterChange") -> str:
    return f"grad {p.gradient:<8.3g} Δ {p.change:.3g}"  # 24 cells: two runs fit into 80 columns


def _values(values: "NDArray[Any]") -> str:
    """The first samples' numbers, of shape (batch,) or (batch, numbers); those of one in brackets, if they are many."""
    rows = [row if isinstance(row, list) else [row] for row in values[:MAX_VALUES].tolist()]
    words = [", ".join(f"{value:.4g}" for value in row) for row in rows]
    shown = ", ".join(f"({each})" if "," in each else each for each in words)
    return shown + (f" … of {len(values):,}" if len(values) > MAX_VALUES else "")


def _length(step: "StepFinished", what: str) -> float:
    """The length of all parameters' gradients, or changes, taken as one vector."""
    return float(sum(getattr(p, what) ** 2 for p in step.parameters) ** 0.5)
