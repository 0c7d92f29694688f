"""Charts that stand aside are chosen by their names, at any size, and are remembered."""

import pytest

from tui_trainer.tui.widgets.chart_view import ChartView


def visible(app) -> list[str]:
    return [chart.name for chart in app.app.screen.query(ChartView) if chart.display]


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_each_chart_is_chosen_by_its_name_and_f_leads_back(running_app, size):
    async with running_app(size=size, data="moons", activation="tanh", epochs=3, test_fraction=0.25) as app:
        await app.until(lambda: "map" in visible(app))
        main = visible(app)
        await app.press("space")
        await app.state("completed")
        names = app.session.records[0].task.views
        for place, name in enumerate(names, 1):
            await app.press("C", "home", *["down"] * place, "enter")
            await app.until(lambda name=name: visible(app) == [name])
            await app.until(lambda name=name: "appears here" not in app.text(f"#{name}"))
        assert app.app.screen.layout_now.chart == names[-1]
        await app.press("f")
        assert visible(app) == main
        await app.press("3", "C", "end", "enter")
        await app.until(lambda: visible(app) == [names[-1]])
