"""Networks of a kind that people have, in the app: their parameters stand in the form, and they train."""

import pytest

from tests.nets import NETS, copy_nets
from tests.tui.conftest import shown
from tui_trainer.comparison import Comparison
from tui_trainer.tui.app import TrainerApp


@pytest.mark.slow
@pytest.mark.parametrize("file", NETS)
async def test_its_parameters_stand_in_the_form_and_it_trains(tmp_path, monkeypatch, file):
    copy_nets(tmp_path)
    monkeypatch.chdir(tmp_path)
    settings, parameters = NETS[file]
    async with shown(TrainerApp(Comparison.of(**settings, epochs=3)), (120, 40)) as app:
        await app.state("ready")
        fields = {each.id for each in app.app.screen.query("SettingInput").results()}
        assert fields >= {f"set-model-{name}" for name in parameters}
        await app.press("space")
        await app.state("completed")
        (record,) = app.session.records
        assert len(record.history.losses) == 3
