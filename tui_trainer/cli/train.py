"""`tui-trainer train`: the same runs without the app."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tui_trainer.charts.styles import STYLES, format_number, marker, role, style
from tui_trainer.charts.views import load, views_for
from tui_trainer.charts.views.loss import baseline
from tui_trainer.charts.views.view import View, different_tasks
from tui_trainer.cli.console import open_console, print_chart, write_json
from tui_trainer.cli.messages import COMPLETED, DIVERGED, FAILED, write_message
from tui_trainer.cli.output import OutputLost, hurry, json_alone
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import EpochsFinished, Event, ExecutionChanged, RunFinished, RunStarted
from tui_trainer.engine.events import Progress as StepsTaken
from tui_trainer.engine.launched import job
from tui_trainer.engine.requests import Checkpoint, Stop
from tui_trainer.engine.status import Status
from tui_trainer.engine.world import ALONE, World
from tui_trainer.files import leave_terminal
from tui_trainer.runs.account import account
from tui_trainer.runs.group import RunGroup
from tui_trainer.runs.record import Record
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.runs.together import begin_or_go_on


def train(comparison: Comparison, json: bool, requeue: bool = False, world: World = ALONE) -> int:
    """Train every run of a comparison and return the exit code. Raises InputError.

    requeue: go on with those that this job has begun before; world: the processes that do so together.
    """
    report = write_message if world.leads else lambda words: None
    with json_alone(json):
        group = begin_or_go_on(world, comparison, report, job() if requeue else "")
        return train_group(group, json) if isinstance(group, RunGroup) else _ended(group, world)


def _ended(runs: Sequence[StoredRun], world: World) -> int:
    """What this job has begun before is done. Returns the exit code that it had."""
    for run in runs if world.leads else ():
        write_message(f"{run.id}: {run.status}, and nothing is left to train")
    return DIVERGED if any(run.status is Status.DIVERGED for run in runs) else COMPLETED


def train_group(group: RunGroup, json: bool) -> int:
    """Train these runs to their end, and return the exit code. Of several processes, one prints."""
    world, lost = group.trainers[0].world, None
    try:
        with _signals(group) as came:
            events = group.events()
            try:
                if world.leads:
                    (_as_json if json else _with_bars)(group, events)
                for _ in events:
                    pass
            except OutputLost as error:
                lost = error
                if lost.broken_pipe:
                    came.append(signal.SIGPIPE)
                    group.request(Stop())
                _report_lost(lost, group, ending=bool(came) or group.control.stopped)
                for _ in events:
                    pass
    finally:
        group.close()
    statuses = {record.status for record in group.records}
    for record in group.records:
        if record.error:
            print(f"{record.name} failed:\n{record.error}", file=sys.stderr)  # noqa: T201
            if record.why_failed and not record.error.startswith(record.why_failed):
                write_message(f"{record.name}: {record.why_failed}")
    if came:
        return 128 + came[0]
    if Status.FAILED in statuses:
        return FAILED
    return DIVERGED if Status.DIVERGED in statuses else FAILED if lost else COMPLETED


def _report_lost(lost: OutputLost, group: RunGroup, ending: bool) -> None:
    """What the loss of stdout means for the runs; whoever stops reading after their end has read enough.

    ending: whether they were asked to stop, of which several processes know only before their next step.
    """
    if all(record.status.ended for record in group.records):
        if not lost.broken_pipe:
            write_message(str(lost))
    elif ending:
        write_message(f"{lost}; training ends with a checkpoint, and tui-trainer resume goes on from there")
    else:
        write_message(f"{lost}; training goes on, and its runs are kept")


@contextmanager
def _signals(group: RunGroup) -> Iterator[list[int]]:
    """End the runs cleanly on a signal, on a second one at once; checkpoint them on another. Yields what came."""
    came: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        if came:
            if number == signal.SIGHUP:
                return  # which the shell and the kernel both send when a terminal goes: nobody is impatient
            raise KeyboardInterrupt
        came.append(number)
        hurry()
        if number == signal.SIGHUP:
            leave_terminal()
        group.request(Stop())

    handlers: dict[int, Callable[..., object]] = dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), end)
    handlers[signal.SIGUSR1] = lambda number, frame: group.request(Checkpoint())
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        del handlers[signal.SIGHUP]  # what nohup has shut off stays so
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield came
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _as_json(group: RunGroup, events: Iterator[Event]) -> None:
    for event in events:
        for fields in as_json(event, group.runs[event.run][1]):
            write_json(fields)


def as_json(event: Event, record: Record) -> Iterator[dict[str, Any]]:
    """An event of a run as `--json` has it: an object for each epoch, and none for what has no place there."""
    match event:
        case RunStarted():
            experiment = msgspec.to_builtins(event.experiment)
            rest = {"experiment": experiment, "data": msgspec.to_builtins(record.samples.facts)}
            yield {"event": "run_started", "run": event.run, "id": record.id, "device": event.device, **rest}
        case EpochsFinished():
            beside = {"test_loss": event.test_loss, "seconds": event.seconds}
            for epoch, loss in enumerate(event.losses.tolist(), event.epoch - len(event.losses) + 1):
                measured = _metrics(event) if epoch == event.epoch else {}
                yield {"event": "epoch", "run": event.run, "epoch": epoch, "loss": loss, **beside, **measured}
        case ExecutionChanged():
            yield {"event": "execution", **msgspec.to_builtins(event)}
        case RunFinished():
            fields = msgspec.to_builtins(replace(event, snapshot=None))
            trouble = {name: fields.pop(name) for name in ("error", "advice")}
            for name in ("snapshot", "metrics", "test_metrics"):
                del fields[name]
            learned = {**record.task.facts(event.snapshot), **_metrics(event)}
            rate = event.steps_per_second
            fields |= {"epoch_loss": record.history.last, "id": record.id}
            yield {"event": "run_finished", **fields, **learned, **trouble, "steps_per_second": rate}


def _metrics(event: EpochsFinished | RunFinished) -> dict[str, dict[str, float]]:
    """Those that were measured, as JSON has them."""
    both = {"metrics": event.metrics, "test_metrics": event.test_metrics}
    return {name: dict(metrics) for name, metrics in both.items() if metrics}


def _with_bars(group: RunGroup, events: Iterator[Event]) -> None:
    console = open_console()
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    tasks: dict[str, TaskID] = {}
    within: dict[str, TaskID] = {}  # a second bar for a run whose epochs last long enough to be seen
    with bars:
        for event in events:
            record = group.runs[event.run][1]
            taken, per_epoch = record.within_epoch
            if isinstance(event, StepsTaken) and event.run not in within:
                within[event.run] = bars.add_task(f"{escape(event.run)}, this epoch", total=per_epoch, loss="")
            if event.run in within:
                bars.update(within[event.run], completed=taken, visible=not record.status.ended)
            if isinstance(event, ExecutionChanged):
                for words in filter(None, (event.trouble, event.note)):
                    write_message(f"{event.run}: {event.execution}: {words}")
            if isinstance(event, RunStarted):
                tasks[event.run] = bars.add_task(escape(event.run), total=event.experiment.epochs or None, loss="")
            else:
                words = escape(event.run) + " (compiling)" * record.compiling
                loss = f"loss {format_number(record.history.last)}"
                bars.update(tasks[event.run], description=words, completed=record.epoch, loss=loss)
    _print_view(console, load(views_for(group.records)[0]), group.records)
    console.print(_results(group.records))
    if any(record.metrics for record in group.records):
        console.print(_measured(group.records))
    for line in account(group.records):
        console.print(Text(line), soft_wrap=True)
    for record in group.records:
        if words := record.why_diverged if record.status is Status.DIVERGED else record.advice:
            console.print(Text(f"{record.name} {words}"), soft_wrap=True)


def _print_view(console: Console, view: View, records: Sequence[Record]) -> None:
    for words in view.words(records):
        console.print(Text(words, style="bold"), soft_wrap=True)
    chart = view.drawn(records)
    if isinstance(chart, str):
        console.print(Text(chart), soft_wrap=True)
        return
    print_chart(console, chart, view.rows)
    beside = [*view.figures(records), *chart.legend, *((note, "quiet") for note in chart.notes)]
    if beside:
        console.print(Text("  ").join(Text(word, style(role)) for word, role in beside))


def _measured(records: Sequence[Record]) -> Table:
    """Each run's metrics, on the training samples and on those held out."""
    table = Table(header_style="bold")
    names = list(dict.fromkeys(name for record in records for name in record.metrics))
    table.add_column("run")
    table.add_column("on")
    for name in names:
        table.add_column(name.replace("_", "\n"), justify="right")
    for i, record in enumerate(records):
        for words, metrics in (("training", record.metrics), ("held out", record.test_metrics)):
            if metrics:
                cells = [f"{marker(i)} {record.name}", words, *(format_number(metrics.get(name)) for name in names)]
                table.add_row(*(Text(cell, style=STYLES[role(i)] if n == 0 else "") for n, cell in enumerate(cells)))
    if len(different_tasks(records)) == 1:
        table.add_section()
        for name, of_samples in records[0].task.simple_metrics.items():
            for words, simple in zip(("training", "held out"), of_samples, strict=True):
                if simple:
                    cells = [name, words, *(format_number(simple.get(metric)) for metric in names)]
                    table.add_row(*(Text(cell, style="dim") for cell in cells))
    return table


