"""Every screen at five sizes and four palettes: nothing is invisible, nothing is cut that then says something else."""

import asyncio
import importlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pkgutil import iter_modules
from typing import Any, cast

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from textual.events import Resize
from textual.filter import monochrome_style
from textual.geometry import Region, Size
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip

from tests.tui.test_pictures import COMPARISON, STATES
from tests.tui.test_runs import keep
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.screens.lesson import LessonScreen
from tui_trainer.tui.screens.runs import RunsScreen
from tui_trainer.tui.screens.sized import SizedScreen
from tui_trainer.tui.themes import DARK, DARK_16, LIGHT, LIGHT_16
from tui_trainer.tui.widgets.chart_view import ChartView

SIZES = ((200, 60), (120, 40), (80, 24), (60, 20), (40, 12))  # in the first, all has room
# What stands on a screen only where not all has room.
ONLY_WHERE_LITTLE_FITS = {
    "more",
    "scroll",
    "←",
    "→",
    "↑",
    "↓",
    "…",
    *"end: the picture home: the text".replace(":", "").split(),
}
WITHOUT_FRAMES = str.maketrans(dict.fromkeys("─│╭╮╰╯━╸┈┬└┤┼▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐", " "))
ONLY_NOW = re.compile(r"\d[\d.]* [smhd]\b|\d+ more columns?")  # how old a run is, and what has no room
OF_SIXTEEN = replace(DARK_16, name="dark of 16"), replace(LIGHT_16, name="light of 16")
COLOURED = {"charts", "step", "pick", "autograd", "activations", "table"}  # between them they have every colour
THEMES = [theme.name for theme in (DARK, LIGHT, *OF_SIXTEEN)]
LEAST_CONTRAST = 1.7  # what is greyed on purpose has the least; a colour on itself has 1

Visit = Callable[[Pilot], Awaitable[None]]


async def until(pilot: Pilot, true: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await pilot.pause(0.01)


async def settle(pilot: Pilot) -> None:
    for _ in range(2):
        await pilot.pause(0.01)


def keys(*pressed: str) -> Visit:
    async def visit(pilot: Pilot) -> None:
        for key in pressed:
            pilot.app.simulate_key(key)
            await settle(pilot)

    return visit


def on_runs(*pressed: str) -> Visit:
    async def visit(pilot: Pilot) -> None:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and pilot.app.screen.selection.runs)
        screen: Any = pilot.app.screen
        await until(pilot, lambda: None not in screen._loader.request(screen.selected))
        await keys(*pressed)(pilot)

    return visit


def lesson(name: str, *pressed: str) -> Visit:
    """Open a lesson, from wherever one is, and press keys there."""

    async def visit(pilot: Pilot) -> None:
        if pilot.app.current_mode != "lessons":
            await pilot.press("2")
            await settle(pilot)
        if isinstance(pilot.app.screen, LessonScreen):
            await pilot.press("escape")
            await settle(pilot)
        index: Any = pilot.app.screen
        lessons = index.lessons
        lessons.load(name)
        if name == "activations":
            lessons.texts[name]["steps"] = "0"  # a race takes long
        index.open(name)
        screen: Any = pilot.app.screen
        await until(pilot, lambda: screen.frame)
        for key in pressed:
            seen = screen.frames_seen
            await pilot.press(key)
            if key == "n":
                await until(pilot, lambda seen=seen: screen.frames_seen > seen or screen.player.over)
        await settle(pilot)

    return visit


# Through each tour one goes in one app, of this state, from screen to screen.
TOURS: dict[str, tuple[str, dict[str, Visit]]] = {
    "running": ("running", {"charts": keys(), "settings": keys("S"), "log": keys("escape", "l")}),
    "step": ("step", {"step": keys("f")}),
    "dialogs": ("ready", {"pick": keys("a"), "ask": keys("escape", "E"), "help": keys("escape", "?")}),
    "lessons": (
        "ready",
        {"index": keys("2")}
        | {name: lesson(name, "n") for name in ("tensors", "autograd", "activations")}
        | {"code": keys("c")},
    ),
    "runs": (
        "ready",
        {
            "table": on_runs("space", "down", "space"),
            "difference": keys("="),
            "export": keys("escape", "w"),
        },
    ),
}


async def resize(pilot: Pilot, size: tuple[int, int]) -> None:
    app: Any = pilot.app
    new = Size(*size)
    app._driver._size = new
    app.post_message(Resize(new, new, new))
    await until(pilot, lambda: app.screen.size == new)
    await settle(pilot)
    app.training.draw()
    await settle(pilot)


