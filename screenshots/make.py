"""Make the pictures in this folder again: `python screenshots/make.py`.

The real app trains for real, driven by keys; each picture is taken when its moment has come.
Needs the `dev` extra and the font DejaVu Sans Mono.
"""

import asyncio
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import resvg_py
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI
from rich.text import Text

# Whatever the terminal that this is called in can show. Textual reads it when it is imported.
os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.end_to_end.conftest import Terminal
from tui_trainer.comparison import Comparison
from tui_trainer.engine.pace import AUTO, MAX
from tui_trainer.runs.library import all_runs
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.preferences import remember
from tui_trainer.tui.remote import RemoteSession

HERE = Path(__file__).parent
PATIENCE = 120.0


async def until(true: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.05)


def save(app: TrainerApp, name: str) -> None:
    save_svg(app.export_screenshot(), name)


def save_svg(svg: str, name: str) -> None:
    svg = svg.replace("Fira Code", "DejaVu Sans Mono")
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
        await pilot.press("escape", "t")  # which is remembered


async def time() -> None:
    """At the pace that eyes can follow; the cursor in the past; a branch from there; the family among the runs."""
    remember(pace=AUTO)
    app = TrainerApp(Comparison.preset("contrast"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.session.state == "ready")
        await pilot.press("space")
        await until(epochs(app, 40))
        save(app, "pace")
        await until(lambda: app.session.state == "completed")
        await pilot.press("home", *["shift+right"] * 12, "X")
        screen = app.screen
        await until(lambda: all(found and found.epoch == 120 and found.exact for found in screen.found))
        await pilot.pause(0.5)
        save(app, "past")
        await pilot.press("b")
        await until(lambda: screen.draft.branch)
        await pilot.press("minus", "minus", "space")
        await until(lambda: app.session.records[0].at and app.session.state == "completed")
        await pilot.pause(0.5)
        save(app, "branch")
        await pilot.press("3")
        await until(lambda: hasattr(app.screen, "selection") and app.screen.selection.runs)
        await pilot.pause(1.0)
        save(app, "families")
    remember(pace=MAX)


async def plane() -> None:
    """Two arms of a spiral, which a straight border can't part; the units of a net that can; three classes."""
    for name, settings, size in (
        ("spiral", {"data": "spiral", "hidden": "8x8", "activation": "identity,tanh", "epochs": 300}, (120, 40)),
        ("spiral-small", {"data": "spiral", "hidden": "8x8", "activation": "identity,tanh", "epochs": 300}, (80, 24)),
        ("classes", {"data": "three", "noise": 25.0, "activation": "tanh", "epochs": 200}, (120, 40)),
    ):
        app = TrainerApp(Comparison.of(**settings))
        async with app.run_test(size=size) as pilot:
            await until(lambda app=app: app.session.state == "ready")
            await pilot.press("space")
            await until(lambda app=app: app.session.state == "completed")
            await pilot.pause(0.5)
            save(app, name)
            if name.startswith("spiral"):  # and the units of its second net
                await pilot.press("U", "v", "right", "tab")
                await pilot.pause(0.5)
                save(app, name.replace("spiral", "units"))


async def classes_and_tables() -> None:
    """Digits that are taken for others; what is taken for what, small and light too; a table before it is learned."""
    for name, settings, chart, size, light in (
        ("errors", {"data": "digits", "epochs": 10, "activation": "tanh"}, "pictures", (120, 40), False),
        ("confusion", {"data": "iris", "activation": "tanh"}, "confusion", (120, 40), True),
        ("confusion-small", {"data": "iris", "activation": "tanh"}, "confusion", (80, 24), False),
    ):
        app = TrainerApp(Comparison.of(**settings))
        async with app.run_test(size=size) as pilot:
            await until(lambda app=app: app.session.state == "ready")
            await pilot.press("space")
            await until(lambda app=app: app.session.state == "completed")
            place = list(app.session.records[0].task.views).index(chart) + 1
            await pilot.press("C", "home", *["down"] * place, "enter", *["t"] * light)
            await pilot.pause(1.0)
            save(app, name)
            await pilot.press("f", *["t"] * light)  # which are remembered
    app = TrainerApp(Comparison.of(data="penguins", missing="drop", activation="tanh"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.session.state == "ready")
        await pilot.press("D")
        await until(lambda: "species" in str(app.export_screenshot()))
        await pilot.pause(0.5)
        save(app, "data")


async def own_code() -> None:
    """A person's own network: its parameters in the form, and one step of it taken apart, layer by layer."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "my_net.py").write_text(examples("own-network")[0])
        settings = {"data": "digits", "model": f"{folder}/my_net.py:Conv", "model.channels": "8,16"}
        app = TrainerApp(Comparison.of(**settings))
        async with app.run_test(size=(120, 50)) as pilot:
            await until(lambda: app.session.state == "ready")
            await pilot.press("space")
            await until(epochs(app, 1))
            await pilot.press("n")
            await until(lambda: all(record.step for record in app.session.records))
            await pilot.pause(1.0)
            save(app, "own-network")


async def watched() -> None:
    """A script that trains in a process of its own, watched and paused from here."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "train.py").write_text(examples("watch")[0])
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        script = subprocess.Popen([sys.executable, "train.py"], cwd=folder, env=environment)
        try:
            await until(lambda: any(run.live and run.info.epoch > 700 for run in all_runs()[0]))
            app = TrainerApp(Comparison.of(), scripts=[run for run in all_runs()[0] if run.live])
            async with app.run_test(size=(120, 40)) as pilot:
                await until(lambda: "loss by epoch" in app.export_screenshot().replace("&#160;", " "))
                await pilot.press("minus")
                await pilot.pause(4.0)
                await pilot.press("space")
                await until(lambda: "paused" in app.export_screenshot())
                await pilot.pause(1.0)
                save(app, "watch")
        finally:
            script.kill()
            script.wait()


async def several_processes() -> None:
    """Two processes that train one net together, watched."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    flags = ["--data=spiral", "--hidden=8x8", "--activation=tanh", "--batch-size=25", "--epochs=100000"]
    command = [sys.executable, "-m", "tui_trainer", "train", "--devices=2", *flags]
    training = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        await until(lambda: any(run.live and run.info.ranks == 2 and run.info.epoch > 60 for run in all_runs()[0]))
        runs = [run for run in all_runs()[0] if run.live]
        app = TrainerApp(Comparison.covering([run.experiment for run in runs]), partial(RemoteSession, runs=runs))
        async with app.run_test(size=(120, 40)) as pilot:
            await until(epochs(app, 100))
            await pilot.pause(2.0)
            save(app, "several-gpus")
    finally:
        training.terminate()
        training.wait()


def examples(topic: str) -> list[str]:
    """The lines of Python on a page of help, one example after the other."""
    page = (HERE.parent / "tui_trainer" / "help" / f"{topic}.md").read_text()
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


def few_colours() -> None:
    """In a terminal of 16 colours."""
    env = {"TERM": "xterm-16color", "COLORTERM": "", "TEXTUAL_COLOR_SYSTEM": "standard"}
    terminal = Terminal("--preset", "contrast", size=(80, 24), fresh=True, **env)
    try:
        terminal.wait_for("press space")
        terminal.type("space")
        terminal.wait_for(lambda: terminal.epoch > 200)
        begun = terminal.epoch
        terminal.wait_for(lambda: terminal.epoch > begun)  # the foot of a frame comes first: the one before is whole
        save_svg(drawn(terminal), "colours16")
    finally:
        terminal.close()


def drawn(terminal: Terminal) -> str:
    """What a terminal shows, as SVG."""
    console = Console(width=terminal.size[0], record=True, file=io.StringIO())
    for line in range(terminal.size[1]):
        text = Text(no_wrap=True)
        for column in range(terminal.size[0]):
            cell = terminal.screen.buffer[line][column]
            style = Style(color=colour(cell.fg), bgcolor=colour(cell.bg), bold=cell.bold, reverse=cell.reverse)
            text.append(cell.data, style)
        console.print(text)
    return console.export_svg(title="16 colours", theme=MONOKAI)


def colour(name: str) -> str:
    """A colour as rich calls it, of one as pyte does: with its spellings, and sixteen million as figures."""
    if len(name) == 6 and set(name) <= set("0123456789abcdef"):
        return f"#{name}"
    return name.replace("bfight", "bright").replace("brown", "yellow").replace("bright", "bright_")


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
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp()
    remember(pace=MAX)
    asyncio.run(start_and_training())
    asyncio.run(lessons())
    asyncio.run(kept())
    asyncio.run(time())
    asyncio.run(plane())
    asyncio.run(classes_and_tables())
    asyncio.run(own_code())
    asyncio.run(watched())
    asyncio.run(several_processes())
    asyncio.run(sized("small", (80, 24), "identity,tanh"))
    asyncio.run(sized("tiny", (40, 12), "identity,tanh"))
    few_colours()
    asyncio.run(sized("wide", (200, 60), "identity,tanh,relu,sin"))
