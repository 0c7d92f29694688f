"""A person's own network in the app: its parameters in the form, its text as it is by now, its errors."""

from textwrap import dedent

import pytest
from textual.widgets import Input

from tui_trainer.comparison import Comparison
from tui_trainer.runs.code import read_code
from tui_trainer.runs.library import all_runs
from tui_trainer.tui.screens.difference import DifferenceScreen
from tui_trainer.tui.widgets.form import SettingInput, SettingsForm

NET = """
    import torch
    from torch import nn

    class Net(nn.Module):
        '''A net.

        Args:
            width: how many hidden units
        '''
        def __init__(self, width: int = 5, {more}):
            super().__init__()
            self.first, self.last, self.steps = nn.Linear(1, width), nn.Linear(width, 1), 0

        def forward(self, x):
            self.steps += self.training
            if self.steps == {fails}:
                raise ValueError("enough")
            return self.last(torch.tanh(self.first(x)))
"""


@pytest.fixture
def write(tmp_path):
    def write(more: str = "", fails: int = -1) -> str:
        (tmp_path / "net.py").write_text(dedent(NET).format(more=more, fails=fails))
        return f"{tmp_path}/net.py:Net"

    return write


async def typed(app, field: str, text: str) -> None:
    into = app.app.screen.query_one(f"#{field}", Input)
    into.focus()
    await app.settle()
    into.value = text
    await app.press("enter", "escape")


@pytest.mark.slow
async def test_its_parameters_are_in_the_form_and_its_text_is_the_one_of_now(running_app, write):
    async with running_app(epochs=2, lr=1e-3) as app:
        await typed(app, "set-model", write().replace("Net", "Nett"))
        assert app.session.records[0].experiment.model == "mlp", "there is no such name in it"
        await typed(app, "set-model", write())
        await app.until(lambda: app.app.screen.query("#set-model-width"))
        await typed(app, "set-model-width", "3,4")
        await app.until(lambda: [r.name for r in app.session.records] == ["model.width=3", "model.width=4"])
        (section,) = app.app.screen.query(".section.own").results()
        assert str(section.render()) == "model Net"
        assert "Net · width 3,4" in app.text("#title")
        await app.press("space")
        await app.state("completed")
        write("rate: float = 0.5, twice: bool = True")
        await app.press("r")
        await app.until(lambda: app.app.screen.query("#set-model-rate") and app.session.state == "completed")
        assert app.app.screen.query_one("#set-model-twice", Input).value == "on"
        assert "net.py has changed" in " ".join(line.text for line in app.app.screen.query_one("#log").lines)
        new, _, old, _ = all_runs()[0]
        assert "rate: float" in read_code(new.folder)["model"].text
        assert "rate: float" not in read_code(old.folder)["model"].text
        app.app.push_screen(DifferenceScreen(old, new))
        await app.until(lambda: isinstance(app.app.screen, DifferenceScreen) and app.app.screen.query("#difference"))
        await app.settle()
        shown = "\n".join(str(each.render()) for each in app.app.screen.query("#difference Static").results())
        assert "+    def __init__(self, width: int = 5, rate: float = 0.5, twice: bool = True):" in shown
        await app.press("escape")
        await typed(app, "set-model", "mlp")
        await app.until(lambda: not app.app.screen.query(".own"))


async def test_an_error_in_it_ends_the_run_and_the_app_lives(running_app, write):
    async with running_app(epochs=3, lr=1e-3, model=write(fails=30)) as app:
        await app.press("space")
        await app.state("failed")
        assert app.session.records[0].error.startswith("net.py, line 18: ValueError: enough")
        assert "net.py, line 18: ValueError: enough" in app.text("#status")
        write()
        await app.press("r")
        await app.state("completed")


async def test_two_own_codes_of_one_section_stand_in_the_order_of_the_settings(running_app, tmp_path):
    (tmp_path / "mine.py").write_text(
        "def step(model, batch, weight: float = 1.0): ...\n\n\ndef paced(optimizer, epochs, warm: float = 0.1): ...\n"
    )
    async with running_app() as app:
        form = app.app.screen.query_one(SettingsForm)
        form.show(Comparison.of(step=f"{tmp_path}/mine.py:step", schedule=f"{tmp_path}/mine.py:paced"))
        await app.until(lambda: form.query("#set-schedule-warm") and form.query("#set-step-weight"))
        assert [str(section.render()) for section in form.query(".section.own").results()] == [
            "step step",
            "schedule paced",
        ]
        rows = [field.setting.name for field in form.query(SettingInput)]
        assert rows[rows.index("shuffle") + 1 :][:2] == ["step.weight", "schedule.warm"]


async def test_a_parameter_may_be_none_in_the_form(running_app, write):
    async with running_app(epochs=2, lr=1e-3, model=write("rate: float | None = 0.5")) as app:
        await app.until(lambda: app.app.screen.query("#set-model-rate"))
        await typed(app, "set-model-rate", "none, 0.2")
        await app.until(lambda: [r.name for r in app.session.records] == ["model.rate=none", "model.rate=0.2"])
        assert [r.experiment.arguments("model")["rate"] for r in app.session.records] == [None, 0.2]
        await typed(app, "set-model-rate", "nothing")
        assert app.app.screen.query_one("#set-model-rate", Input).value == "none,0.2"
        await app.press("space")
        await app.state("completed")
        assert {run.texts["model.rate"] for run in all_runs()[0]} == {"none", "0.2"}


async def test_parameters_of_what_it_imports_are_those_of_the_text_by_now(running_app, write, tmp_path):
    (tmp_path / "named.py").write_text("from imported_net import Net\n")

    def write_imported(more: str = "") -> None:
        write(more)
        (tmp_path / "net.py").rename(tmp_path / "imported_net.py")

    write_imported()
    async with running_app(epochs=2, lr=1e-3, model=f"{tmp_path}/named.py:Net", **{"model.width": 3}) as app:
        await app.press("space")
        await app.state("completed")
        write_imported("rate: float = 0.5")
        await app.press("r")
        await app.until(lambda: [run.status for run in all_runs()[0]] == ["completed"] * 2)
        assert all_runs()[0][0].experiment.arguments("model") == {"width": 3, "rate": 0.5}
        assert app.app.screen.query("#set-model-rate")
