"""Pictures of the app, from a scripted session: no thread, no clock, always the same.

After a change of looks that is meant: `pytest tests/tui/test_pictures.py --snapshot-update`, and
look at what changed.
"""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.marks import rest_slow
from tui_trainer.charts.styles import ROLES
from tui_trainer.comparison import Comparison
from tui_trainer.engine.status import Status
from tui_trainer.tasks.line import Line
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.local import LocalSession
from tui_trainer.tui.session import Prepared

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
COMPARISON = Comparison.of(epochs=200, test_fraction=0.1)


def records(epochs: int, step: bool = False, status: str = "running") -> list:
    """Two runs as they would be after some epochs, from formulas."""
    from tui_trainer.data.samples import load_samples
    from tui_trainer.engine.events import ParameterChange, StepFinished
    from tui_trainer.runs.record import Record
    from tui_trainer.tasks.curve import Curve, Drawn

    made = []
    x = np.linspace(0, 20, 300)
    for name, experiment in COMPARISON.runs.items():
        data = Curve(load_samples(experiment))
        bends = name == "tanh"
        record = Record(
            name, experiment, data, "cpu (1 thread)", status=Status(status), epoch=epochs, steps=180 * epochs
        )
        for epoch in range(epochs):
            loss = (1 if bends else data.floor) + (30 if bends else 8) * np.exp(-epoch / 25) + 0.2 * np.sin(epoch)
            record.history.append(np.array([loss]), loss * 1.2)
        if epochs > 60:
            record.history.mark(60, "lr", "0.002", "0.001")
        y, line = (x + 1.6 * np.sin(x), None) if bends else (0.95 * x + 0.6, Line(0.95, 0.6))
        record.snapshot = Drawn(x, y, line)
        if step:
            changes = [ParameterChange(f"{i}.weight", (10, 1), 1.25 / (i + 1), 0.00125) for i in (0, 2)]
            at, y, predicted = (np.array([[value]]) for value in (3.5, 2.25, 2.0))
            record.step = StepFinished(name, epochs, 7, 180, at, y, predicted, 0.0625, tuple(changes))
        made.append(record)
    return made


def scripted(state: str, **what: object) -> type[LocalSession]:
    """A session that is in this state and stays there."""

    class Scripted(LocalSession):
        trainers, trouble = (), ""

        def __init__(self, announce) -> None:
            super().__init__(announce, COMPARISON)

        def prepare(self, comparison: Comparison, start: bool = False) -> None:
            from tui_trainer.runs.group import Group

            self.group = Group(COMPARISON, records(**what))
            if state != "ready":
                ghost = records(20)[1]
                ghost.snapshot = replace(ghost.snapshot, y=ghost.snapshot.x * 0.5 + 8)
                self.ghosts = [ghost]
            self._announce(Prepared())

        def close(self) -> None:
            """Nothing trains."""

        state = property(lambda self: Status(state if self.group else "loading"))

    return Scripted


STATES = {
    "ready": scripted("ready", epochs=0, status="ready"),
    "running": scripted("running", epochs=90),
    "step": scripted("paused", epochs=90, step=True, status="paused"),
    "diverged": scripted("diverged", epochs=12, status="diverged"),
}


@pytest.fixture(autouse=True)
def still_clock(monkeypatch):
    monkeypatch.setattr("time.perf_counter", lambda: 0.0)


def picture(snap_compare, state: str, size: str, *keys: str) -> bool:
    async def settle(pilot):
        while not pilot.app.session.records:
            await pilot.pause(0.01)
        for key in keys:
            await pilot.press(key)
        pilot.app.training.draw()
        await pilot.pause()

    app = TrainerApp(COMPARISON, STATES[state])
    return snap_compare(app, terminal_size=SIZES[size], run_before=settle)


@pytest.mark.parametrize("theme", rest_slow(["dark", "light"]))
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", ["running", "step"])
def test_training(snap_compare, state, size, theme):
    assert picture(snap_compare, state, size, *["t"] * (theme == "light"))


@pytest.mark.parametrize("state", ["ready", "diverged"])
def test_states(snap_compare, state):
    assert picture(snap_compare, state, "120x40")


@pytest.mark.parametrize("key", ["question_mark", "a", "c", "E"])
def test_dialogs_and_drawer_in_a_small_terminal(snap_compare, key):
    assert picture(snap_compare, "ready", "80x24", key)


LESSONS = {
    "tensors": 0,
    "operations": 0,
    "devices": 0,
    "autograd": 4,
    "descent": 8,
    "stochastic": 2,
    "dataset": 4,
    "loop": 6,
    "model": 0,
    "line": 1,
    "activations": 0,
    "evaluate": 0,
    "network": 1,
}


@pytest.fixture
def known_machine(monkeypatch):
    """What differs from machine to machine: memory, threads, and the last bits of float32."""
    from tui_trainer.lessons import depths, devices, machine

    cpu, meta = torch.device("cpu"), torch.device("meta")
    there = [
        machine.Place(cpu, "cpu (1 thread)", 24 * machine.GIB, 20 * machine.GIB, auto=True),
        machine.Place(meta, "meta (stands in)", None, None),
    ]
    monkeypatch.setattr(devices, "places", lambda: there)
    monkeypatch.setattr(devices, "second_device", lambda: meta)
    monkeypatch.setattr(depths.Net, "difference", 1.2e-7)


@pytest.mark.parametrize("size", ["80x24", pytest.param("120x40", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", rest_slow(LESSONS, quick=3))
def test_a_lesson_after_a_few_steps(snap_compare, known_machine, name, size):
    async def settle(pilot):
        while not pilot.app.session.records:
            await pilot.pause(0.01)
        await pilot.press("2")
        pilot.app.screen.open(name)
        await pilot.pause()
        for seen in range(LESSONS[name] + 1):
            while pilot.app.screen.frames_seen <= seen:
                await pilot.pause(0.01)
            if seen < LESSONS[name]:
                await pilot.press("n")
        await pilot.pause(0.1)

    app = TrainerApp(COMPARISON, STATES["ready"])
    assert snap_compare(app, terminal_size=SIZES[size], run_before=settle)


def test_the_list_of_lessons_with_goals_met(snap_compare):
    from tui_trainer.lessons.frame import Answer, Frame
    from tui_trainer.lessons.progress import keep_frame

    keep_frame("tensors", Frame([], answer=Answer(True)), 1)
    assert picture(snap_compare, "ready", "80x24", "2")


def test_the_code_of_a_lesson(snap_compare):
    async def settle(pilot):
        while not pilot.app.session.records:
            await pilot.pause(0.01)
        await pilot.press("2")
        pilot.app.screen.open("loop")
        while not getattr(pilot.app.screen, "frame", None):
            await pilot.pause(0.01)
        await pilot.press("c")
        await pilot.pause(0.1)

    assert snap_compare(TrainerApp(COMPARISON, STATES["ready"]), terminal_size=SIZES["80x24"], run_before=settle)


def test_every_role_has_its_own_colour_in_both_themes():
    from tui_trainer.tui.themes import DARK, LIGHT

    for theme in (DARK, LIGHT):
        runs = [theme.variables[role] for role in ROLES if role.startswith("run")]
        assert len(set(runs)) == len(runs)
    assert dataclasses.asdict(DARK)["variables"].keys() == dataclasses.asdict(LIGHT)["variables"].keys()