@asynccontextmanager
async def started(state: str) -> AsyncIterator[Pilot]:
    """The app in the smallest terminal, with runs in this state."""
    app = TrainerApp(COMPARISON, STATES[state])
    async with app.run_test(size=SIZES[-1]) as pilot:
        await until(pilot, lambda: app.session.records)
        yield pilot


def strips(app: TrainerApp) -> list[Strip]:
    """What the terminal is sent, row by row."""
    rows = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens).strips
    return [Strip.join(list(row)) for row in rows]


def in_front(app: TrainerApp) -> Region:
    """Where the dialog stands, or else the drawer; or all."""
    drawer = app.training.query_one("#side") if app.screen is app.training and app.screen.has_class("-narrow") else None
    for widget in [*app.screen.query(".dialog"), *([drawer] if drawer and drawer.display else [])]:
        return widget.region
    return Region(0, 0, *app.size)


def charts(app: TrainerApp) -> list[Region]:
    """Where the insides of charts stand: their ticks are chosen by the room there is."""
    seen = app.screen._compositor.visible_widgets
    return [
        area.shrink((1, 1, 1, 1)).intersection(clip) for w, (area, clip) in seen.items() if isinstance(w, ChartView)
    ]


def words(app: TrainerApp) -> list[str]:
    """All that is written, word by word, but for what charts draw."""
    box, holes = in_front(app), charts(app)
    found: list[str] = []
    for y, strip in list(enumerate(strips(app)))[box.y : box.bottom]:
        row = strip.text
        for hole in holes:
            if hole.y <= y < hole.bottom:
                row = row[: hole.x] + " " * hole.width + row[hole.right :]
        found += ONLY_NOW.sub("", row[box.x : box.right].translate(WITHOUT_FRAMES)).split()
    return found


def contrast(one: Color, other: Color) -> float:
    """The ratio of two colours' luminances, as WCAG has it: from 1 to 21."""

    def luminance(colour: Color) -> float:
        parts = [part / 255 for part in colour.get_truecolor(DEFAULT_TERMINAL_THEME)]
        r, g, b = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def reduced_to(system: ColorSystem) -> Callable[[Style], tuple[Color, Color]]:
    def colours(style: Style) -> tuple[Color, Color]:
        return style.color.downgrade(system), style.bgcolor.downgrade(system)

    return colours


def without_colour(style: Style) -> tuple[Color, Color]:
    grey = monochrome_style(style)
    return grey.color, grey.bgcolor


PALETTES = {
    "truecolor": reduced_to(ColorSystem.TRUECOLOR),
    "256": reduced_to(ColorSystem.EIGHT_BIT),
    "16": reduced_to(ColorSystem.STANDARD),
    "none": without_colour,
}


def palettes(app: TrainerApp) -> list[str]:
    """The palettes that the present theme is for."""
    few = app.theme in [theme.name for theme in OF_SIXTEEN]
    return [palette for palette in PALETTES if (palette == "16") is few]


def illegible(app: TrainerApp, *palettes: str) -> set[str]:
    """What is written in the colour, or nearly in the colour, that it stands on."""
    box, seen = in_front(app), set()
    for y, strip in enumerate(strips(app)):
        x = 0
        for text, style, _ in strip:
            if any(sign.isalnum() for sign in text) and box.contains(x, y):
                seen.add((style, text.strip()))
            x += len(text)
    faults = set()
    for style, text in seen:
        for palette in palettes:
            front, back = PALETTES[palette](style)[:: -1 if style.reverse else 1]
            if contrast(front, back) < LEAST_CONTRAST:
                faults.add(f"{text!r} in {palette} colours ({app.theme}): {front.name} on {back.name}")
    return faults


def rounded(word: str, whole: set[str]) -> bool:
    """Whether a number is one of the whole ones, with fewer digits."""
    if not re.fullmatch(r"\d+\.\d+", word):
        return False
    numbers = [each for each in (word, *whole) if re.fullmatch(r"\d+\.\d+", each)]
    half = {each: 0.5 * 10.0 ** -len(each.partition(".")[2]) for each in numbers}  # of the last digit of each
    return any(abs(float(each) - float(word)) <= half[each] + half[word] for each in numbers[1:])


