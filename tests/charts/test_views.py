"""What the two charts of training show."""

import numpy as np
import pytest

from tui_trainer.charts.views import common_floor, fit_chart, loss_chart
from tui_trainer.comparison import Comparison
from tui_trainer.data.points import load_data
from tui_trainer.runs.record import Record


def records(losses=(3.0, 2.0, 1.0), **settings) -> list[Record]:
    made, data = [], {}
    for name, experiment in Comparison.of(**settings).runs.items():
        points = data.setdefault(experiment.seed, load_data(experiment))
        record = Record(name, experiment, points, "cpu")
        for loss in losses:
            record.history.append(np.array([loss]), None)
        made.append(record)
    return made


def test_every_run_has_a_line_in_its_own_role():
    runs = records(activation="identity,tanh,relu")
    assert [line.role for line in loss_chart(runs).lines] == ["run0", "run1", "run2"]


def test_there_is_no_loss_chart_before_there_is_a_loss():
    assert loss_chart(records(losses=())) is None


@pytest.mark.parametrize("losses", [(np.inf, 1.0), (1e30, 1e-30), (0.0, 0.0), (5.0,)])
@pytest.mark.parametrize("log_y", [True, False])
def test_limits_grow_and_are_finite_whatever_the_losses(losses, log_y):
    chart = loss_chart(records(losses), log_y=log_y)
    low, high = chart.y_limits
    assert np.isfinite([low, high]).all()
    assert low < high
    assert not log_y or low > 0


def test_the_floor_is_the_least_squares_loss_of_points_that_all_runs_share():
    runs = records()
    x, y = runs[0].data.x, runs[0].data.y
    best = np.mean((np.polyval(np.polyfit(x, y, 1), x) - y) ** 2)
    assert common_floor(runs) == pytest.approx(best)
    assert loss_chart(runs).floor == common_floor(runs)


@pytest.mark.parametrize("settings", [{"seed": "0,1"}, {"loss": "l1"}])
def test_there_is_no_floor_where_it_would_not_be_one(settings):
    assert common_floor(records(**settings)) is None


def test_a_change_is_marked_once_for_runs_that_took_it_up_an_epoch_apart():
    runs = records()
    runs[0].history.mark(3, "lr ÷2")
    runs[1].history.mark(4, "lr ÷2")
    runs[1].history.mark(9, "lr ÷2")
    assert [(mark.x, mark.text) for mark in loss_chart(runs).marks] == [(3, "lr ÷2"), (9, "lr ÷2")]


def test_held_out_points_are_apart_from_the_training_points():
    (chart,) = [fit_chart(records(test_fraction=0.25))]
    points = {dots.role: len(dots.x) for dots in chart.dots}
    assert points == {"data": 150, "test": 50}


def test_the_fit_shows_all_points_even_where_all_are_one():
    for settings in ({"samples": 1}, {"data": "0", "noise": 0}):
        chart = fit_chart(records(**settings))
        assert chart.x_limits[0] < chart.x_limits[1]
        assert chart.y_limits[0] < chart.y_limits[1]
