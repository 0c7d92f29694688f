"""`tui-trainer lesson NAME --write FILE.py` and `--check FILE.py`: the writing exercises without the app."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from tui_trainer.catalog import LESSONS
from tui_trainer.charts.styles import STYLES
from tui_trainer.cli.console import open_console, write_json
from tui_trainer.cli.messages import INTERRUPTED, write_message
from tui_trainer.cli.parser import Parser
from tui_trainer.escape import printable
from tui_trainer.files import read_text, write_for_person
from tui_trainer.lessons.exercises.checker import Checker
from tui_trainer.lessons.exercises.exercise import MAX_BYTES, Exercise, Outcome, load_exercise
from tui_trainer.lessons.language import Texts
from tui_trainer.lessons.progress import keep_written
from tui_trainer.named_data import pasted_path
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.wording import unknown

WRITE = Sentence("write the lines with holes, for you to fill")
CHECK = Sentence("check yours: exit code 0 if it passes, else 1")


def add_exercise(parser: Parser, name: str) -> None:
    """Add the flags that `write_or_check` takes for the exercise of this name."""
    optional: Any = {"metavar": "FILE", "nargs": "?", "const": f"{name}.py"}
    parser.add_argument("--write", **optional, help=parser.say(WRITE) + f" [{name}.py]")
    parser.add_argument("--check", **optional, help=parser.say(CHECK) + f" [{name}.py]")


def write_or_check(name: str, arguments: Sequence[str], texts: Texts) -> int:
    """Write an exercise's lines with holes to a new file, or check one, in the language of these texts.

    Returns the exit code. Raises InputError.
    """
    parser = Parser(say=texts.say, prog=f"tui-trainer lesson {name}", allow_abbrev=False, argument_default=None)
    parser.add_argument("--json", action="store_true", help=parser.say(Sentence("what came of the check, as JSON")))
    parser.add_language()
    add_exercise(parser, name)
    if name not in LESSONS:
        raise InputError(Sentence("lesson {said}", said=unknown(name, LESSONS)))
    asked = parser.parse_all(arguments)
    if asked.write is not None and asked.check is not None:
        raise InputError(Sentence("--write, --check: one at a time; give one of them"))
    exercise = load_exercise(name, texts.language)
    path = Path(pasted_path(asked.write or asked.check or "")).expanduser()
    return _write(exercise, path) if asked.check is None else _check(exercise, path, asked.json)


def _write(exercise: Exercise, path: Path) -> int:
    write_for_person(path, exercise.file.encode())
    file = printable(path)
    command = f"tui-trainer lesson {exercise.name} --check {shlex.quote(file)}"
    open_console().print(Text(exercise.texts("written", file=file, command=command)), soft_wrap=True)
    return 0


def _check(exercise: Exercise, path: Path, json: bool) -> int:
    source = read_text(path, MAX_BYTES)
    waiting = Console(stderr=True).status(exercise.texts("checking_command"))
    if sys.stderr.isatty():
        waiting.start()
    try:
        with Checker() as checker:
            outcome = checker.check(exercise.name, source)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        waiting.stop()
    if json:
        said = {"lesson": exercise.name, "passed": outcome.passed, "said": exercise.sentence(outcome)}
        write_json({**said, "printed": outcome.printed})
    else:
        _print(exercise, outcome)
    if outcome.passed:
        _keep(exercise)
    return 0 if outcome.passed else 1


def _print(exercise: Exercise, outcome: Outcome) -> None:
    console = open_console()
    if outcome.printed:
        console.print(Text(exercise.texts("printed"), STYLES["quiet"]))
        console.print(Text("\n".join(f"  {line}" for line in exercise.printed(outcome))), soft_wrap=True)
    mark = ("✓ ", STYLES["good"]) if outcome.passed else ("✗ ", STYLES["bad"])
    console.print(Text.assemble(mark, exercise.sentence(outcome)), soft_wrap=True)
    if outcome.warnings:
        console.print(Text(exercise.texts("warnings", count=outcome.warnings), STYLES["quiet"]))


def _keep(exercise: Exercise) -> None:
    try:
        keep_written(exercise.name)
    except InputError as error:
        write_message(exercise.around("not_kept", reason=error))
