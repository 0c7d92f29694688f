"""What the two charts of training show."""

import numpy as np
import pytest

from tui_trainer.charts.chart import Level
from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.views import Options, load
from tui_trainer.charts.views.loss import baseline
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import SettingChanged
from tui_trainer.engine.status import Status
from tui_trainer.runs.record import Record
from tui_trainer.tasks import load_task
from tui_trainer.tasks.curve import Drawn


def records(losses=(3.0, 2.0, 1.0), **settings) -> list[Record]:
    made, data = [], {}
    for name, experiment in Comparison.of(**settings).runs.items():
        points = data.setdefault(experiment.seed, load_task(experiment))
        record = Record(name, experiment, points, "cpu")
        for loss in losses:
            record.history.append(np.array([loss]), None)
        made.append(record)
    return made


def change(record: Record, epoch: int, setting: str, old: str, new: str) -> None:
    record.apply(SettingChanged(record.name, setting, old, new, epoch, record.experiment, "cpu"))


def test_every_run_has_a_line_in_its_own_role():
    runs = records(activation="identity,tanh,relu")
    assert [line.role for line in load("loss").chart(runs).lines] == ["run0", "run1", "run2"]


def test_there_is_no_loss_chart_before_there_is_a_loss():
    assert load("loss").chart(records(losses=())) == "the loss of each epoch appears here"
    (ended,) = records(losses=(), activation="tanh")
    ended.status = Status.STOPPED
    assert load("loss").chart([ended]) == "no epoch was finished"


@pytest.mark.parametrize("losses", [(np.inf, 1.0), (1e30, 1e-30), (0.0, 0.0), (5.0,)])
@pytest.mark.parametrize("log_y", [True, False])
def test_limits_grow_and_are_finite_whatever_the_losses(losses, log_y):
    chart = load("loss").chart(records(losses), options=Options(log_y=log_y))
    low, high = chart.y_limits
    assert np.isfinite([low, high]).all()
    assert low < high
    assert not log_y or low > 0


def test_the_floor_is_the_least_squares_loss_of_points_that_all_runs_share():
    runs = records()
    x, y = runs[0].samples.x[:, 0], runs[0].samples.y[:, 0]
    best = np.mean((np.polyval(np.polyfit(x, y, 1), x) - y) ** 2)
    assert baseline(runs).loss == pytest.approx(best)
    assert [level.y for level in load("loss").chart(runs).of_kind(Level)] == [baseline(runs).loss]


@pytest.mark.parametrize("settings", [{"seed": "0,1"}, {"loss": "l1"}])
def test_there_is_no_floor_where_it_would_not_be_one(settings):
    assert baseline(records(**settings)) is None


def test_a_change_is_marked_once_for_runs_that_took_it_up_an_epoch_apart():
    runs = records()
    change(runs[0], 3, "lr", "0.1", "0.05")
    change(runs[1], 4, "lr", "0.1", "0.05")
    change(runs[1], 9, "lr", "0.05", "0.025")
    assert [(mark.x, mark.text) for mark in load("loss").chart(runs).marks] == [(3, "lr ÷2"), (9, "lr ÷2")]


def test_12_30_several_changes_in_one_epoch_are_one_mark():
    (run,) = records(activation="tanh")
    for old, new in (("0.1", "0.05"), ("0.05", "0.025"), ("0.025", "0.0125")):
        change(run, 2, "lr", old, new)
    change(run, 2, "device", "cuda:0", "cpu")
    change(run, 3, "lr", "0.0125", "0.025")
    change(run, 3, "lr", "0.025", "0.0125")
    assert [(mark.x, mark.text) for mark in load("loss").chart([run]).marks] == [(2, "lr ÷8"), (2, "cpu")]


def test_12_30_a_change_before_the_first_epoch_is_over_is_marked_where_the_chart_begins():
    (run,) = records(activation="tanh")
    change(run, 0, "lr", "0.1", "0.2")
    change(run, 3, "epochs", "3", "2000")
    chart = load("loss").chart([run])
    assert chart.x_limits == (1, 3)
    assert [(mark.x, mark.text) for mark in chart.marks] == [(1, "lr ×2"), (3, "epochs 2000")]
    assert all(words in plain(draw(chart, 80, 12)) for words in ("lr ×2", "epochs 2000"))


@pytest.mark.parametrize(
    ("settings", "ghosts", "losses", "fit", "loss"),
    [
        ({}, False, (3.0, 2.0), [], ["┈ best line 2.611"]),
        ({"test_fraction": 0.25}, False, (3.0, 2.0), ["○ held out"], ["○ held out", "┈ best line 2.675"]),
        ({"loss": "l1"}, True, (3.0, 2.0), ["─ runs before"], ["─ runs before"]),
        ({"loss": "l1"}, False, (3.0, 0.0), [], ["0 at the foot"]),
    ],
)
def test_12_39_what_is_drawn_beside_the_runs_has_a_legend(settings, ghosts, losses, fit, loss):
    runs, before = records(losses, **settings), records(**settings) if ghosts else []
    for record in [*runs, *before]:
        record.snapshot = Drawn(record.samples.x[:, 0], record.samples.y[:, 0], None)
    assert [words for words, _ in load("fit").chart(runs, before).legend] == fit
    assert [words for words, _ in load("loss").chart(runs, before).legend] == loss
    if losses[-1] == 0:
        assert load("loss").chart(runs, before, Options(log_y=False)).legend == []


def test_12_25_losses_that_are_all_0_have_a_chart():
    runs = records((0.0,) * 400, loss="l1")
    text = plain(draw(load("loss").chart(runs), 80, 14))
    assert sum("\u2801" <= sign <= "\u28ff" for sign in text.splitlines()[-3]) > 40


def test_held_out_points_are_apart_from_the_training_points():
    (chart,) = [load("fit").chart(records(test_fraction=0.25))]
    points = {dots.role: len(dots.x) for dots in chart.dots}
    assert points == {"data": 150, "held-out": 50}


def test_the_fit_shows_all_points_even_where_all_are_one():
    for settings in ({"samples": 1}, {"data": "0", "noise": 0}):
        chart = load("fit").chart(records(**settings))
        assert chart.x_limits[0] < chart.x_limits[1]
        assert chart.y_limits[0] < chart.y_limits[1]
