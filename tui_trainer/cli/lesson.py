"""`tui-trainer lesson`: the lessons without the app."""

import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from tui_trainer.catalog import LESSONS
from tui_trainer.charts.styles import STYLES
from tui_trainer.cli._argparse import UsageFormatter
from tui_trainer.cli.completions import completed_by, files
from tui_trainer.cli.console import open_console, print_chart, write_json
from tui_trainer.cli.exercise import add_exercise, write_or_check
from tui_trainer.cli.messages import INTERRUPTED, write_message
from tui_trainer.cli.parser import Parser, values_of
from tui_trainer.files import write_for_person
from tui_trainer.lessons.frame import Frame, Part, Plot
from tui_trainer.lessons.language import Texts, choose_language, language_of_locale, texts_in
from tui_trainer.lessons.pages import Page, errata, glossary
from tui_trainer.lessons.progress import Course, goals_met, keep_frame, read_progress
from tui_trainer.lessons.render import drawn, goal_mark, judged, missed, text_of, with_terms
from tui_trainer.named_data import pasted_path
from tui_trainer.sentence import InputError, Sentence
from tui_trainer.settings import Setting
from tui_trainer.wording import quoted

if TYPE_CHECKING:
    from tui_trainer.lessons.lesson import Lesson

CHART_ROWS = 16
HINTS = ("0", "1", "2", "3")
TEXT_WIDTH = 100


def lesson(arguments: Sequence[str]) -> int:
    """List the lessons, or print one. Returns the exit code. Raises InputError, in the language of the lessons."""
    texts = texts_in(language_of_locale())  # for a language that isn't there
    try:
        texts = texts_in(_language(arguments))
        return _lesson(arguments, texts)
    except InputError as error:
        raise InputError(texts.say(error)) from None


def _lesson(arguments: Sequence[str], texts: Texts) -> int:
    name = arguments[0] if arguments and not arguments[0].startswith("-") else None
    if name is None:
        listing = make_parser(texts).parse_all(arguments)
        for make in (glossary,) * listing.glossary + (errata,) * listing.errata:
            _read(make(texts), listing.json)
        if not (listing.glossary or listing.errata):
            _list(texts, listing.json)
        return 0
    if any(argument.partition("=")[0] in ("--write", "--check") for argument in arguments):
        return write_or_check(name, arguments[1:], texts)
    from tui_trainer.lessons.lesson import load_lesson  # which loads torch, and the list needs none

    shown = load_lesson(name, texts.language, flags=True)
    parser = make_parser_of(shown)
    asked = vars(parser.parse_all(arguments[1:]))
    own = ("json", "to", "hints", "language", "write", "check")
    json, file, hints, *_ = (asked.pop(name) for name in own)
    given = values_of(asked, shown.inputs)
    for asking in map(shown.inputs.__getitem__, given.keys() & {"draw", "guess"}):  # they may be of another page
        if asking.needs and asking.needs.setting not in given:
            given |= {name: [text] for name, text in shown.turned_to(asking, {}).items()}
    inputs = shown.read(given)
    for setting in map(shown.inputs.__getitem__, given):
        if setting.needs and not setting.needs.met(other := getattr(inputs, setting.needs.setting)):
            raise InputError(setting.why_no_effect(setting.show(getattr(inputs, setting.name)), other))
    hints = "0" if hints is None else hints
    if hints not in HINTS:
        said = Sentence("{value} won't do; give {wanted}", value=quoted(hints), wanted=", ".join(HINTS))
        raise InputError(Sentence("{name}: {said}", name="--hints", said=said))
    if file is not None:
        write_for_person(Path(pasted_path(file)).expanduser(), shown.script(inputs).encode())
    try:
        frame, course = _last_frame(shown, inputs, json)
    except KeyboardInterrupt:
        return INTERRUPTED
    if not json:
        _print(shown, inputs, frame, course, int(hints))
    return 0


def make_parser(texts: Texts) -> Parser:
    """The flags of the list of lessons; texts: of the language that they are explained in."""
    parser = _common("[NAME]", texts.say(Sentence("List the lessons; with a name, print that one.")), texts)
    for flag, help in (
        ("--glossary", Sentence("say what the terms mean")),
        ("--errata", Sentence("say what the article has wrong")),
    ):
        parser.add_argument(flag, action="store_true", help=texts.say(help))
    return parser


def make_parser_of(shown: "Lesson[Any]") -> Parser:
    """The flags of one lesson, among them its inputs."""
    texts = shown.around
    parser = _common(shown.name, shown.texts("title"), texts)
    to, hints = Sentence("write the lesson as a script of plain PyTorch"), Sentence("give so many hints, up to 3")
    completed_by(parser.add_argument("--to", metavar="FILE", help=texts.say(to)), files)
    completed_by(parser.add_argument("--hints", metavar="N", help=texts.say(hints)), lambda prefix: HINTS[1:])
    add_exercise(parser, shown.name)
    parser.add_settings(shown.inputs.values())
    return parser


