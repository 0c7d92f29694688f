"""The flags: one for each setting of the schema, and a few of the command's own."""

import argparse
import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NoReturn

from tui_trainer import __version__
from tui_trainer.comparison import Comparison, presets
from tui_trainer.experiment import Experiment, InputError
from tui_trainer.runs.places import VARIABLE
from tui_trainer.settings import SETTINGS, Setting

# Commands that read what follows them by themselves, each in a module of its name.
OWN_FLAGS = {
    "lesson": "the article, a lesson at a time: tui-trainer lesson lists them",
    "resume": "take up runs where they were left: tui-trainer resume",
    "watch": "the app on runs that another process trains: tui-trainer watch",
    "export": "write a kept run to a file, as its ending says: tui-trainer export RUN --to run.csv",
    "runs": "list the runs that are kept, or remove old ones: tui-trainer runs prune --keep 200",
}
EPILOG = """\
A setting takes several values, separated by commas, and makes one run for each:
  tui-trainer --activation identity,tanh,relu
  tui-trainer train --lr 0.01,0.001 --epochs 200 --json
  tui-trainer --data measurements.csv --x time --y height --scale standard
exit codes: 0 completed, 1 failed, 2 bad input, 3 a run diverged, 130 interrupted
"""


@dataclass
class Flags:
    """What the command line asks for."""

    command: str
    comparison: Comparison
    save_experiment: str | None
    json: bool
    detach: bool


class Parser(argparse.ArgumentParser):
    """argparse whose errors are one line that says what would be right."""

    def add_settings(self, settings: Iterable[Setting], defaults: bool = True) -> None:
        """Add a flag for each setting; `defaults`: whether what is not given is the schema's default."""
        group = self.add_argument_group("settings")
        for setting in settings:
            if setting.type is bool:
                group.add_argument(setting.flag, action=argparse.BooleanOptionalAction, help=_help(setting, defaults))
            else:
                group.add_argument(setting.flag, metavar=setting.type.__name__.upper(), help=_help(setting, defaults))

    def add_runs_folder(self) -> None:
        """Add the flag that `use_runs_folder` reads."""
        self.add_argument(
            "--runs-dir", metavar="FOLDER", default=argparse.SUPPRESS, help=f"where runs are kept [{VARIABLE}]"
        )

    def add_moved_data(self) -> None:
        """Add the flag whose value `runs.samples.moved` takes."""
        self.add_argument("--data", metavar="FILE", help="where the run's data is now, if it was moved")

    def error(self, message: str) -> NoReturn:
        if "expected one argument" in message:
            message += "; write --flag=VALUE for a value that begins with a dash"
        if "invalid choice" in message:
            command = message.partition("invalid choice: ")[2].partition(" (")[0]
            known = [action.choices for action in self._actions if isinstance(action.choices, dict)]
            message = f"unknown command {command}; there are {', '.join(chain(*known))}"
        raise InputError(message)

    def parse_all(self, arguments: Sequence[str]) -> argparse.Namespace:
        known, unknown = self.parse_known_args(arguments)
        if unknown:
            flag = unknown[0].partition("=")[0]
            if flag == "--json":
                raise InputError("--json: the app has no such flag; write tui-trainer train --json")
            near = difflib.get_close_matches(flag, self._flags, n=1, cutoff=0.7) if flag.startswith("-") else []
            raise InputError(f"unknown: {unknown[0]}; " + (f"did you mean {near[0]}?" if near else "see --help"))
        return known

    @property
    def _flags(self) -> list[str]:
        """Every flag there is, a command's too."""
        commands = [action.choices.values() for action in self._actions if isinstance(action.choices, dict)]
        return [flag for parser in [self, *chain(*commands)] for flag in parser._option_string_actions]


def read_flags(arguments: Sequence[str]) -> Flags:
    """Read the command line. Raises InputError; exits for --help and --version."""
    for argument in arguments:
        # A file's name in another encoding reaches Python as surrogates, which neither JSON nor a terminal takes.
        if not argument.isascii() and argument != argument.encode("utf-8", "replace").decode():
            raise InputError(f"{argument}: not UTF-8; rename the file")
    given = _parser().parse_all(arguments)
    use_runs_folder(given)
    asked = vars(given)
    if asked["command"] in OWN_FLAGS:
        raise InputError(f"{asked['command']}: has flags of its own; write tui-trainer {asked['command']}, then those")
    if "preset" in asked and "experiment" in asked:
        raise InputError("--preset and --experiment: give one of the two")
    if "preset" in asked:
        comparison = Comparison.preset(asked["preset"])
    elif "experiment" in asked:
        comparison = Comparison.from_file(asked["experiment"])
    else:
        comparison = Comparison.of()
    settings = {name: asked[name] for name in SETTINGS if name in asked}
    return Flags(
        command=asked["command"] or "app",
        comparison=comparison.changed(**settings),
        save_experiment=asked.get("save_experiment"),
        json=asked.get("json", False),
        detach=asked.get("detach", False),
    )


def use_runs_folder(asked: argparse.Namespace) -> None:
    """Keep runs where the flag says; processes that this one starts do so as well."""
    if "runs_dir" in asked:
        os.environ[VARIABLE] = os.path.abspath(os.path.expanduser(asked.runs_dir))


def _parser() -> Parser:
    settings = _settings()
    look: Any = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False, "epilog": EPILOG}
    parser = Parser(
        prog="tui-trainer",
        description="Train small neural networks in the terminal and watch them learn.",
        parents=[settings],
        **look,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    train = commands.add_parser(
        "train",
        help="train without the app",
        description="Train without the app: a progress bar for each run, then the fit and a table.",
        parents=[settings],
        **look,
    )
    for name, help in OWN_FLAGS.items():
        commands.add_parser(name, help=help, add_help=False)
    bench = commands.add_parser(
        "bench",
        help="how fast this machine trains, by device, mode and size",
        description="Measure how fast this machine trains, in every mode and on every device.",
        parents=[settings],
        **look,
    )
    train.add_argument(
        "--detach", action="store_true", default=argparse.SUPPRESS, help="train in a process that no hang-up reaches"
    )
    for command in (train, bench):
        command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object per line")
    return parser


def _settings() -> Parser:
    parser = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("--version", action="version", version=f"tui-trainer {__version__}")
    parser.add_runs_folder()
    files = parser.add_argument_group("experiments")
    files.add_argument("--preset", metavar="NAME", help="; ".join(f"{n}: {text}" for n, text in presets().items()))
    files.add_argument("--experiment", metavar="FILE.toml", help="start from an experiment file")
    files.add_argument("--save-experiment", metavar="FILE.toml", help="write these settings to a new file")
    parser.add_settings(SETTINGS.values())
    return parser


def _help(setting: Setting, defaults: bool) -> str:
    names = f" One of {', '.join(setting.choices)}." if setting.choices else ""
    default = Comparison.of().text(setting.name) if setting.schema is Experiment else setting.show(setting.default)
    return (setting.help + names + (f" [{default}]" if defaults and default else "")).replace("%", "%%")
