"""What a person's own step is measured by, under whatever name they have for it."""

import pytest

from tui_trainer.charts.views import Options, load
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.runs.record import Record
from tui_trainer.tasks import load_task

CODE = """
def step(model, batch):
    x, _ = batch
    return {"loss": ((model(x) - x) ** 2).mean(), "worst\\x1b[31m": (model(x) - x).abs().max(), "size": x.mean()}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """One of four epochs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(CODE)
    experiment = Experiment(step="mine.py:step", epochs=4, device="cpu")
    trainer = Trainer("own", experiment, load_task(experiment))
    record = Record.of(trainer)
    for event in trainer.fit():
        record.apply(event)
    return record


def test_a_name_is_written_out_and_the_title_tells_the_zoom(run):
    view = load("metrics")
    assert view.title([run], Options()) == r"worst\x1b[31m by epoch, 1 of 2: v"
    assert view.title([run], Options(zoom="last half", axis="step")) == r"worst\x1b[31m by step, last half, 1 of 2: v"
    figures = view.figures([run])
    assert [words.split()[1] for words, _ in figures] == [r"worst\x1b[31m", "size"]


def test_each_is_drawn_by_itself(run):
    view = load("metrics")
    for first, name in enumerate(["worst\x1b[31m", "size"]):
        (line,) = view.chart([run], options=Options(first=first)).lines
        assert line.y.tolist() == [each.metrics[name] for each in run.history.measured]
