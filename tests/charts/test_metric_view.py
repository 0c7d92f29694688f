"""A metric over the epochs: its points, what it is compared with, and where it is not known."""

import numpy as np
import pytest

from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.views import Options, load
from tui_trainer.charts.views.over_time import OverTime
from tui_trainer.engine.status import Status
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.runs.record import Record
from tui_trainer.tasks import load_task


def trained(**settings) -> Record:
    experiment = Experiment(**({"data": "moons", "noise": 60.0, "samples": 60, "device": "cpu"} | settings))
    trainer = Trainer("tanh", experiment, load_task(experiment))
    record = Record.of(trainer)
    for event in trainer.fit():
        record.apply(event)
    return record


@pytest.mark.slow
def test_accuracy_stands_beside_that_of_simple_models():
    from sklearn.linear_model import LogisticRegression

    run = trained(epochs=5, test_fraction=0.25)
    view = load("accuracy")
    chart = view.chart([run])
    held_out, training = chart.lines
    assert training.x.tolist() == held_out.x.tolist() == [1, 2, 3, 4, 5]
    assert training.y[-1] == run.metrics["accuracy"]
    assert held_out.y[-1] == run.test_metrics["accuracy"]
    samples = run.samples
    regression = LogisticRegression(C=np.inf).fit(samples.x, samples.y).score(samples.x, samples.y)
    levels = {
        series.label.rpartition(" ")[0]: series.y
        for series in chart.series
        if series.label and series.role == "baseline"
    }
    assert levels == {"majority class": pytest.approx(0.5, abs=0.1), "logistic regression": pytest.approx(regression)}
    assert view.figures([run.as_of(2)])[0][0] == f"● {training.y[1]:.3g} ○ {held_out.y[1]:.3g}"
    assert chart.y_limits[0] <= min(levels.values()) < chart.y_limits[1] == 1
    zoomed = view.chart([run], options=Options(zoom="last half", log_x=True))
    assert zoomed.x_limits[0] > 1
    assert not zoomed.log_y
    assert "●" in plain(draw(chart, 60, 10))


def test_of_a_run_that_was_kept_without_them_there_is_a_word():
    run = trained(epochs=2)
    run.history._measured.clear()
    assert load("accuracy").chart([run]) == "these runs were kept without metrics"
    run.status = Status.RUNNING
    assert load("accuracy").chart([run]) == "not measured yet"
    assert isinstance(load("r2"), OverTime)
    wild = trained(data="plane", epochs=1, lr=1e-9).history
    wild.measure(2, {"r2": -1e300}, {})
    assert np.isfinite(load("r2").chart([trained(data="plane", epochs=2)]).y_limits).all()
