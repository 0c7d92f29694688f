"""Make the pictures in this folder again: `python screenshots/make.py`.

The real app trains for real, driven by keys; each picture is taken when its moment has come.
Needs the `dev` extra and the font DejaVu Sans Mono.
"""

import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import resvg_py

# Whatever the terminal that this is called in can show. Textual reads it when it is imported.
os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"

from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import MAX
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.preferences import remember

HERE = Path(__file__).parent
PATIENCE = 120.0


async def until(true: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.05)


def save(app: TrainerApp, name: str) -> None:
    svg = app.export_screenshot().replace("Fira Code", "DejaVu Sans Mono")
    (HERE / f"{name}.png").write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=1400)))


def epochs(app: TrainerApp, count: int) -> Callable[[], bool]:
    return lambda: bool(app.session.records) and all(record.epoch >= count for record in app.session.records)


async def start_and_training() -> None:
    """The first screen; then line against curve, in the middle and light; then one step."""
    app = TrainerApp(Comparison.preset("contrast").changed(epochs=2000, execution="eager"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.session.state == "ready")
        await pilot.pause(0.5)
        save(app, "start")
        await pilot.press("space")
        await until(epochs(app, 150))
        await pilot.press("minus")
        await until(epochs(app, 200))
        await pilot.pause(0.5)
        save(app, "training")
        await pilot.press("n")
        await until(lambda: all(record.step for record in app.session.records))
        await pilot.pause(0.5)
        save(app, "step")
        await pilot.press("space", "t")
        await pilot.press("a")
        await pilot.pause(0.5)
        save(app, "light")


# Each lesson's inputs, and how many frames to show; None: all of them.
LESSONS: dict[str, tuple[dict[str, str], int | None]] = {
    "tensors": ({}, None),
    "operations": ({"view": "broadcast"}, None),
    "devices": ({"view": "model", "x": "device"}, None),
    "autograd": ({}, 6),
    "descent": ({"function": "saddle", "optimizer": "momentum,adam", "eta": "0.05"}, 24),
    "stochastic": ({"view": "path", "batch_size": "2"}, None),
    "dataset": ({}, 5),
    "loop": ({"order": "356", "rounds": "60"}, None),
    "model": ({"view": "shapes"}, None),
    "line": ({"activation": "tanh"}, None),
    "activations": ({"steps": "300"}, None),
    "evaluate": ({"view": "held_out"}, None),
    "network": ({"off": "2"}, None),
}


async def lessons() -> None:
    """Each lesson where it has something to show."""
    app = TrainerApp(Comparison.preset("contrast").changed(execution="eager"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.session.state == "ready")
        await pilot.press("2")
        index = app.screen
        for name, (inputs, count) in LESSONS.items():
            index.lessons.load(name)
            index.lessons.texts[name].update(inputs)
            index.open(name)
            await until(lambda name=name: getattr(app.screen, "frame", None) and app.screen.name_of_lesson == name)
            lesson = app.screen
            lesson.player.play(count is None)
            while count and lesson.frames_seen < count:
                lesson.action_next()
                await until(lambda lesson=lesson, seen=lesson.frames_seen: lesson.frames_seen > seen)
            await until(lambda lesson=lesson, count=count: count or lesson.player.over)
            await pilot.pause(0.5)
            save(app, name)
            await pilot.press("escape")


async def sized(name: str, size: tuple[int, int], activation: str) -> None:
    """Mid-training in a terminal of another size."""
    app = TrainerApp(Comparison.preset("contrast").changed(activation=activation, epochs=2000, execution="eager"))
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.session.state == "ready")
        await pilot.press("space")
        await until(epochs(app, 150))
        await pilot.pause(0.5)
        save(app, name)


async def kept() -> None:
    """Runs of before, three of them overlaid."""
    names = "identity,tanh,relu,sin"
    app = TrainerApp(Comparison.preset("contrast").changed(activation=names, epochs=400, lr="0.005,0.001"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.session.state == "ready")
        await pilot.press("space")
        await until(lambda: app.session.state == "completed")
        await pilot.press("3")
        await until(lambda: hasattr(app.screen, "selection") and app.screen.selection.runs)
        await pilot.press("o", "o", "o", "space", "down", "down", "space", "down", "down", "down", "space")
        await until(lambda: None not in app.screen._loader.request(app.screen.selected))
        await pilot.pause(0.5)
        save(app, "runs")


if __name__ == "__main__":
    # What is trained for the pictures is not kept among anybody's runs, and nobody waits for it.
    os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp()
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp()
    remember(pace=MAX)
    asyncio.run(start_and_training())
    asyncio.run(lessons())
    asyncio.run(kept())
    asyncio.run(sized("small", (80, 24), "identity,tanh"))
    asyncio.run(sized("wide", (200, 60), "identity,tanh,relu,sin"))
