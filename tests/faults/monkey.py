"""Whatever is pressed, clicked and pasted, and however the terminal is resized: the app lives and answers."""

import asyncio
import contextlib
import random
import string
import sys
from collections.abc import Iterator
from itertools import count as counted
from itertools import islice
from pathlib import Path
from unittest import mock

import msgspec
from textual.events import Event, Key, MouseDown, MouseMove, MouseScrollDown, MouseUp, Paste, Resize
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.pilot import Pilot

from tests.tui.test_runs import keep
from tui_trainer.catalog import EXPORTS, LESSONS
from tui_trainer.comparison import Comparison
from tui_trainer.engine.requests import Pause
from tui_trainer.runs.folder import DELETED, LABEL, Label
from tui_trainer.runs.library import relabel
from tui_trainer.runs.places import runs_folder
from tui_trainer.runs.stored_run import StoredRun
from tui_trainer.tui.app import TrainerApp

SETTINGS = {"epochs": 1_000_000, "samples": 20, "scale": "standard", "execution": "eager", "device": "cpu"}
NAMED = [
    "enter",
    "escape",
    "tab",
    "shift+tab",
    "up",
    "down",
    "left",
    "right",
    "home",
    "end",
    "pageup",
    "pagedown",
    "delete",
    "backspace",
    "space",
    "ctrl+p",
    "ctrl+o",
    "ctrl+u",
    "ctrl+a",
    "ctrl+w",
    "ctrl+k",
    "ctrl+z",
    "f1",
    "f2",
    "ctrl+up",
    "ctrl+down",
]
# All but the key that leaves.
SIGNS = [sign for sign in string.printable if sign.isprintable() and sign not in "qQ"]
PASTES = ("x*sin(x)", "1e999", "\x1b[2J\x1b]0;x\x07", "日本" * 200, "0" * 5000, "../../etc", "[/]", "\u202e", "a\nb\nc")
PATIENCE = 120.0
SETTLE_EVERY = 10
# What a person does on the runs screen, which single keys at random hardly ever add up to; "…" is something new.
TO_THE_RUNS = ("escape", "escape", "escape", "3", "/", "ctrl+u", "enter")
DEEDS = (
    ("M", "ctrl+u", "…", "enter"),
    ("m", "ctrl+u", "…", "enter"),
    ("w", "ctrl+u", "…", "enter"),
    ("k",),
    (",",),
    ("home", "p"),
    ("delete",),
    ("u",),
    ("u",),
    ("down",),
    ("space",),
)
# And what one does with the lessons; "*" is the letter of one. Nothing that is written is checked: that takes seconds.
TO_THE_LESSONS = ("escape", "escape", "escape", "2")
LESSON_DEEDS = (
    ("T",),
    ("X",),
    ("L",),
    ("*", "h"),
    ("*", "T"),
    ("*", "L"),
    ("*", "e"),
    ("*", "e", "x", "ctrl+r"),
)
DEEDS_OF_PLACES = ((TO_THE_RUNS, DEEDS), (TO_THE_LESSONS, LESSON_DEEDS))
LETTERS = string.ascii_lowercase[: len(LESSONS)]


def random_input(count: int, seed: int, folder: Path) -> str:
    """Keys, mouse and pastes without a pause, in the training, lessons and runs screens and their dialogs.

    Runs are written to files, labelled, deleted and brought back among them; afterwards each label is
    what was last taken for it.
    """
    deep = folder / "a" / "b" / "c"  # names of files are typed and pasted at random, `../..` among them
    deep.mkdir(parents=True)
    taken: dict[str, dict[str, object]] = {}

    def remember(run: StoredRun, **changes: object) -> None:
        relabel(run, **changes)
        taken.setdefault(run.folder.name, {}).update(changes)

    for activation in ("tanh", "identity", "relu"):
        keep(activation=activation)
    with contextlib.chdir(deep), mock.patch("tui_trainer.tui.run_actions.relabel", remember):
        asyncio.run(_random_input(count, random.Random(seed)))
        written = sum(path.is_file() for path in deep.rglob("*"))
    for run, changes in taken.items():
        label = _label(run)
        lost = {field for field, text in changes.items() if getattr(label, field) != text}
        assert not lost, f"{run}: {label} where {changes} was taken: {lost} lost"
    return f"no crash; it still answers, and leaves; {written} files written, {len(taken)} labels kept"


def _label(run: str) -> Label:
    """The label of a run that is there, or was deleted."""
    (path,) = (path for place in ("", DELETED) if (path := runs_folder() / place / run / LABEL).exists())
    return msgspec.json.decode(path.read_bytes(), type=Label)


class Staying(TrainerApp):
    """Is not left by a click on the footer, or by the palette."""

    CSS_PATH = Path(sys.modules[TrainerApp.__module__].__file__ or "").with_name("app.tcss")

    async def action_quit(self) -> None:
        """Stay."""


