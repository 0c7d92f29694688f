"""`tui-trainer watch`: the app on runs that another process trains."""

from collections.abc import Sequence

from tui_trainer.cli.parser import Parser, use_runs_folder
from tui_trainer.comparison import Comparison
from tui_trainer.runs.library import all_runs, find
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.sentence import InputError


def watch(arguments: Sequence[str]) -> int:
    """Show a run that another process trains, or those that were started last. Returns the exit code."""
    asked = make_parser().parse_all(arguments)
    use_runs_folder(asked)
    runs = _runs(asked.run)
    from tui_trainer.cli import why_no_app

    if reason := why_no_app():
        raise InputError(f"{reason}, and watching needs the app; tui-trainer runs lists how they stand")
    if runs[0].own is None:
        from tui_trainer.tui.app import watch_scripts

        return watch_scripts(runs)
    from tui_trainer.tui.app import watch_runs

    return watch_runs(Comparison.covering([run.experiment for run in runs]), runs)


def _runs(text: str | None) -> list[StoredRun]:
    if text:
        run = find(text)
        if not run.live and run.own:
            raise InputError(f"{run.id}: no process trains it; it is {run.status}")
        return [run]
    live = [run for run in all_runs()[0] if run.live]
    if not live:
        raise InputError(
            "no process trains now; tui-trainer train --detach starts one, or a script with watch(); "
            "tui-trainer runs lists what is kept"
        )
    first = live[0]
    return [run for run in live if run.info.group == first.info.group and bool(run.own) == bool(first.own)][::-1]


def make_parser() -> Parser:
    """The flags of this command."""
    parser = Parser(
        prog="tui-trainer watch",
        description="Show runs that another process trains, live; pause, stop and the learning rate reach it.",
        allow_abbrev=False,
    )
    parser.add_run("one run: its id, its name, or how its id begins", nargs="?")
    parser.add_runs_folder()
    return parser