def cut(found: list[str], whole: set[str]) -> set[str]:
    """Words that are none of the whole ones, nor say by … that they go on; and numbers that do."""
    faults = set()
    for word in found:
        start, more, end = word.partition("…")
        if more and re.search(r"\d[.,]?$", start):
            faults.add(f"{word!r} is cut inside a number")
        elif word.strip(",;:") in whole | ONLY_WHERE_LITTLE_FITS or rounded(word, whole):
            continue
        elif not (more and any(each.startswith(start) and each.endswith(end) for each in whole)):
            faults.add(f"{word!r} is no word")
    return faults


@pytest.mark.slow
@pytest.mark.parametrize("tour", TOURS)
async def test_12_09_every_screen_at_five_sizes_and_four_palettes(tour):
    """Takes seconds, as so many screens are drawn."""
    if tour == "runs":
        keep(activation="tanh", epochs=8)
        keep(activation="identity", lr=0.01)
        keep(steps=4, activation="sin")
    state, screens = TOURS[tour]
    faults: list[str] = []
    async with started(state) as pilot:
        app = cast("TrainerApp", pilot.app)
        for theme in OF_SIXTEEN:
            app.register_theme(theme)
        for name, visit in screens.items():
            await visit(pilot)
            written: dict[tuple[int, int], list[str]] = {}
            for size in SIZES:
                await resize(pilot, size)
                written[size] = words(app)
                here = illegible(app, *palettes(app))
                if size == (80, 24) and name in COLOURED:
                    for theme in [name for name in THEMES if name != app.theme]:
                        app.theme = theme
                        await settle(pilot)
                        here |= illegible(app, *palettes(app))
                faults += [f"{tour}, {name}, {size}: {fault}" for fault in here]
            whole = {word.strip(",;:") for word in written[SIZES[0]]}
            faults += [f"{tour}, {name}, {size}: {fault}" for size in SIZES for fault in cut(written[size], whole)]
    assert not faults, "\n".join(sorted(faults))


@pytest.mark.slow
async def test_12_09_a_terminal_of_sixteen_colours_gets_themes_of_sixteen(monkeypatch):
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "standard")
    async with started("running") as pilot:
        for _ in range(2):
            await resize(pilot, (80, 24))
            assert not illegible(pilot.app, "16")
            await pilot.press("t")


async def test_12_09_words_and_stage_of_a_small_terminal_are_scrolled_through_by_the_arrows():
    async with started("ready") as pilot:
        await lesson("descent", "n")(pilot)
        words, stage = (pilot.app.screen.query_one(name) for name in ("#words", "#stage"))
        for size in ((40, 12), (60, 20)):
            await resize(pilot, size)
            assert stage.size.width >= size[0] - 4, "a step was taken: it is the stage that is seen"
            assert not words.display
        await pilot.press("up")
        await until(pilot, lambda: words.display and not stage.display)
        await pilot.press("home", "down")
        await until(pilot, lambda: words.scroll_y == 1)
        await pilot.press("n")
        await until(pilot, lambda: stage.display and not words.display)


@pytest.mark.slow
async def test_12_09_the_smallest_terminal_shows_runs_and_each_chart_in_turn():
    keep(activation="tanh", epochs=8)
    async with started("ready") as pilot:
        await on_runs()(pilot)
        screen = pilot.app.screen
        table = screen.query_one("#kept")
        assert table.size.height >= 3
        seen = []
        for _ in range(4):
            seen.append([screen.query_one(name).display for name in ("#kept", "#kept-charts")])
            await pilot.press("f")
            await settle(pilot)
        assert seen == [[True, False], [False, True], [False, True], [True, False]]
        await pilot.press("f", "f")
        await settle(pilot)
        assert pilot.app.focused is table


def test_every_screen_knows_its_size():
    from tui_trainer.tui import screens

    modules = [importlib.import_module(f"{screens.__name__}.{found.name}") for found in iter_modules(screens.__path__)]
    made = {thing for module in modules for thing in vars(module).values() if isinstance(thing, type)}
    own = [thing for thing in made if issubclass(thing, Screen) and thing.__module__.startswith(screens.__name__)]
    assert len(own) >= 8
    assert all(issubclass(screen, SizedScreen) for screen in own)


def test_12_09_themes_of_sixteen_colours_say_what_the_others_say():
    for full, few in ((DARK, DARK_16), (LIGHT, LIGHT_16)):
        assert full.variables.keys() == few.variables.keys()
        assert (full.name, full.dark) == (few.name, few.dark)
        runs = [colour for role, colour in few.variables.items() if role.startswith("run")]
        assert len(set(runs)) == len(runs)
