"""The screens lay out what a task names: classes have no curve to fit."""

import pytest

from tests.marks import rest_slow
from tests.tasks.others import OTHERS, other_tasks
from tui_trainer.tui.widgets.chart_view import ChartView

__all__ = ["other_tasks"]
pytestmark = pytest.mark.usefixtures("other_tasks")


@pytest.mark.parametrize("name", rest_slow(reversed(OTHERS)))
async def test_13_1_a_task_without_a_curve_is_trained_with_its_loss_alone(running_app, name):
    async with running_app(**OTHERS[name], activation="tanh", epochs=3, batch_size=20) as app:
        charts = {chart.name: chart for chart in app.screen.query(ChartView)}
        await app.until(lambda: not charts["fit"].display)
        assert charts["loss"].display
        await app.press("space")
        await app.state("completed")
        assert charts["map"].display is (name != "pair")
        assert not charts["fit"].display
        await app.press("3")
        await app.until(lambda: "tanh" in app.text("#kept"))
        await app.until(
            lambda: (
                [chart.name for chart in app.app.screen.query(ChartView) if chart.display]
                == ["map"] * (name != "pair") + ["loss"]
            )
        )


async def test_13_1_a_step_of_a_batch_of_classes_is_shown(running_app):
    async with running_app(**OTHERS["blobs"], activation="tanh", batch_size=20, size=(120, 40)) as app:
        await app.press("n")
        await app.until(lambda: all(words in app.text("StepTable") for words in ("of 20", "loss = cross_entropy")))
