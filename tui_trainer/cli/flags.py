"""The flags: one for each setting of the schema, and a few of the command's own."""

import argparse
import contextlib
import difflib
import itertools
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, NoReturn

from tui_trainer import __version__
from tui_trainer.catalog import DATASETS, KEY_SETS
from tui_trainer.cli._argparse import commands_of, flags_of, title_options
from tui_trainer.cli.completions import completed_by, files, run_names, values
from tui_trainer.comparison import DEFAULTS, OPENING, Comparison, presets
from tui_trainer.engine.pace import AUTO, MAX, Pace, read_pace
from tui_trainer.experiment import Experiment, InputError, is_own
from tui_trainer.lessons.language import LANGUAGES, choose_language
from tui_trainer.named_data import as_path, pasted_path
from tui_trainer.own_settings import own_settings
from tui_trainer.runs.places import VARIABLE
from tui_trainer.sentence import Sentence
from tui_trainer.settings import ROLES, SETTINGS, Setting, by_section, quoted, unknown

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
    requeue: bool
    language: str
    pace: Pace | None
    keys: str

    @property
    def opening(self) -> Comparison:
        """What the app opens on: what is asked for or, where nothing is, what shows most in a few seconds."""
        return self.comparison if self.asks else Comparison.preset(OPENING)


class Given(argparse.Namespace):
    """What was given: lists are joined where a flag stands more than once, and of one value there can be no second."""

    def __setattr__(self, name: str, value: Any) -> None:
        before = vars(self).get(name)
        if isinstance(value, list):
            value = [*(before or []), *value]
        elif isinstance(before, str) and value != before:
            flag = "--" + name.replace("_", "-")
            given = {"flag": flag, "before": quoted(before), "value": quoted(value)}
            raise InputError(Sentence("{flag}: given twice, as {before} and as {value}; give one", **given))
        super().__setattr__(name, value)


