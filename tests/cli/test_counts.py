"""Numbers of things in words."""

import pytest

from tests.tui.test_runs import keep
from tui_trainer.engine.events import RunFinished
from tui_trainer.experiment import Experiment
from tui_trainer.runs.library import all_runs
from tui_trainer.runs.record import Record
from tui_trainer.tasks import load_task
from tui_trainer.tui.run_selection import RunSelection
from tui_trainer.tui.widgets.log import line_of
from tui_trainer.wording import count


@pytest.mark.parametrize(("number", "told"), [(0, "0 epochs"), (1, "1 epoch"), (2, "2 epochs"), (2000, "2,000 epochs")])
def test_12_31_one_epoch_is_no_epochs(number, told):
    assert count(number, "epoch") == told
    finished = RunFinished("tanh", "stopped", number, 1.5, None, 4, 0.25, None)
    assert line_of(finished, None) == f"tanh  stopped after {told} and 0.2 s, final loss 1.5"


def test_12_31_one_of_anything_is_one(command):
    experiment = Experiment(samples=4)
    record = Record("tanh", experiment, load_task(experiment), "cpu", steps=1)
    assert record.why_diverged.startswith("diverged after 1 step:")
    keep(epochs=1)
    selection = RunSelection()
    selection.take_in(all_runs()[0])
    assert selection.words == "1 run · by age"
    assert "it completed its 1 epoch;" in command("resume", "tanh", "--headless").err
    assert command("runs", "prune", "--keep=0").out.startswith("1 run removed")
