"""`tui-trainer train`: the same runs without the app."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import msgspec
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tui_trainer.charts.looks import figure, marker, role
from tui_trainer.charts.views import common_floor, fit_chart
from tui_trainer.cli.console import STYLES, open_console, print_chart, write_json
from tui_trainer.comparison import Comparison
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.events import EpochsFinished, Event, ExecutionChanged, RunFinished, RunStarted
from tui_trainer.engine.race import line_up, race
from tui_trainer.engine.trainer import Trainer
from tui_trainer.runs.record import Record

COMPLETED, FAILED, DIVERGED = 0, 1, 3


def train(comparison: Comparison, json: bool) -> int:
    """Train every run of a comparison and return the exit code. Raises InputError."""
    control = RunControl()
    trainers = line_up(comparison.runs, control)
    with _interrupts(control) as interrupted:
        records = _as_json(trainers) if json else _with_bars(trainers)
    statuses = {record.status for record in records}
    for record in records:
        if record.error:
            print(f"{record.name} failed:\n{record.error}", file=sys.stderr)  # noqa: T201
    if interrupted:
        return 128 + interrupted[0]
    return FAILED if "failed" in statuses else DIVERGED if "diverged" in statuses else COMPLETED


@contextmanager
def _interrupts(control: RunControl) -> Iterator[list[int]]:
    """End the runs cleanly on Ctrl-C or SIGTERM; on a second one, at once. Yields the signals that came."""
    came: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)
        control.stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _events(trainers: list[Trainer]) -> Iterator[tuple[Record, Event]]:
    records = {t.name: Record.of(t) for t in trainers}
    for event in race(trainers):
        records[event.run].apply(event)
        yield records[event.run], event


def _as_json(trainers: list[Trainer]) -> list[Record]:
    seen: dict[str, Record] = {}
    for record, event in _events(trainers):
        seen[record.name] = record
        for fields in as_json(event):
            write_json(fields)
    return list(seen.values())


def as_json(event: Event) -> Iterator[dict[str, Any]]:
    """An event as `--json` tells it: an object for each epoch, and none for what is not told there."""
    match event:
        case RunStarted():
            experiment = msgspec.to_builtins(event.experiment)
            yield {"event": "run_started", "run": event.run, "device": event.device, "experiment": experiment}
        case EpochsFinished():
            rest = {"test_loss": event.test_loss, "seconds": event.seconds}
            for epoch, loss in enumerate(event.losses.tolist(), event.epoch - len(event.losses) + 1):
                yield {"event": "epoch", "run": event.run, "epoch": epoch, "loss": loss, **rest}
        case ExecutionChanged():
            yield {"event": "execution", **msgspec.to_builtins(event)}
        case RunFinished():
            line = event.line._asdict() if event.line else None
            fields = {"event": "run_finished", **msgspec.to_builtins(event)}
            yield fields | {"steps_per_second": event.steps_per_second, "line": line}


def _with_bars(trainers: list[Trainer]) -> list[Record]:
    console = open_console()
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    tasks: dict[str, TaskID] = {}
    seen: dict[str, Record] = {}
    with bars:
        for record, event in _events(trainers):
            seen[record.name] = record
            if isinstance(event, RunStarted):
                tasks[event.run] = bars.add_task(escape(event.run), total=event.experiment.epochs or None, loss="–")
            else:
                bars.update(tasks[event.run], completed=record.epoch, loss=figure(record.loss))
    for trainer in trainers:
        seen[trainer.name].look(trainer)
    records = list(seen.values())
    print_chart(console, fit_chart(records), 20)
    console.print(_results(records))
    for record in records:
        if record.status == "diverged":
            console.print(Text(f"{record.name} {record.why_diverged}"), soft_wrap=True)
    return records


def _line(record: Record) -> str:
    if record.status == "diverged":
        return "–"
    return str(record.line or "bends")


def _results(records: list[Record]) -> Table:
    table = Table(header_style="bold")
    held_out = any(len(record.data.x_test) for record in records)
    for title in ("run", "status", "epochs", "loss", *(["held out"] if held_out else []), "steps/s", "line"):
        table.add_column(title, justify="left" if title in ("run", "status", "line") else "right")
    for i, record in enumerate(records):
        rate = record.steps / record.seconds if record.seconds else 0
        cells = [f"{marker(i)} {record.name}", record.status, f"{record.epoch:,}", figure(record.loss)]
        cells += [figure(record.test_loss)] if held_out else []
        cells += [f"{rate:,.0f}", _line(record)]
        table.add_row(*(Text(cell, style=STYLES[role(i)] if n == 0 else "") for n, cell in enumerate(cells)))
    floor = common_floor(records)
    if floor is not None:
        table.add_section()
        table.add_row(*(Text(cell, style="dim") for cell in ("best line", "", "", figure(floor))))
    return table
