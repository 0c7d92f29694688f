"""Nets are asked about a row that is typed in, and about the rows of a file."""

import pytest
from textual.widgets import Input

from tui_trainer.engine.predictor import Predictor
from tui_trainer.engine.state import weights
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.predict import predictor_of

TABLE = "size,colour,species\n" + "".join(f"{i / 10},{('red', 'blue')[i % 2]},{'ab'[i > 30]}\n" for i in range(60))


@pytest.mark.slow
async def test_i_asks_nets_about_a_typed_row_and_about_a_file(running_app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "new.csv").write_text("colour,size\nred,0.5\ngreen,9\n")
    settings = {"data": "table.csv", "target": "species", "epochs": 3, "batch_size": 10}
    async with running_app(size=(80, 24), **settings) as app:
        await app.press("space")
        await app.state("completed")
        await app.press("i")
        screen = app.app.screen
        await app.until(lambda: screen.query("#column-1") and "species (tanh)" in app.text("#prediction"))
        assert screen.query_one("#column-0", Input).value == "2.95"
        record = app.session.records[1]
        net = Predictor(record.experiment, record.samples.facts, weights(record.past.at(3).state))
        for key in ("ctrl+u", *"0.5", "down", "pagedown"):
            await app.press(key)
        said = net(net.inputs.of_texts(["0.5", screen.query_one("#column-1", Input).value]))
        await app.until(lambda: f"{said.probabilities.max():.1%}" in app.text("#prediction"))
        assert f"species (tanh)  {said.values[0]}" in app.text("#prediction")
        await app.press("ctrl+u", *"gren")
        await app.until(lambda: "'gren' was never seen in training" in app.text("#prediction"))
        await app.press("down", *"new.csv", "enter", *"out.csv", "enter")
        await app.until(lambda: "row 3, column 'colour': 'green' was never seen" in app.text("#written"))
        assert not (tmp_path / "out.csv").exists()
        (tmp_path / "new.csv").write_text("colour,size\nred,0.5\n")
        await app.press("enter")
        await app.until(lambda: "1 prediction written" in app.text("#written"))
        written = (tmp_path / "out.csv").read_text()
        assert written.startswith("colour,size,predicted_species_identity,probability_a_identity,")
        await app.press("escape", "3")
        await app.until(lambda: getattr(app.app.screen, "selection", None) and app.app.screen.selection.runs)
        await app.press("i")
        await app.until(lambda: app.app.screen.query("#column-1") and "species" in app.text("#prediction"))
        assert predictor_of(all_runs()[0][0]).inputs.typical == ["2.95", "blue"]