async def _random_input(count: int, draw: random.Random) -> None:
    app = Staying(Comparison.of(**SETTINGS))
    async with app.run_test(size=(100, 30)) as pilot:
        await _until(pilot, lambda: app.session.state == "ready")
        for number, event in enumerate(islice(_inputs(draw), count)):
            app.post_message(event)
            if number % SETTLE_EVERY == 0:
                await _until(pilot, lambda: _all_given_out(app) or not app.is_running)
                assert app.is_running, f"it ended after {number} inputs: {app._exception!r}"
        await _still_answers(app, pilot)
    assert app._exception is None, app._exception


def _inputs(draw: random.Random) -> Iterator[Event]:
    """Keys, mouse, pastes and deeds, for ever."""
    for number in counted():
        kind = draw.random()
        x, y = draw.randrange(100), draw.randrange(30)
        if kind < 0.77:
            yield _key(draw.choice(SIGNS) if draw.random() < 0.6 else draw.choice(NAMED))
        elif kind < 0.95:
            mouse = draw.choice([MouseDown, MouseUp, MouseMove, MouseScrollDown])
            yield mouse(None, x, y, 0, 0, 1, False, False, False, x, y)
            if mouse is MouseDown:
                yield MouseUp(None, x, y, 0, 0, 1, False, False, False, x, y)
        elif kind < 0.97:
            yield Paste(draw.choice(PASTES))
        else:
            way, deeds = draw.choice(DEEDS_OF_PLACES)
            for key in way + draw.choice(deeds):
                if key == "…":
                    yield Paste(f"{number}{draw.choice([*EXPORTS])}")
                else:
                    yield _key(draw.choice(LETTERS) if key == "*" else key)


def _all_given_out(app: TrainerApp) -> bool:
    return not app.message_queue_size and app._input.empty()


def _key(sign: str) -> Key:
    name = _character_to_key(sign) if len(sign) == 1 else sign
    return Key(name, sign if len(sign) == 1 else " " if sign == "space" else None)


async def _still_answers(app: TrainerApp, pilot: Pilot) -> None:
    """From wherever it is, back to the training screen; help opens; and it trains."""
    await _until(pilot, lambda: _all_given_out(app))
    for _ in range(10):
        app.post_message(Key("escape", None))
        await pilot.pause(0.02)
    while len(app.screen_stack) > 1 and app.screen.is_modal:
        app.pop_screen()
        await pilot.pause(0.02)
    app.action_place("train")
    await _until(pilot, lambda: app.screen is app.training)
    app.training.set_focus(None)
    app.post_message(Key("question_mark", "?"))
    await _until(pilot, lambda: app.screen is not app.training)
    app.post_message(Key("escape", None))
    await _until(pilot, lambda: app.screen is app.training)


def resizes(count: int, seed: int, folder: Path) -> str:
    """Sizes from 1x1 to 300x100 while it trains; the last frame equals a fresh one, and no loss has changed."""
    return asyncio.run(_resizes(count, random.Random(seed)))


async def _resizes(count: int, draw: random.Random) -> str:
    app = TrainerApp(Comparison.of(**SETTINGS, activation="tanh"))
    async with app.run_test(size=(100, 30)) as pilot:
        await _until(pilot, lambda: app.session.state == "ready")
        app.session.start()
        for number in range(count):
            _resize(app, Size(draw.randint(1, 300), draw.randint(1, 100)))
            if draw.random() < 0.5:
                await pilot.pause(0.001)
            assert app.is_running, f"it ended after {number} sizes: {app._exception!r}"
        _resize(app, Size(120, 40))
        app.session.request(Pause())
        await _until(pilot, lambda: app.session.state == "paused" and app.training.size == (120, 40))
        await pilot.pause(0.2)
        app.training.draw()
        await pilot.pause(0.2)
        shown = _text(app)
        for pane in ("#fit", "#loss"):
            app.training.query_one(pane)._drawn_for = None  # type: ignore[attr-defined]  # drawn afresh
        app.screen.refresh(layout=True)
        await pilot.pause(0.2)
        assert _text(app) == shown, "the last frame is not what a fresh one is"
        (record,), (trainer,) = app.session.records, app.session.trainers
        losses, experiment = record.history.losses.tolist(), trainer.experiment
    assert losses == _undisturbed(experiment, len(losses)), "a loss has changed"
    return "no crash; the last frame equals a fresh one, and every loss that of an undisturbed run"


def _undisturbed(experiment, epochs: int) -> list[float]:
    from tui_trainer.engine.events import EpochsFinished
    from tui_trainer.engine.trainer import Trainer
    from tui_trainer.tasks import load_task

    trainer = Trainer("alone", experiment, load_task(experiment))
    losses: list[float] = []
    for event in trainer.fit():
        if isinstance(event, EpochsFinished):
            losses += event.losses.tolist()
        if len(losses) >= epochs:
            break
    return losses[:epochs]


def _resize(app: TrainerApp, size: Size) -> None:
    app._driver._size = size
    app.post_message(Resize(size, size, size))


def _text(app: TrainerApp) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def _until(pilot: Pilot, true) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await pilot.pause(0.02)
