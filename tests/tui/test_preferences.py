"""What the app remembers beside the pace: which charts, settings and log stand, how losses are drawn, the theme."""

import pytest

from tests.tui.conftest import shown
from tui_trainer.charts.views import Options
from tui_trainer.comparison import Comparison
from tui_trainer.tui.app import TrainerApp
from tui_trainer.tui.preferences import Layout, Preferences, preferences_file, read_preferences
from tui_trainer.tui.themes import LIGHT
from tui_trainer.tui.widgets.chart_view import ChartView
from tui_trainer.tui.widgets.log import LogPane

FEW = {"samples": 20, "scale": "standard", "execution": "eager", "device": "cpu"}


def app() -> TrainerApp:
    return TrainerApp(Comparison.of(**FEW))


@pytest.mark.slow
async def test_the_next_sitting_looks_as_this_one_was_left_and_what_stayed_is_not_written():
    async with shown(app()) as first:
        await first.press("l", "S", "f", "f", "y", "t", "3", "s")
    left = preferences_file().read_text()
    assert "pace = " in left
    assert "[runs.options]" in left
    async with shown(app()) as second:
        screen = second.screen
        assert second.app.theme == LIGHT.name
        assert [chart.name for chart in screen.query(ChartView) if chart.display] == ["loss"]
        assert not screen.query_one("#side").display
        assert not screen.query_one(LogPane).display
        assert not screen.options.log_y
        await second.press("3")
        assert (second.app._runs.options.smoothing, screen.options.smoothing) == ("more", "auto"), (
            "each screen has its own"
        )
        await second.press("f", "f")
    assert preferences_file().read_text() != left
    async with shown(app()) as third:
        await third.press("q")
    assert read_preferences()[0].runs == Layout("fit", Options(smoothing="more"))


async def test_what_is_spoiled_is_said_and_the_rest_is_heeded():
    preferences_file().write_text('pace = "max"\ntheme = "no such"\nlog = "never"\n[train]\nchart = "pie"\n')
    async with shown(app()) as driver:
        line = "log: Expected `bool | null`, got `str`"
        await driver.until(lambda: line in " ".join(driver.text("#log").split()))
        said = " ".join(driver.text("#log").split())
        assert "app.toml" in said.replace(" ", "")  # the path may be broken where a line ends
        assert "train: chart: 'pie' is unknown; there are all, " in said
        assert driver.app.theme == TrainerApp(Comparison.of(**FEW)).theme
        assert driver.screen.query_one(LogPane).display


@pytest.mark.parametrize("content", [b"", b"\xff", b"train = 1\n", b"[train.options]\naxis = 'sideways'\n", b"= ["])
def test_a_spoiled_file_is_the_defaults(content):
    preferences_file().write_bytes(content)
    kept, said = read_preferences()
    assert kept == Preferences()
    assert bool(said) is bool(content)
    assert said.isprintable()


@pytest.mark.slow
async def test_both_charts_fit_at_80_by_24_if_asked_for():
    async with shown(app(), (80, 24)) as driver:
        seen = []
        for _ in range(4):
            charts = [chart for chart in driver.screen.query(ChartView) if chart.display]
            seen.append([(chart.name, chart.size.height > 6) for chart in charts])
            await driver.press("f")
        fit, loss = ("fit", True), ("loss", True)
        assert seen == [[fit], [loss], [fit, loss], [fit]]
        await driver.press("f")
        await driver.resize(120, 14)
        assert len([chart for chart in driver.screen.query(ChartView) if chart.display]) == 1