def _learned(record: Record) -> Mapping[str, str]:
    """What it has learned, in words, by the titles of their columns."""
    if record.snapshot is None or record.status is Status.DIVERGED or record.advice:
        return {}
    return record.snapshot.words


def _results(records: Sequence[Record]) -> Table:
    table = Table(header_style="bold")
    held_out = any(record.samples.has_test for record in records)
    waited = any(record.preparing >= 0.05 for record in records)
    learned = list(dict.fromkeys(title for record in records for title in _learned(record)))
    optional = {"held out": held_out, "ready": waited}
    titles = ("run", "status", "epochs", "final\nloss", "held out", "ready", "steps/s", *learned)
    for title in (title for title in titles if optional.get(title, True)):
        table.add_column(title, justify="left" if title in ("run", "status", *learned) else "right")
    for i, record in enumerate(records):
        rate = record.steps / record.seconds if record.seconds else 0
        cells = [f"{marker(i)} {record.name}", record.status, f"{record.epoch:,}", format_number(record.final_loss)]
        cells += [format_number(record.final_test_loss)] if held_out else []
        cells += [f"{record.preparing:,.1f} s"] if waited else []
        cells += [f"{rate:,.0f}", *(_learned(record).get(title, "–") for title in learned)]
        table.add_row(*(Text(cell, style=STYLES[role(i)] if n == 0 else "") for n, cell in enumerate(cells)))
    level = baseline(records)
    if level is not None:
        table.add_section()
        table.add_row(*(Text(cell, style="dim") for cell in (level.name, "", "", format_number(level.loss))))
    return table
