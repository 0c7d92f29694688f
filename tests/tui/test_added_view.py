"""A view is a class and a line in the catalog: then it is on the screens and in the exports."""

from collections.abc import Sequence

import numpy as np
import pytest
from textual.content import Content

from tests.marks import rest_slow
from tui_trainer.catalog import EXPORTS, VIEWS
from tui_trainer.charts.chart import Bars, Chart
from tui_trainer.charts.views import DEFAULT, Options, load, views_for
from tui_trainer.charts.views.view import View
from tui_trainer.choices import ViewChoice
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.record import Record
from tui_trainer.tasks.curve import Curve, Drawn
from tui_trainer.tui.widgets.chart_view import ChartView


class Errors(View):
    """How often the curve of the first run is off by how much."""

    def chart(self, runs: Sequence[Record], ghosts: Sequence[Record] = (), options: Options = DEFAULT) -> Chart | str:
        task, drawn = runs[0].task, runs[0].snapshot
        if not (isinstance(task, Curve) and isinstance(drawn, Drawn)):
            return "no curve yet"
        counts, edges = np.histogram(task.y - np.interp(task.x, drawn.x, drawn.y), bins=5)
        bars = Bars(edges, counts.astype(float), "run0", label="points")
        return Chart([bars], (float(edges[0]), float(edges[-1])), (0.0, float(counts.max())))

    def notes(self, runs: Sequence[Record], options: Options) -> list[str]:
        return ["of the first run"]


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(VIEWS, "histogram", ViewChoice(f"{__name__}:Errors", "how far off points are", title="Errors"))


def visible(app) -> list[str]:
    return [chart.name for chart in app.app.screen.query(ChartView) if chart.display]


@pytest.mark.slow
async def test_it_is_on_the_training_and_the_runs_screen_and_in_exports(running_app):
    async with running_app(activation="tanh", epochs=2) as app:
        await app.until(lambda: "█" in app.text("#histogram"))
        title, subtitle = (
            getattr(app.screen.query_one("#histogram"), f"border_{name}") for name in ("title", "subtitle")
        )
        assert title.startswith("Errors   ")
        assert "● tanh" in title
        subtitle = Content.from_markup(subtitle).plain
        assert "█ points" in subtitle
        assert subtitle.endswith("  of the first run")
        await app.press("space")
        await app.state("completed")
        await app.press("3")
        await app.until(lambda: app.app.screen.query("#histogram") and "█" in app.text("#histogram"))
    (run,) = all_runs()[0]
    text, picture = (EXPORTS[ending].load()(run).decode() for ending in (".txt", ".svg"))
    assert "\nErrors  ● tanh  █ points\n" in text
    assert "█" in text.partition("Errors")[2].partition("\n")[2]
    assert "Errors" in picture


@pytest.mark.parametrize(
    ("size", "turns"),
    rest_slow(
        [
            ((120, 40), [["fit", "loss", "histogram"], ["fit"], ["loss"], ["histogram"], ["fit", "loss", "histogram"]]),
            ((80, 24), [["fit"], ["loss"], ["histogram"], ["fit"]]),
            ((120, 24), [["fit"], ["loss"], ["histogram"], ["fit"]]),
        ],
        several=True,
    ),
)
async def test_f_shows_one_after_the_other(running_app, size, turns):
    async with running_app(size=size) as app:
        for turn in turns:
            assert visible(app) == turn
            await app.press("f")


@pytest.mark.slow
async def test_on_the_runs_screen_the_losses_stand_first(running_app):
    async with running_app(size=(80, 24)) as app:
        await app.press("3")
        for turn in (["loss"], ["fit"], ["histogram"], ["loss"]):
            assert visible(app) == turn
            await app.press("f")


def test_the_main_view_is_the_first():
    assert views_for()[:2] == ["fit", "map"]
    assert views_for()[-1] == "histogram"
    assert isinstance(load("histogram"), Errors)
