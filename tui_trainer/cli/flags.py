"""The flags: one for each setting of the schema, and a few of the command's own."""

import argparse
import contextlib
import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from tui_trainer import __version__
from tui_trainer.catalog import KEY_SETS
from tui_trainer.cli.completions import completed_by, files
from tui_trainer.cli.parser import Parser, use_runs_folder, values_of, whole
from tui_trainer.comparison import DEFAULTS, OPENING, Comparison, presets
from tui_trainer.engine.pace import Pace, read_pace
from tui_trainer.lessons.language import choose_language
from tui_trainer.named_data import pasted_path
from tui_trainer.own_settings import own_settings
from tui_trainer.sentence import InputError
from tui_trainer.settings import ROLES, SETTINGS, Setting
from tui_trainer.wording import unknown

# Commands that read what follows them by themselves, each in a module of its name.
OWN_FLAGS = {
    "lesson": "the article, a lesson at a time; the list of them: tui-trainer lesson",
    "resume": "resume runs where they were left: tui-trainer resume",
    "watch": "the app on runs that another process trains: tui-trainer watch",
    "export": "export a stored run to a file, as its ending says: tui-trainer export RUN --to run.csv",
    "predict": "what a stored run's net says of new rows: tui-trainer predict RUN --data new.csv --to out.csv",
    "runs": "list the stored runs, or remove old ones: tui-trainer runs prune --keep 200",
    "data": "look at a table before training: tui-trainer data measurements.csv --target height",
    "help": "pages to read, of settings, data, keys and more: tui-trainer help data",
    "completion": "have bash, zsh or fish complete all this: tui-trainer completion --help",
}
EPILOG = """\
A setting takes several values, separated by commas, and makes one run for each:
  tui-trainer --activation identity,tanh,relu
  tui-trainer train --lr 0.01,0.001 --epochs 200 --json
  tui-trainer --data measurements.csv --x time --y height --scale standard
Without any setting the app opens on the preset contrast; with one, and without the app, the defaults are the article's.
exit codes: 0 completed, 1 failed, 2 bad input, 3 a run diverged, 130 interrupted
"""


@dataclass
class Flags:
    """What the command line asks for.

    given: the settings that stand there by themselves; asks: whether it says anything of the experiment.
    """

    command: str
    comparison: Comparison
    given: Collection[str]
    asks: bool
    save_experiment: str | None
    json: bool
    detach: bool
    devices: int
    max_restarts: int
    shard: bool
    requeue: bool
    language: str
    pace: Pace | None
    keys: str

    @property
    def opening(self) -> Comparison:
        """What the app opens on: what is asked for or, where nothing is, what shows most in a few seconds."""
        return self.comparison if self.asks else Comparison.preset(OPENING)


def read_flags(arguments: Sequence[str]) -> Flags:
    """Read the command line. Raises InputError; exits for --help and --version."""
    for argument in arguments:
        # A file's name in another encoding reaches Python as surrogates, which neither JSON nor a terminal takes.
        if not argument.isascii() and argument != argument.encode("utf-8", "replace").decode():
            raise InputError(f"{argument}: not UTF-8; rename the file")
    own = settings_of_code(arguments)
    given = make_parser(own.values()).parse_all(arguments)
    use_runs_folder(given)
    asked = vars(given)
    if asked["command"] in OWN_FLAGS:
        raise InputError(f"{asked['command']}: has flags of its own; write tui-trainer {asked['command']}, then those")
    if "preset" in asked and "experiment" in asked:
        raise InputError("--preset and --experiment: give one of the two")
    if "preset" in asked:
        comparison = Comparison.preset(asked["preset"])
    elif "experiment" in asked:
        comparison = Comparison.from_file(pasted_path(asked["experiment"]))
    else:
        comparison = Comparison.of()
    settings = values_of(asked, SETTINGS | own)
    return Flags(
        command=asked["command"] or "app",
        comparison=comparison.changed(**settings),
        given=settings,
        asks=bool(settings) or not asked.keys().isdisjoint(("preset", "experiment", "save_experiment")),
        save_experiment=pasted_path(asked["save_experiment"]) if "save_experiment" in asked else None,
        json=asked.get("json", False),
        detach=asked.get("detach", False),
        devices=whole(asked, "devices", least=1),
        max_restarts=whole(asked, "max_restarts", least=0),
        shard=asked.get("shard", False),
        requeue=asked.get("requeue", False),
        language=choose_language(asked.get("language")),
        pace=_pace(asked.get("pace")),
        keys=_keys(asked.get("keys", "")),
    )