class Switch(argparse.BooleanOptionalAction):
    """`--name` and `--no-name`, each time that one of them stands there."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        setattr(namespace, self.dest, [not str(option_string).startswith("--no-")])


class Parser(argparse.ArgumentParser):
    """argparse whose errors are one line that says what would be right, and whose values may begin with a minus.

    say: says a `Sentence` in another language.
    """

    def __init__(self, *args: Any, say: Callable[[str], str] = str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.say = say
        title_options(self, say(Sentence("options")))
        if help := flags_of(self).get("--help"):
            help.help = say(Sentence("show this help message and exit"))
        self.synonyms: dict[str, str] = {}  # what people write for a flag, and that flag

    def add_settings(self, settings: Iterable[Setting], defaults: bool = True) -> None:
        """Add a flag for each setting; `defaults`: whether what is not given is the schema's default.

        `parse_all` gives each a list of values.
        """
        for section, its_settings in by_section(settings).items():
            group = self.add_argument_group(f"{section} settings" if section else self.say(Sentence("settings")))
            for setting in its_settings:
                for word in (setting.title.lower().replace(" ", "-"), *setting.synonyms):
                    self.synonyms[f"--{word}"] = setting.flag
                if setting.type is bool:
                    group.add_argument(setting.flag, action=Switch, help=_help(setting, defaults, self.say))
                else:
                    metavar = setting.type.__name__.upper()
                    action = group.add_argument(
                        setting.flag, nargs=1, metavar=metavar, help=_help(setting, defaults, self.say)
                    )
                    completed_by(action, partial(values, setting))

    def add_runs_folder(self) -> None:
        """Add the flag that `use_runs_folder` reads."""
        folder = self.add_argument(
            "--runs-dir", metavar="FOLDER", default=argparse.SUPPRESS, help=f"where runs are stored [{VARIABLE}]"
        )
        completed_by(folder, files)

    def add_run(self, help: str, **more: Any) -> None:
        """Add the run that `runs.library.find` finds."""
        completed_by(self.add_argument("run", metavar="RUN", help=help, **more), run_names)

    def add_language(self) -> None:
        """Add the flag that `lessons.language.choose_language` takes."""
        help = Sentence("language of the lessons: {names} [the locale's, or en]", names=", ".join(LANGUAGES))
        language = self.add_argument("--language", metavar="NAME", help=self.say(help))
        completed_by(language, lambda prefix: LANGUAGES)

    def add_pace(self) -> None:
        """Add the flag that `engine.pace.read_pace` reads."""
        pace = self.add_argument(
            "--pace",
            metavar="NAME",
            help=f"at which the app trains: {AUTO} (some 8 seconds a run), {MAX}, or a number of epochs a second; "
            "the commands always go at full speed [that of the last time]",
        )
        completed_by(pace, lambda prefix: (AUTO, MAX))

    def add_keys(self) -> None:
        """Add the flag that names a set of keys."""
        said = "; ".join(f"{name}: {choice.help}" for name, choice in KEY_SETS.items())
        keys = self.add_argument("--keys", metavar="NAME", help=f"the app's keys: {said} [as in app.toml]")
        completed_by(keys, lambda prefix: {name: choice.help for name, choice in KEY_SETS.items()})

    def add_processes(self) -> None:
        """Add the flags of several processes that train together."""
        for flag, help in (
            (
                "--devices",
                "train with so many processes, each on a GPU of its own, or all on the CPU [1]",
            ),
            ("--max-restarts", "how often to start them again from the last checkpoint when one dies [0]"),
        ):
            self.add_argument(flag, metavar="INT", default=argparse.SUPPRESS, help=help)

    def add_moved_data(self) -> None:
        """Add the flag whose value `runs.samples.moved` takes."""
        data = self.add_argument("--data", metavar="FILE", help="where the run's data is now, if it was moved")
        completed_by(data, files)

    def error(self, message: str) -> NoReturn:
        flag, _, wrong = message.removeprefix("argument ").partition(": ")
        if wrong in ("expected 1 argument", "expected one argument"):
            advice = Sentence("expected one argument; write --flag=VALUE for a value that begins with two dashes")
            message = Sentence("argument {flag}: {said}", flag=flag, said=advice)
        elif wrong.startswith("ignored explicit argument "):
            value = wrong.removeprefix("ignored explicit argument ")
            message = Sentence("argument {flag}: ignored explicit argument {value}", flag=flag, value=value)
        elif "invalid choice" in message:
            word = message.partition("invalid choice: '")[2].partition("' (")[0]
            message = _meant_as_data(word) or f"command {unknown(word, commands_of(self))}"
        raise InputError(message)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        return super().parse_known_args(args, Given() if namespace is None else namespace)

    def parse_all(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse the arguments. Raises InputError for one that there is no place for."""
        arguments, flags = self._with_values(arguments), self._flags
        for argument in itertools.takewhile(lambda each: each != "--", arguments):
            if re.match(r"-\D", argument) and flags and argument.partition("=")[0] not in flags:
                raise InputError(self._unknown(argument))
        given = Given()
        _, rest = self.parse_known_args(arguments, given)
        if rest:
            raise InputError(self._unknown(rest[0]))
        return given

    def _with_values(self, arguments: Sequence[str]) -> list[str]:
        """`--x -5..5` as `--x=-5..5`: argparse would take the value for a flag."""
        flags, joined, rest = self._flags, list[str](), list(arguments)
        while rest and rest[0] != "--":
            argument = rest.pop(0)
            takes_value = argument in flags and flags[argument].nargs != 0
            value = rest[0] if rest and takes_value else ""
            if re.match(r"-[^-]|--[^a-zA-Z]", value) and value not in flags:
                argument = f"{argument}={rest.pop(0)}"
            joined.append(argument)
        return joined + rest

    def _unknown(self, argument: str) -> str:
        """Say that there is no place for an argument, and what it is near to."""
        flag = argument.partition("=")[0]
        if has_it := [name for name, command in commands_of(self).items() if flag in flags_of(command)]:
            return f"{flag}: the app has no such flag; write tui-trainer {has_it[0]} {flag}"
        if is_own(flag) and (role := flag.removeprefix("--").partition(".")[0]) in ROLES:
            there = [name for name in self._flags if name.startswith(f"--{role}.")]
            if not there:
                return f"{flag}: --{role} names no code of your own with parameters; write --{role} FILE.py:NAME"
        if flag in flags_of(self):
            return f"{flag}: only the app has this flag; leave it away"
        if "--data" in self._flags and (data := _meant_as_data(argument)):
            return data
        names = self.synonyms | {name: name for name in self._flags}
        near = []
        if flag.startswith("-"):
            near = difflib.get_close_matches("--" + flag.lstrip("-").replace("_", "-"), names, n=1, cutoff=0.7)
        if near:
            return Sentence("unknown: {argument}; did you mean {near}?", argument=argument, near=names[near[0]])
        return Sentence("unknown: {argument}; see --help", argument=argument)

    @property
    def _flags(self) -> dict[str, argparse.Action]:
        """Every flag there is, a command's too."""
        flags = flags_of(self)
        for command in commands_of(self).values():
            flags |= flags_of(command)
        return flags


