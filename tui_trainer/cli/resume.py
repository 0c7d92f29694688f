"""`tui-trainer resume`: runs resumed where they were left, in the app or without it."""

import os
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from tui_trainer.cli.messages import write_message
from tui_trainer.cli.output import json_alone
from tui_trainer.cli.parser import Parser, check_shared, use_runs_folder, values_of, whole
from tui_trainer.comparison import Comparison
from tui_trainer.engine.launched import LAUNCHER
from tui_trainer.engine.requests import Change, Set
from tui_trainer.engine.status import Status
from tui_trainer.runs.code import check_code
from tui_trainer.runs.library import find, to_resume
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError
from tui_trainer.settings import SETTINGS
from tui_trainer.wording import count

LIVE_SETTINGS = {name: setting for name, setting in SETTINGS.items() if setting.live}


def resume(arguments: Sequence[str]) -> int:
    """Resume a run, or the last ones that were left unfinished. Returns the exit code. Raises InputError."""
    asked = make_parser().parse_all(arguments)
    processes, restarts = (whole(vars(asked), name, least) for name, least in (("devices", 1), ("max_restarts", 0)))
    check_shared("shard" in asked, processes)
    if (processes > 1 or restarts) and LAUNCHER not in os.environ:
        from tui_trainer.cli.launch import launch

        return launch(["resume", *arguments], processes, restarts)
    runs, changes = chosen(asked)
    if asked.headless or asked.json or LAUNCHER in os.environ:
        return _headless(runs, changes, asked.json, asked.anyway)
    from tui_trainer.cli import why_no_app

    if reason := why_no_app():
        write_message(f"{reason}; training without the app, as --headless does")
        return _headless(runs, changes, json=False, anyway=asked.anyway)
    from tui_trainer.tui.app import resume_runs

    for run in runs:  # said before the app is there, which would only end
        check_code(run.folder, run.experiment, asked.anyway, lambda words: None)
    return resume_runs(Comparison.covering([run.experiment for run in runs]), runs, changes, asked.anyway)


def chosen(asked: Namespace) -> tuple[list[StoredRun], list[Change]]:
    """The runs that are to go on, and what changes of their settings. Raises InputError."""
    use_runs_folder(asked)
    values = {name: _only(name, values) for name, values in values_of(vars(asked), LIVE_SETTINGS).items()}
    changes: list[Change] = [Set(name, value) for name, value in values.items()]
    runs = [find(asked.run)] if asked.run else to_resume()
    if not runs:
        raise InputError("there is no unfinished run to resume; tui-trainer runs lists what is kept")
    if asked.data is not None:
        from tui_trainer.runs.samples import moved  # which loads torch, long before the app is there

        runs = [moved(run, asked.data, write_message) for run in runs]
    for run in runs:
        _check(run, values.get("epochs", run.info.epochs))
    return runs, changes


def _only(name: str, values: Sequence[Any]) -> Any:
    """The one value of a live setting. Raises InputError where there are several."""
    if len(values) > 1:
        raise InputError(f"{LIVE_SETTINGS[name].flag}: a run goes on with one value; give one")
    return LIVE_SETTINGS[name].parse(values[0])


def _check(run: StoredRun, goal: int) -> None:
    if run.beyond:
        raise InputError(f"{run.id}: {run.beyond}")
    if run.status is Status.DIVERGED:
        raise InputError(f"{run.id}: it diverged, and would do so again; train it afresh with other settings")
    if run.status is Status.COMPLETED and goal <= run.info.epoch:
        raise InputError(f"{run.id}: it completed its {count(run.info.epoch, 'epoch')}; give --epochs more than that")


def _headless(runs: Sequence[StoredRun], changes: Sequence[Change], json: bool, anyway: bool) -> int:
    from tui_trainer.cli.train import train_group
    from tui_trainer.runs.resume import resume

    with json_alone(json):
        return train_group(resume(runs, write_message, changes, anyway=anyway), json)


def make_parser() -> Parser:
    """The flags of this command."""
    parser = Parser(
        prog="tui-trainer resume",
        description="Resume stored runs where they were left, to the bit: the last ones that were left unfinished. "
        "A setting that is given holds from there on; more --epochs let a run go on that has completed.",
        allow_abbrev=False,
    )
    parser.add_run("one run instead: its id, its name, or how its id begins", nargs="?")
    parser.add_moved_data()
    parser.add_argument("--anyway", action="store_true", help="also where your own code has changed since")
    parser.add_argument("--headless", action="store_true", help="without the app")
    parser.add_argument("--json", action="store_true", help="without the app, one JSON object per line")
    parser.add_processes()
    parser.add_runs_folder()
    parser.add_settings(LIVE_SETTINGS.values(), defaults=False)
    return parser