def settings_of_code(arguments: Sequence[str]) -> dict[str, Setting]:
    """The parameters of the own code that the arguments name, or the experiment file that they name.

    It is read before all else, as these are flags as well. Raises InputError for code that isn't there, unless help is
    asked for.
    """
    named: dict[str, list[str]] = {}
    for argument, following in itertools.pairwise([*arguments, ""]):
        flag, equals, value = argument.partition("=")
        named.setdefault(flag, []).append(value if equals else following)
    wants_help = not named.keys().isdisjoint(("-h", "--help"))
    try:
        values = dict(DEFAULTS)
        if "--experiment" in named:
            with contextlib.suppress(InputError):  # whoever takes its settings says what is wrong
                values |= Comparison.from_file(pasted_path(named["--experiment"][0])).values
        for role in ROLES:
            if raw := named.get(f"--{role}"):
                values[role] = tuple(chain(*(SETTINGS[role].split(text) for text in raw)))
        return own_settings(values)
    except InputError:
        if wants_help:
            return {}
        raise


def _pace(text: str | None) -> Pace | None:
    """The value of `--pace`. Raises InputError for what is none."""
    try:
        return None if text is None else read_pace(text)
    except InputError as error:
        raise InputError(f"--{error}") from None


def _keys(name: str) -> str:
    """The value of `--keys`. Raises InputError for what is none."""
    if name and name not in KEY_SETS:
        raise InputError(f"--keys: {unknown(name, KEY_SETS)}")
    return name


def make_parser(own: Collection[Setting] = ()) -> Parser:
    """The parser of the whole command line, but for the flags of the commands that have flags of their own.

    own: the parameters of a person's own code, which are flags as well.
    """
    appearance: Any = {
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
        "argument_default": argparse.SUPPRESS,
        "epilog": EPILOG,
    }
    parser = Parser(
        prog="tui-trainer",
        description="Train small neural networks in the terminal and watch them learn.",
        **appearance,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    train = commands.add_parser(
        "train",
        help="train without the app",
        description="Train without the app: a progress bar for each run, then the fit and a table.",
        **appearance,
    )
    for name, help in OWN_FLAGS.items():
        commands.add_parser(name, help=help, add_help=False)
    bench = commands.add_parser(
        "bench",
        help="how fast this machine trains, by device, mode and size",
        description="Measure how fast this machine trains, in every mode and on every device.",
        **appearance,
    )
    for each in (parser, train, bench):
        _add_flags(each)
        each.add_settings(own)
    parser.add_language()
    parser.add_pace()
    parser.add_keys()
    train.add_argument("--detach", action="store_true", help="train in a process that no hang-up reaches")
    train.add_processes()
    help = "go on with the runs that this job, of SLURM or torchrun, has begun with these settings, if there are some"
    train.add_argument("--requeue", action="store_true", help=help)
    for command in (train, bench):
        command.add_argument("--json", action="store_true", help="one JSON object per line")
    return parser


def _add_flags(parser: Parser) -> None:
    """The flags of everything that trains."""
    parser.add_argument("--version", action="version", version=f"tui-trainer {__version__}")
    parser.add_runs_folder()
    group = parser.add_argument_group("experiments")
    help = "; ".join(f"{n}: {text}" for n, text in presets().items())
    completed_by(group.add_argument("--preset", metavar="NAME", help=help), lambda prefix: presets())
    for flag, help in (
        ("--experiment", "start from an experiment file"),
        ("--save-experiment", "write these settings to a new file"),
    ):
        completed_by(group.add_argument(flag, metavar="FILE.toml", help=help), files)
    parser.add_settings(SETTINGS.values())
