"""The layers of a net in a single step, as a table that fits whatever room there is."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from tui_trainer.engine.events import LayerStep

LAYER, OUTPUT, MADE_AT = "layer", "gives", "made at"
MILLISECONDS, MEMORY, IDLE = "ms", "memory", "dead, sat."
# What is left away first where there is no room for all.
DROPPED = (MEMORY, MILLISECONDS, IDLE, "gradient")
NAME_WIDTH, LEAST_NAME = 34, 12


def layer_tables(nets: "Sequence[Sequence[LayerStep]]", width: int) -> list[Table]:
    """A table for each net, all with the same columns, and a row for each of its layers.

    Where the line that made a layer finds no room beside the rest, it stands in a row of its own.
    """
    rows = [[_cells(layer) for layer in layers] for layers in nets]
    together = [row for each in rows for row in each]
    names = [name for name in together[0] if any(row[name] for row in together)]
    widths = {name: max(cell_len(each) for each in (name, *(row[name] for row in together))) for name in names}
    below, gap, name_width = False, 2, widths[LAYER]
    for dropped in ("", MADE_AT, "gap", *DROPPED):
        below |= dropped == MADE_AT in names
        gap = 1 if dropped == "gap" else gap
        names = [name for name in names if name != dropped]
        room = width - sum(widths[name] + gap for name in names if name != LAYER)
        if room >= min(name_width, LEAST_NAME if dropped else NAME_WIDTH):
            break
    widths[LAYER] = min(name_width, max(room, LEAST_NAME))
    return [_table(each, {name: widths[name] for name in names}, gap, below) for each in rows]


def _table(rows: list[dict[str, str]], widths: dict[str, int], gap: int, below: bool) -> Table:
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="dim", collapse_padding=True)
    for name, width in widths.items():
        justify: Literal["left", "right"] = "left" if name in (LAYER, OUTPUT, MADE_AT) else "right"
        table.add_column(name, justify=justify, width=width, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(_cut(row[name], width)) for name, width in widths.items()))
        if below and row[MADE_AT]:
            table.add_row(Text(f"  {row[MADE_AT]}", "dim"))
    return table


def _cells(layer: "LayerStep") -> dict[str, str]:
    idle = "" if layer.dead is None or layer.saturated is None else f"{layer.dead:.0%}, {layer.saturated:.0%}"
    return {
        LAYER: f"{layer.name} {layer.kind}".strip(),
        OUTPUT: "not called" if layer.shape is None else "x".join(map(str, layer.shape)) or "a number",
        MILLISECONDS: _figure(layer.milliseconds) if layer.shape is not None else "",
        MEMORY: _bytes(layer.bytes),
        "output": _around(layer.output),
        "gradient": _around(layer.gradient),
        "update": "" if layer.update is None else _figure(layer.update),
        IDLE: idle,
        MADE_AT: layer.made_at,
    }


def _around(values: "tuple[float, float] | None") -> str:
    return "" if values is None else f"{_figure(values[0])}±{_figure(values[1])}"


def _figure(value: float) -> str:
    """Two digits, in as few cells as they take: `0.12`, `1.2e-5`."""
    return re.sub(r"e([+-])0*", lambda found: "e" + found[1].strip("+"), f"{value:.2g}")


def _bytes(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count} {unit}"
        count = round(count / 1000)
    return f"{count} GB"


def _cut(name: str, width: int) -> str:
    """A name whose end is what tells it from others."""
    if len(name) <= width:
        return name
    end = name[len(name) - width + 1 :]
    return f"…{end.partition('.')[2] or end}"
