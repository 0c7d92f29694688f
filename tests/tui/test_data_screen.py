"""The data screen: columns, what stands in them, and what becomes of them."""

import pytest
from textual.widgets import DataTable

from tui_trainer.comparison import Comparison
from tui_trainer.data.summary import summary
from tui_trainer.data.tables.sql import Stopped
from tui_trainer.experiment import Experiment

TABLE = "size,colour,height,species\n" + "".join(
    f"{i / 10},{('red', 'blue')[i % 2]},{i * i},{'ab'[i > 30]}\n" for i in range(60)
)


@pytest.mark.slow
async def test_d_shows_the_columns_and_changes_what_becomes_of_them(running_app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text(TABLE)

    def rows(app):
        table = app.app.screen.query_one("#columns", DataTable)
        return [[cell.plain for cell in table.get_row_at(row)] for row in range(table.row_count)]

    async with running_app(size=(120, 40), data="table.csv", target="species", epochs=3) as app:

        async def opened():
            await app.press("D")
            await app.until(lambda: app.app.screen.query("#columns") and rows(app))

        async def offered(settings):
            app.screen.offer(Comparison.of(epochs=3, **settings))
            await app.until(lambda: app.session.records[0].experiment.data == settings["data"])

        await opened()
        assert [row[1] for row in rows(app)] == ["feature", "feature", "feature", "target"]
        assert rows(app)[0][:6] == ["size", "feature", "number", "", "0.87", "0 to 5.9"]
        await app.press("down", "space")
        assert rows(app)[1][1] == "left out"
        assert "blue" in app.text("#column")
        await app.press("enter")
        await app.until(lambda: app.session.records[0].experiment.features == "size,height")
        assert app.session.records[0].samples.feature_names == ("size", "height")

        await opened()
        await app.press("down", "down", "Y")
        await app.until(lambda: rows(app)[2][1] == "target")
        assert [row[1] for row in rows(app)] == ["feature", "feature", "target", "feature"]
        await app.press("enter")
        await app.until(lambda: app.session.records[0].experiment.target == "height")
        assert app.session.records[0].task.name == "regression"

        await offered({"data": "spiral"})
        await opened()
        assert rows(app)[-1][:2] == ["class", "target"]
        await app.press("down", "down", "space", "enter")
        await app.until(lambda: app.session.records[0].experiment.features == "x1,x2,x1^2")

        await offered({"data": "article"})
        await opened()
        assert [row[0] for row in rows(app)] == ["x", "y"]
        await app.press("space", "escape")
        assert app.app.screen is app.screen


def test_who_leaves_while_a_table_is_read_need_not_wait(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    with pytest.raises(Stopped):
        summary(Experiment(data=str(tmp_path / "table.csv"), target="species"), lambda table: table.stop())
