"""`tui-trainer runs`: what is kept, as a table or JSON; `runs diff`, what differs; `runs prune`, which makes room."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.box import SIMPLE_HEAD
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from tui_trainer.charts.styles import format_number
from tui_trainer.cli.completions import completed_by, files, run_names
from tui_trainer.cli.console import open_console, write_json
from tui_trainer.cli.messages import write_message
from tui_trainer.cli.parser import Parser, use_runs_folder
from tui_trainer.files import reason
from tui_trainer.own_settings import sources
from tui_trainer.runs.code import as_kept, change_lines, read_code
from tui_trainer.runs.differences import UNKNOWN, diff, telling_apart, title_of
from tui_trainer.runs.library import age, all_runs, find, outdated, prune
from tui_trainer.runs.places import runs_folder
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.wording import count, quoted

COLUMN_GAP, MIN_ROOM = 3, 12


def runs(arguments: Sequence[str]) -> int:
    """List the stored runs, or remove old ones. Returns the exit code. Raises InputError."""
    asked = make_parser().parse_all(arguments)
    use_runs_folder(asked)
    if asked.command == "prune":
        return _prune(asked.keep, asked.older_than)
    if asked.bring_in is not None:
        return _import(Path(asked.bring_in).expanduser())
    if asked.command == "diff":
        return _diff(find(asked.one), find(asked.other) if asked.other else None)
    kept, troubles = all_runs()
    for trouble in troubles:
        write_message(trouble)
    if asked.json:
        for run in kept:
            write_json(as_json(run))
    elif kept:
        console = open_console()
        console.print(_table(kept, console.width))
    else:
        open_console().print(f"No run is kept yet in {runs_folder()}.", markup=False, soft_wrap=True)
    if not asked.json:
        from tui_trainer.runs.imports import beside

        if words := beside(kept):
            write_message(words)
    return 0


def as_json(run: StoredRun) -> dict[str, Any]:
    """A run as `--json` tells it: run.json with the label, the state as it is now, and the settings."""
    settings = {"config": dict(run.config)} if run.own is None else {"experiment": msgspec.to_builtins(run.own)}
    state = {"name": run.name, "status": run.status, "note": run.label.note, "pinned": run.label.pinned}
    return {"id": run.id, **msgspec.to_builtins(run.info), **state, **settings}


def _table(kept: Sequence[StoredRun], width: int) -> Table:
    settings = [name for name in telling_apart(kept) if name != "epochs"]
    rows = [_cells(run) for run in kept]
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    room = width
    for title, *cells in zip(("run", "state", "epochs", "best", "last"), *rows, strict=True):
        side: Literal["left", "right"] = "left" if title in ("run", "state") else "right"
        # Where there is no room for a name that was given, it goes on below: names are shown whole.
        table.add_column(title, justify=side, no_wrap=title != "run", overflow="fold")
        room -= max(map(len, [title, *cells])) + COLUMN_GAP
    # What differs gets what room is left.
    named = ", ".join(title_of(name).lower() for name in settings)
    if settings and room >= MIN_ROOM:
        table.add_column(named, no_wrap=True, max_width=room)
        rows = [[*row, ", ".join(_known(run, settings))] for run, row in zip(kept, rows, strict=True)]
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _cells(run: StoredRun) -> list[str]:
    label = "".join([" ★" * run.label.pinned, f" {run.name}" * bool(run.label.name)])
    if run.info.at:
        label += f" from {run.info.parent} at epoch {run.info.at.epoch:,}"
    if run.info.ranks > 1:
        label += f" with {run.info.ranks} ranks"
    return [
        run.id + label,
        run.status,
        f"{run.info.epoch:,}",
        format_number(run.info.best),
        format_number(run.info.loss),
    ]


def _known(run: StoredRun, settings: Sequence[str]) -> list[str]:
    return [run.texts.get(name, UNKNOWN) for name in settings]


def _import(folder: Path) -> int:
    from tui_trainer.runs.imports import import_runs

    names = import_runs(folder, write_message)
    for name in names:
        open_console().print(name, markup=False, soft_wrap=True)
    return 0 if names else 2


def _diff(one: StoredRun, other: StoredRun | None) -> int:
    """The settings and the lines of own code in which two runs differ; of one run, those that have changed since."""
    console = open_console()
    after = read_code(other.folder) if other else as_kept(sources(one.experiment))
    rows = [*diff(one, other)] if other else []
    if rows and other:
        table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for title in ("", one.id, other.id):
            table.add_column(title, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
    lines = change_lines(read_code(one.folder), after)
    for line in lines:
        console.print(Text(line), soft_wrap=True)
    if not rows and not lines:
        console.print("no difference", markup=False)
    return 0


def _prune(keep: str | None, older_than: str | None) -> int:
    if keep is None and older_than is None:
        raise InputError(
            "runs prune: say which runs go: --keep 200 keeps the newest, --older-than 30d removes old ones"
        )
    if keep is not None and not re.fullmatch(r"[0-9]{1,9}", keep):
        raise InputError(f"--keep: {quoted(keep)} is no number of runs; write --keep 200")
    gone = outdated(int(keep) if keep else None, age(older_than) if older_than else None)
    size = sum(run.size for run in gone)
    try:
        prune(gone)
    except OSError as error:
        raise InputError(f"{runs_folder()}: {reason(error)}; not all could be removed") from None
    removed = f"{count(len(gone), 'run')} removed, {decimal(size)}"
    open_console().print(f"{removed}; pinned runs and those that train stay.", markup=False)
    return 0


def make_parser() -> Parser:
    """The flags of this command."""
    parser = Parser(prog="tui-trainer runs", description="List the stored runs.", allow_abbrev=False)
    parser.add_runs_folder()
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    bring_in = "bring in what TensorBoard or Lightning's CSVLogger has written in this folder, to be looked at"
    completed_by(parser.add_argument("--import", dest="bring_in", metavar="DIR", help=bring_in), files)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    pruning = commands.add_parser("prune", help="remove old runs for good", allow_abbrev=False)
    pruning.add_argument("--keep", metavar="INT", help="keep the newest so many")
    pruning.add_argument("--older-than", metavar="AGE", help="remove what was not written to for so long: 12h, 30d, 4w")
    differing = commands.add_parser("diff", help="what differs between two runs, own code too", allow_abbrev=False)
    completed_by(differing.add_argument("one", metavar="RUN", help="its id, its name, or how its id begins"), run_names)
    help = "another one; without it, what has changed in the files of its own code since"
    completed_by(differing.add_argument("other", metavar="RUN", nargs="?", help=help), run_names)
    return parser