def read_flags(arguments: Sequence[str]) -> Flags:
    """Read the command line. Raises InputError; exits for --help and --version."""
    for argument in arguments:
        # A file's name in another encoding reaches Python as surrogates, which neither JSON nor a terminal takes.
        if not argument.isascii() and argument != argument.encode("utf-8", "replace").decode():
            raise InputError(f"{argument}: not UTF-8; rename the file")
    parser, own = make_parser(), _own_settings(arguments)
    for each in (parser, *commands_of(parser).values()):
        if isinstance(each, Parser) and "--model" in flags_of(each):
            each.add_settings(own.values())
    given = parser.parse_all(arguments)
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
        requeue=asked.get("requeue", False),
        language=choose_language(asked.get("language")),
        pace=_pace(asked.get("pace")),
        keys=_keys(asked.get("keys", "")),
    )


def _own_settings(arguments: Sequence[str]) -> dict[str, Setting]:
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


def values_of(asked: Mapping[str, Any], settings: Mapping[str, Setting]) -> dict[str, list[Any]]:
    """The values of each setting that was given. Raises InputError for a comma without a value."""
    return {
        name: list(chain(*(setting.split(raw) if isinstance(raw, str) else [raw] for raw in asked[name])))
        for name, setting in settings.items()
        if asked.get(name)
    }


def use_runs_folder(asked: argparse.Namespace) -> None:
    """Keep runs where the flag says; processes that this one starts do so as well."""
    if "runs_dir" in asked:
        os.environ[VARIABLE] = os.path.abspath(os.path.expanduser(pasted_path(asked.runs_dir)))


def whole(asked: Mapping[str, Any], name: str, least: int) -> int:
    """The whole number of a flag, the least one where it is not given. Raises InputError for what is none."""
    text = asked.get(name)
    if text is None:
        return least
    if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) < least:
        raise InputError(f"--{name.replace('_', '-')}: {quoted(text)} is no number from {least} on")
    return int(text)


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


def _meant_as_data(word: str) -> str:
    """What to write for a bare word that names data; empty for another."""
    is_data = word in DATASETS or (not word.startswith("-") and as_path(word))
    return f"unknown: {word}; did you mean --data {word}?" if is_data else ""


def make_parser() -> Parser:
    """The parser of the whole command line, but for the flags of the commands that have flags of their own."""
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


def _help(setting: Setting, defaults: bool, say: Callable[[str], str] = str) -> str:
    names = f" {say(Sentence('One of {names}.', names=', '.join(setting.choices)))}" if setting.choices else ""
    ours = setting.schema is Experiment and not is_own(setting.name)
    default = "" if setting.default is None else setting.show(setting.default)
    default = Comparison.of().text(setting.name) if ours else default
    return (setting.help + names + (f" [{default}]" if defaults and default else "")).replace("%", "%%")
