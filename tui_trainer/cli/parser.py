"""argparse as this command wants it: a flag for each setting, and errors in one line that says what would be right."""

import argparse
import difflib
import itertools
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, NoReturn

from tui_trainer.catalog import DATASETS, KEY_SETS
from tui_trainer.cli._argparse import commands_of, flags_of, title_options
from tui_trainer.cli.completions import completed_by, files, run_names, values
from tui_trainer.comparison import Comparison
from tui_trainer.engine.launched import LAUNCHER
from tui_trainer.engine.pace import AUTO, MAX
from tui_trainer.experiment import Experiment, is_own
from tui_trainer.lessons.language import LANGUAGES
from tui_trainer.named_data import as_path, pasted_path
from tui_trainer.runs.places import VARIABLE
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.settings import ROLES, Setting, by_section
from tui_trainer.wording import listed, quoted, unknown

SHARD = "--shard"


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
                if setting.type is bool and not setting.optional:
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
        help = "have them share out the weights, for a net that does not fit on one GPU"
        self.add_argument(SHARD, action="store_true", default=argparse.SUPPRESS, help=help)

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
            parameters = {name.partition(".")[2]: name for name in there}
            if not difflib.get_close_matches(flag.partition(".")[2], parameters, n=1):
                return (
                    f"{flag}: there {'is' if len(there) == 1 else 'are'} {listed(there) or 'none'}; --{role} FILE.py:"
                    "NAME has those of a function or class in that file that are annotated int, float, bool, str or "
                    "Literal, or one of these or None, or have such a default"
                )
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


def check_shared(shard: bool, processes: int) -> None:
    """Raises InputError where one process is to share out the weights, as torchrun may have started it too."""
    if shard and (processes == 1 or LAUNCHER in os.environ):
        raise InputError(f"{SHARD}: one process has nobody to share the weights with; give --devices 2 or more")


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


def _meant_as_data(word: str) -> str:
    """What to write for a bare word that names data; empty for another."""
    is_data = word in DATASETS or (not word.startswith("-") and as_path(word))
    return f"unknown: {word}; did you mean --data {word}?" if is_data else ""


def _help(setting: Setting, defaults: bool, say: Callable[[str], str] = str) -> str:
    names = f" {say(Sentence('One of {names}.', names=', '.join(setting.choices)))}" if setting.choices else ""
    ours = setting.schema is Experiment and not is_own(setting.name)
    default = "" if setting.default is None and not setting.optional else setting.show(setting.default)
    default = Comparison.of().text(setting.name) if ours else default
    return (setting.help + names + (f" [{default}]" if defaults and default else "")).replace("%", "%%")
