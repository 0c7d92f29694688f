"""Escapes, bidi and markup in whatever a run's folder says: the app shows them written out, wherever it shows them."""

import asyncio
import random
import shutil
from pathlib import Path

from textual.events import Key

from tests.faults.escapes import PARTS, _run
from tests.faults.forks import runs_folder
from tui_trainer.comparison import Comparison
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.screens.runs import RunsScreen

KEYS = ("space", "down", "space", "=", "escape", "m", "escape", "M", "escape", "w", "escape", "slash", "escape", "g")


def in_the_app(count: int, seed: int, folder: Path) -> str:
    """Payloads in a run's name, note, device and data file: the runs screen, its charts, legends and dialogs."""
    runs_folder(folder)
    asyncio.run(_in_the_app(count, random.Random(seed)))
    return "each written out in the table, the charts, the status line and the dialogs"


async def _in_the_app(count: int, draw: random.Random) -> None:
    app = TrainerApp(Comparison.of(samples=8, device="cpu"))
    async with app.run_test(size=(200, 50)) as pilot:
        app.action_place("runs")
        while not isinstance(screen := app.screen, RunsScreen) or screen.selection.runs is None:
            await pilot.pause(0.02)
        for number in range(count):
            payload = PARTS[number] if number < len(PARTS) else "".join(draw.sample(PARTS, draw.randrange(1, 4)))
            made = [_run(payload, ""), _run("plain", f"_{payload}.csv".replace("\0", ""))]
            there = {run.name for run in made}
            while {run.folder.name for run in screen.selection.runs} != there:
                screen._poll()
                await pilot.pause(0.02)
            for key in KEYS:
                app.post_message(Key(key, " " if key == "space" else None))
                await pilot.pause(0.01)
                _check(app, payload)
            app.post_message(Key("escape", None))
            await pilot.pause(0.01)
            for run in made:
                shutil.rmtree(run)
            screen.selection.picked.clear()


def _check(app: TrainerApp, payload: str) -> None:
    for strip in app.screen._compositor.render_strips():
        assert strip.text.isprintable(), f"{payload!r} reached the screen: {strip.text!r}"
