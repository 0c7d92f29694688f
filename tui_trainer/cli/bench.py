"""`tui-trainer bench`: how fast this machine trains, by device, mode and size."""

from collections.abc import Collection
from dataclasses import asdict

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from tui_trainer.charts.chart import Chart, Line
from tui_trainer.charts.styles import STYLES, marker, role
from tui_trainer.cli.console import open_console, print_chart, write_json
from tui_trainer.cli.messages import INTERRUPTED
from tui_trainer.comparison import Comparison
from tui_trainer.runs.bench import BATCHES, CALM, Measured, cells, crossover
from tui_trainer.runs.bench import bench as measure_all
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS

CHART_ROWS = 16
SECONDS = 25.0  # of training; compiling takes about as long again


def bench(comparison: Comparison, given: Collection[str], json: bool) -> int:
    """Measure, and print what was measured; after Ctrl-C, what there is by then. Returns the exit code.

    given: the settings that flags gave. Of several activations that none did it takes the last, of the
    default's identity and tanh the one that bends. Raises InputError for a setting with several values,
    for one that it can't heed, and for a device that can't be had.
    """
    several = [
        name
        for name, values in comparison.values.items()
        if len(values) > 1 and (name in given or not SETTINGS[name].compared)
    ]
    if several:
        raise InputError(f"{several[0]}: bench measures one experiment in every mode; give one value")
    for name in CALM:
        if name in given and comparison.values[name] != (CALM[name],):
            raise InputError(f"{name}: bench always measures with {SETTINGS[name].show(CALM[name])}; leave it out")
    experiment = list(comparison.runs.values())[-1]
    console, measured, code = open_console(), list[Measured](), 0
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console)
    bar.disable = json or not console.is_terminal
    try:
        with bar:
            task = bar.add_task("measuring", total=len(cells(experiment)) + 1)
            for m in measure_all(experiment, SECONDS):
                measured.append(m)
                bar.update(
                    task, advance=1, description=f"{m.device} {m.execution} hidden {m.hidden} batch {m.batch_size}"
                )
                if json:
                    write_json({**asdict(m), "samples_per_second": m.samples_per_second})
    except KeyboardInterrupt:
        code = INTERRUPTED
    if not json and measured:
        _print(console, measured)
    return code


def _print(console: Console, measured: list[Measured]) -> None:
    one, grid = measured[0].steps_per_second, [m for m in measured if m.grid]
    console.print(_table([m for m in measured if not m.grid], one))
    for trouble in dict.fromkeys(f"{m.execution} instead of {m.trouble}" for m in measured if m.trouble):
        console.print(Text(trouble, style="yellow"), soft_wrap=True)
    if grid:
        console.print(_table(grid, None))
    middle = [m for m in grid if m.batch_size == BATCHES[1]]
    if not middle:
        return
    names = list(dict.fromkeys((m.device, m.execution) for m in middle))
    legend = [Text(f"{marker(i)} {' '.join(name)}", STYLES[role(i)]) for i, name in enumerate(names)]
    console.print(
        f"samples/s by the multiplications of a step, both in powers of ten, batch {BATCHES[1]}:", style="bold"
    )
    console.print(Text("   ").join(legend))
    print_chart(console, _chart(middle, names), CHART_ROWS)
    console.print(crossover(measured), soft_wrap=True)


def _table(measured: list[Measured], one: float | None) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    titles: dict[str, JustifyMethod] = {"device": "left", "execution": "left", "hidden": "left", "batch": "right"}
    titles |= dict.fromkeys(["steps/s", "samples/s", "ready", *(["factor"] if one else [])], "right")
    for title, side in titles.items():
        table.add_column(title, justify=side, no_wrap=True)
    for m in measured:
        times = m.steps_per_second / one if one else 0.0
        factor = [f"{times:,.1f}" if times < 100 else f"{times:,.0f}"] if one else []
        ready = f"{m.preparing:.1f} s" if m.preparing else ""
        rates = f"{m.steps_per_second:,.0f}", f"{m.samples_per_second:,.0f}"
        table.add_row(m.device, m.execution, m.hidden, f"{m.batch_size:,}", *rates, ready, *factor)
    return table


def _chart(grid: list[Measured], names: list[tuple[str, str]]) -> Chart:
    lines = []
    for i, name in enumerate(names):
        own = sorted((m.multiplications, m.samples_per_second) for m in grid if (m.device, m.execution) == name)
        x, y = np.log10(np.array(own, dtype=np.float64).clip(min=1)).T
        lines.append(Line(x, y, role(i), marker(i)))
    x, y = (np.concatenate([getattr(line, axis) for line in lines]) for axis in "xy")
    return Chart(lines, (x.min() - 0.1, x.max() + 0.1), (y.min() - 0.2, y.max() + 0.2))
