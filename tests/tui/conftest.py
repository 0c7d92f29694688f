"""The app in a test: driven by keys, watched until something is true."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.events import Key, Resize
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.pilot import Pilot

from tui_trainer.comparison import Comparison
from tui_trainer.named_data import as_path
from tui_trainer.tui.app import TrainerApp

PATIENCE = 120.0
PARSE, PARSED = Stylesheet._parse_rules, dict[tuple[Any, ...], list[RuleSet]]()


class Driver:
    """The real app with the real engine, and what a test wants to do with it."""

    def __init__(self, app: TrainerApp, pilot: Pilot) -> None:
        self.app, self.pilot = app, pilot
        self.session, self.screen = app.session, app.training

    async def until(self, true: Callable[[], object]) -> None:
        """Wait for a condition, letting the app go on.

        Pilot's own `pause` asks each widget for an answer each time: so much work that frames are no longer paid for.
        """
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.02)

    async def press(self, *keys: str) -> None:
        """Press keys, each when the one before has had its effect.

        Pilot's own `press` waits for an idle process, which one that trains never is.
        """
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(Key(name, key if len(key) == 1 else None))
            await self.settle()

    async def resize(self, width: int, height: int) -> None:
        """Give the terminal another size, and wait as `press` does: Pilot's own waits for an idle process."""
        size = Size(width, height)
        self.app._driver._size = size
        self.app.post_message(Resize(size, size, size))
        await self.settle()

    async def settle(self) -> None:
        """Let messages arrive, and those that they cause."""
        for _ in range(3):
            if self.app.is_running:
                await self.pilot.pause(0.01)

    async def state(self, *wanted: str) -> None:
        await self.until(lambda: self.session.state in wanted)
        self.screen.draw()

    def text(self, selector: str) -> str:
        """What a part of the screen shows."""
        widget = self.app.screen.query_one(selector)
        lines = [widget.render_line(y).text for y in range(widget.size.height)]
        return "\n".join(lines)

    @property
    def losses(self) -> list[int]:
        return [len(record.history) for record in self.session.records]


@pytest.fixture(autouse=True)
def truecolor(monkeypatch):
    """All colours, whatever the terminal that the tests are run in: of few, the app has themes of their own."""
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")


@pytest.fixture(autouse=True)
def styles_parsed_once(monkeypatch):
    """What is parsed of Textual's stylesheets serves the next app too: each would take a tenth of a second for it."""

    def parse(sheet: Stylesheet, *source: Any, **options: Any) -> list[RuleSet]:
        key = (*source, *options.items(), *sheet._variables.items())
        if key not in PARSED:
            PARSED[key] = PARSE(sheet, *source, **options)
        return PARSED[key]

    monkeypatch.setattr(Stylesheet, "_parse_rules", parse)


@asynccontextmanager
async def shown(app: TrainerApp, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Driver]:
    """Show an app, and drive it once its first runs stand."""
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: driver.session.records)
        yield driver


@pytest.fixture
def running_app():
    """Start the app: `async with running_app(epochs=3) as app`."""

    @asynccontextmanager
    async def start(size: tuple[int, int] = (120, 40), **settings: object) -> AsyncIterator[Driver]:
        # Calm enough not to diverge, whatever the rate a test sets.
        # Eager, so that there is time to press keys while it trains.
        few = {} if as_path(str(settings.get("data", ""))) else {"samples": 20}
        settings = {"epochs": 100_000, "scale": "standard", "execution": "eager"} | few | settings
        async with shown(TrainerApp(Comparison.of(**settings)), size) as driver:
            await driver.state("ready")
            yield driver

    return start