def _common(name: str, description: str, texts: Texts) -> Parser:
    parser = Parser(
        say=texts.say,
        prog=f"tui-trainer lesson {name}",
        description=description,
        allow_abbrev=False,
        argument_default=None,
        formatter_class=partial(UsageFormatter, begin=f"{texts.say(Sentence('usage:'))} "),
    )
    parser.add_argument("--json", action="store_true", help=texts.say(Sentence("one JSON object per line")))
    parser.add_language()
    return parser


def _language(arguments: Sequence[str]) -> str:
    """The language that is asked for; looked up first, as the help of the other flags is in it."""
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--language")
    language: str | None = parser.parse_known_args(arguments)[0].language
    return choose_language(language)


def _list(texts: Texts, json: bool) -> None:
    met = goals_met()
    if json:
        for name in LESSONS:
            write_json({"lesson": name, "help": texts(f"{name}.title"), "met": name in met})
        return
    console = open_console()
    for number, name in enumerate(LESSONS, 1):
        mark = ("●", STYLES["good"]) if name in met else ("○", STYLES["quiet"])
        console.print(Text.assemble(f"{number:>2} ", mark, f" {name:<12} {texts(f'{name}.title')}"))
    said = texts("around.goals_met", met=len(met), all=len(LESSONS))
    console.print(Text(f"\n{said}. {texts('around.command')}", STYLES["quiet"]))


def _read(page: Page, json: bool) -> None:
    """Print a page."""
    if json:
        for head, body in page.rows:
            write_json({"head": head, "body": body})
        return
    console = open_console()
    console.print(Text(f"{page.title}\n", STYLES["strong"]))
    for head, body in page.rows:
        console.print(Text(head, STYLES["strong"]))
        console.print(Padding(Text(body), (0, 0, 1, 4)), width=min(console.width, TEXT_WIDTH))


def _last_frame(shown: "Lesson[Any]", inputs: Any, json: bool) -> tuple[Frame, Course]:
    """Go through the frames, telling their numbers on the way where they are wanted, and keep what they judge."""
    name = shown.section(inputs).name
    course = read_progress()[name]
    shown.seen = course.seen
    waiting = Console(stderr=True).status(shown.texts.say(Sentence("the lesson is running")))
    if sys.stderr.isatty():
        waiting.start()
    try:
        for frame in shown.frames(inputs):
            for facts in frame.facts if json else ():
                write_json(facts)
            if course.note(frame, shown.times):
                try:
                    keep_frame(name, frame, shown.times)
                except InputError as error:
                    write_message(shown.around("not_kept", reason=error))
    finally:
        waiting.stop()
    return frame, course


def _print(shown: "Lesson[Any]", inputs: Any, frame: Frame, course: Course, hints: int) -> None:
    console, around, section = open_console(), shown.around, shown.section(inputs)
    width = min(console.width, TEXT_WIDTH)
    console.print(Text.assemble((f"{shown.name}: {shown.texts('title')}", STYLES["strong"]), "\n"))
    console.print(with_terms(section.text, "underline"), width=width)
    console.print()
    console.print(Text(around("article", words=shown.texts("article")), STYLES["quiet"]), width=width)
    console.print()
    flags = " ".join(_flag(setting, getattr(inputs, setting.name)) for setting in shown.active(inputs).values())
    console.print(Text(flags, STYLES["quiet"]), width=width)
    for part in frame.parts:
        console.print()
        _print_part(console, part)
    console.print(f"\n{around('in_plain_pytorch')}\n")
    script = shown.script(inputs)
    code = Syntax(script, "python", theme="ansi_dark", background_color="default").highlight(script)
    console.print(code, soft_wrap=True)  # a line that is broken could not be pasted and run
    console.print()
    for number, hint in enumerate(section.hints[:hints], 1):
        console.print(Text.assemble((around("hint", number=number, all=len(section.hints)), STYLES["mark"]), hint))
    goal = f"{section.goal} {section.known}" if course.met else section.goal
    mark = goal_mark(course, shown.times, STYLES, around, missed(frame, course))
    console.print(Text.assemble(mark, goal), width=width)
    if frame.said:
        console.print(Text(judged(frame, course, around)), width=width)


def _flag(setting: Setting, value: object) -> str:
    """The flag that gives this value."""
    if setting.type is bool:
        return setting.flag if value else f"--no-{setting.flag[2:]}"
    return f"{setting.flag} {shlex.quote(setting.show(value))}"


def _print_part(console: Console, part: Part) -> None:
    match part:
        case Plot():
            console.print(text_of(part.title, STYLES))
            print_chart(console, part.chart, CHART_ROWS)
            if part.under:
                console.print(Text(part.under, STYLES["quiet"]))
        case _:
            console.print(drawn(part, STYLES))
