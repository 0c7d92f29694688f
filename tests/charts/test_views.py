"""What the two charts of training show."""

from dataclasses import replace

import numpy as np
import pytest

from tui_trainer.charts.chart import Level
from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.views import AXES, Options, load
from tui_trainer.charts.views.loss import baseline
from tui_trainer.comparison import Comparison
from tui_trainer.engine.events import SettingChanged
from tui_trainer.engine.status import Status
from tui_trainer.runs.folder import At
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
        ({}, False, (3.0, 2.0), ["· data"], ["┈ best line 2.611"]),
        ({"test_fraction": 0.25}, False, (3.0, 2.0), ["○ held out", "· data"], ["○ held out", "┈ best line 2.675"]),
        ({"loss": "l1"}, True, (3.0, 2.0), ["─ runs before", "· data"], ["─ runs before"]),
        ({"loss": "l1"}, False, (3.0, 0.0), ["· data"], ["0 at the foot"]),
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


def noisy(count: int, scatter: float) -> tuple[float, ...]:
    noise = np.random.default_rng(0).normal(scale=scatter, size=count)
    return tuple((2 + 20 / np.arange(1, count + 1)) * np.exp(noise))


def test_what_is_noisy_is_smoothed_and_the_raw_losses_lie_behind():
    losses = noisy(600, 0.3)
    chart = load("loss").chart(records(losses, activation="tanh"))
    raw, smooth = chart.lines
    assert (raw.role, raw.still, raw.label, smooth.role) == ("faint0", True, "raw", "run0")
    np.testing.assert_array_equal(raw.y, losses)
    assert chart.notes == ["logarithmic", "smoothed ×27"]
    np.testing.assert_allclose(smooth.y[13:-13], np.convolve(losses, np.ones(27) / 27, "valid"))
    assert smooth.y[-1] == losses[-1], "it ends where the legend says"


def test_what_is_calm_is_drawn_as_it_is_unless_one_wants_more():
    (run,) = records(noisy(600, 0.0), activation="tanh")
    for options, windows in ((Options(), []), (Options(smoothing="off"), []), (Options(smoothing="more"), [9])):
        chart = load("loss").chart([run], options=options)
        assert chart.notes == ["logarithmic", *(f"smoothed ×{window}" for window in windows)]
        assert len(chart.lines) == 1 + len(windows)
    (run,) = records(noisy(600, 0.3), activation="tanh")
    assert load("loss").chart([run], options=Options(smoothing="off")).notes == ["logarithmic"]
    assert load("loss").chart([run], options=Options(smoothing="more")).notes[1:] == ["smoothed ×81"]


def test_how_much_is_smoothed_is_said_in_epochs_also_where_several_share_a_point():
    (run,) = records((), activation="tanh")
    run.history.append(np.array(noisy(100_000, 0.5)), None)
    chart = load("loss").chart([run])
    points = np.diff(chart.lines[-1].x[:2])[0]
    assert chart.notes[1:] == [f"smoothed ×{points * 3:.0f}"]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("log_x", [False, True])
def test_the_last_part_of_the_way_fills_the_chart(axis, log_x):
    runs = records((), activation="tanh,relu", samples=40)
    for run, count in zip(runs, (1000, 700), strict=True):
        for epoch in range(1, count + 1):
            run.history.append(np.array([100.0 / epoch]), None, seconds=epoch / 10)
    options = Options(axis=axis, log_x=log_x, zoom="last tenth")
    chart, whole = (load("loss").chart(runs, options=each) for each in (options, replace(options, zoom="all")))
    assert chart.x_limits[1] == whole.x_limits[1]
    assert np.diff(chart.x_limits) == pytest.approx(np.diff(whole.x_limits) / 10, rel=0.01)
    assert load("loss").title(runs, options).endswith(", last tenth")
    tanh, relu = chart.lines
    assert len(tanh.x) >= 4
    assert (tanh.x[0], tanh.x[-1]) == pytest.approx(chart.x_limits, rel=0.01)
    assert len(relu.x) == 0
    assert chart.y_limits[0] < 0.1 < baseline(runs).loss < chart.y_limits[1]


def test_on_a_logarithmic_axis_each_decade_of_a_very_long_run_is_as_long():
    (run,) = records((), activation="tanh")
    run.history.append(1e3 / np.arange(1.0, 100_001), None)
    (line,) = load("loss").chart([run], options=Options(log_x=True)).lines
    for decade in range(5):
        inside = (line.x >= 10.0**decade) & (line.x < 10.0 ** (decade + 1))
        assert inside.sum() >= 9
    text = plain(draw(load("loss").chart([run], options=Options(log_x=True)), 80, 12))
    assert text.splitlines()[-1].split() == ["1", "10", "100", "1,000", "10,000", "100,000"]


@pytest.mark.parametrize("options", [Options(), Options(log_y=False), Options(zoom="last tenth")])
def test_the_floor_is_within_the_limits_wherever_the_losses_are(options):
    for losses in ((1e-3,) * 50, (1e3,) * 50):
        runs = records(losses)
        low, high = load("loss").chart(runs, options=options).y_limits
        assert low < baseline(runs).loss < high


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


def test_a_branch_leaves_its_whole_parent_where_it_branched_off():
    (parent,) = records([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 30.0], activation="tanh")
    (branch,) = records([], activation="tanh")
    branch.parent, branch.at = parent.name, At(epoch=4, steps=800)
    branch.name = "tanh @4"
    branch.history.fill(4)
    branch.history.append(np.array([3.0]), None)
    for runs, ghosts in (([branch], [parent]), ([parent, branch], [])):
        chart = load("loss").chart(runs, ghosts, Options(smoothing="off"))
        line = chart.lines[-1]
        assert (line.x.tolist(), line.y.tolist()) == ([4.0, 5.0], [6.0, 3.0])
        assert chart.x_limits == (1.0, 7.0), "as far as its parent went"
        assert chart.y_limits[1] > 30.0
    assert ("─ parent", "ghost") in load("loss").chart([branch], [parent], Options(smoothing="off")).legend
