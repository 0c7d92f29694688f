"""`tui-trainer resume`: runs taken up where they were left, in the app or without it."""

from collections.abc import Sequence

from tui_trainer.cli.flags import Parser, use_runs_folder
from tui_trainer.cli.say import say
from tui_trainer.comparison import Comparison
from tui_trainer.counts import count
from tui_trainer.experiment import InputError
from tui_trainer.runs.shelf import KeptRun, find, to_resume
from tui_trainer.settings import SETTINGS


def resume(arguments: Sequence[str]) -> int:
    """Take up a run, or the last ones that were left unfinished. Returns the exit code. Raises InputError."""
    asked = _parser().parse_all(arguments)
    use_runs_folder(asked)
    runs = [find(asked.run)] if asked.run else to_resume()
    if not runs:
        raise InputError("there is no unfinished run to resume; tui-trainer runs lists what is kept")
    epochs = None if asked.epochs is None else SETTINGS["epochs"].parse(asked.epochs)
    for run in runs:
        _check(run, epochs)
    if asked.headless or asked.json:
        return _headless(runs, epochs, asked.json)
    from tui_trainer.cli import why_no_app

    if reason := why_no_app():
        say(f"{reason}; training without the app, as --headless does")
        return _headless(runs, epochs, json=False)
    from tui_trainer.tui.app import run_app

    return run_app(Comparison.covering([run.experiment for run in runs]), runs, epochs)


def _check(run: KeptRun, epochs: int | None) -> None:
    if run.status == "diverged":
        raise InputError(f"{run.id}: it diverged, and would do so again; train it afresh with other settings")
    goal = run.info.epochs if epochs is None else epochs
    if run.status == "completed" and goal <= run.info.epoch:
        raise InputError(f"{run.id}: it completed its {count(run.info.epoch, 'epoch')}; give --epochs more than that")


def _headless(runs: Sequence[KeptRun], epochs: int | None, json: bool) -> int:
    from tui_trainer.cli.train import Runs, go
    from tui_trainer.engine.control import RunControl
    from tui_trainer.runs.revive import revive

    control = RunControl()
    trainers, records, keeping = revive(runs, control, say, epochs)
    return go(Runs(trainers, records, keeping, control), json)


def _parser() -> Parser:
    parser = Parser(
        prog="tui-trainer resume",
        description="Take up kept runs where they were left, to the last bit: the last ones that were left unfinished.",
        allow_abbrev=False,
    )
    parser.add_argument("run", nargs="?", metavar="RUN", help="one run instead: its id, its name, or how its id begins")
    parser.add_argument("--epochs", metavar="INT", help="a new goal, also for a run that has completed")
    parser.add_argument("--headless", action="store_true", help="without the app")
    parser.add_argument("--json", action="store_true", help="without the app, one JSON object per line")
    parser.add_runs_folder()
    return parser
