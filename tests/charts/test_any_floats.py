"""Charts, ticks and scaling hold for all finite floats: the largest, the smallest, and ranges that overflow."""

# A drawn pair is a tuple of any length to mypy.
# mypy: disable-error-code="call-arg"

import itertools
from typing import get_args

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tui_trainer.charts.chart import Bars, Chart, Dots, Level, Line, Mark, Picture
from tui_trainer.charts.raster import draw
from tui_trainer.charts.spread import spread as histograms_over_time
from tui_trainer.charts.ticks import log_ticks, nice_ticks, tick_labels
from tui_trainer.charts.views import AXES, Options, Smoothing, Zoom, load
from tui_trainer.data.samples import Samples
from tui_trainer.data.scaling import ROUNDING, standard, unscaled
from tui_trainer.data.span import evenly, share, widened
from tui_trainer.experiment import Experiment
from tui_trainer.runs.histograms import Histogram
from tui_trainer.runs.record import Record
from tui_trainer.tasks.curve import GRID, Curve, Drawn, downsampled

settings.register_profile("small", max_examples=60, deadline=None, derandomize=True, database=None)
settings.load_profile("small")

FINITE = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=5e-324, allow_nan=False, allow_infinity=False)
POINTS = arrays(np.float64, st.integers(1, 30), elements=FINITE)
PAIRS = st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=30).map(lambda pairs: np.array(pairs).T)
LIMITS = st.tuples(FINITE, FINITE).filter(lambda ends: ends[0] < ends[1])
LOG_LIMITS = st.tuples(POSITIVE, POSITIVE).filter(lambda ends: ends[0] < ends[1])
PICTURES = arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats())
SIZES = st.tuples(st.integers(0, 130), st.integers(0, 40))
LOSSES = st.lists(st.floats(min_value=0) | st.just(np.nan), min_size=1, max_size=1100)


@given(LIMITS, st.integers(2, 12), st.booleans())
def test_12_47_ticks_are_inside_and_told_apart(limits, count, whole):
    ticks = nice_ticks(*limits, count, whole)
    assert 2 <= len(ticks) <= 4 * count
    assert all(limits[0] <= tick <= limits[1] for tick in ticks)
    assert all(a < b for a, b in itertools.pairwise(ticks))
    assert len(set(tick_labels(ticks))) == len(ticks)


@given(LOG_LIMITS, st.integers(2, 12))
def test_12_47_logarithmic_ticks_are_inside(limits, count):
    ticks = log_ticks(*limits, count)
    assert len(ticks) <= count
    assert all(limits[0] <= tick <= limits[1] for tick in ticks)


@given(LIMITS, POINTS, st.floats(0, 1))
def test_12_47_a_share_of_the_way(limits, values, part):
    assert share(np.array(limits), *limits).tolist() == [0, 1]
    shares = share(values, *limits)
    inside = (values >= limits[0]) & (values <= limits[1])
    assert ((shares >= 0) & (shares <= 1))[inside].all()
    assert not ((shares > 0) & (shares < 1))[~inside].any()
    wide = widened(*limits, part)
    assert np.isfinite(wide).all()
    assert wide[0] <= limits[0] < limits[1] <= wide[1]
    spread = evenly(*limits, 7)
    assert (spread[0], spread[-1]) == limits
    assert (np.diff(spread / 2) >= 0).all()


@given(POINTS, POINTS)
def test_12_47_scaling_and_its_way_back(values, others):
    values, others = values[:, np.newaxis], others[:, np.newaxis]
    for make in (standard, unscaled):
        scaling = make(values)
        assert np.isfinite(scaling).all()
        assert (scaling.deviation > 0).all()
        scaled = scaling.apply(values)
        assert np.isfinite(scaled).all()
        scaling.undo(scaling.apply(others))  # beyond all floats, where they lie far away: no error, and no warning
    scaled = standard(values).apply(values)
    rounding = ROUNDING * np.abs(values).max()  # what is constant but for rounding is divided by 1
    assert np.abs(scaled).max() <= max(2 * np.sqrt(len(values)), rounding)


@settings(max_examples=10)  # of many points each
@given(PAIRS)
def test_12_47_downsampling_of_many_points(pairs):
    columns, rows = GRID
    x, y = (np.resize(values, columns * rows + 1) for values in pairs)
    kept = set(zip(*downsampled(x, y), strict=True))
    assert kept
    assert kept <= set(zip(*pairs, strict=True))


@given(st.data(), SIZES, st.booleans())
@pytest.mark.slow
def test_12_47_any_chart_is_drawn(data, size, log_y):
    x = np.sort(data.draw(POINTS))
    values = arrays(np.float64, len(x), elements=st.floats())
    edges = np.unique(data.draw(POINTS))
    series = [
        Picture.of_values(data.draw(PICTURES), data.draw(LIMITS), data.draw(LIMITS), *data.draw(LIMITS)),
        Bars(edges, data.draw(arrays(np.float64, len(edges) - 1, elements=st.floats())), "run2", "count"),
        Level(data.draw(st.floats()), "baseline", "best line"),
        Dots(x, data.draw(values), "data", label="data"),
        Line(x, data.draw(values), "ghost", still=True, label="before"),
        Line(x, data.draw(values), "run0", "●"),
        Line(x, data.draw(values), "run1", "▲"),
        Dots(x, data.draw(values), "held-out", "○", "held out"),
    ]
    marks = [Mark(data.draw(st.floats()), "lr ÷2"), Mark(float(x[0]), "epochs 2000")]
    y_limits = data.draw(LOG_LIMITS if log_y else LIMITS)
    chart = Chart(series, data.draw(LIMITS), y_limits, log_y, marks, data.draw(st.booleans()))
    for ascii, colours in itertools.product([False, True], repeat=2):
        rows = draw(chart, *size, ascii, colours)
        assert [sum(len(text) for text, _ in row) for row in rows] == [size[0]] * size[1]
    assert len(chart.legend) >= 5


@given(st.data(), PAIRS, PAIRS, LOSSES, LOSSES)
@pytest.mark.slow
def test_12_47_any_points_and_losses_have_charts(data, train, test, losses, test_losses):
    columns = [values[:, np.newaxis] for values in (*train, *test)]
    curve = Curve(Samples(*columns, None, (), standard(columns[0]), standard(columns[1])))
    curve.warm_caches()
    record = Record("any", Experiment(test_fraction=0.5), curve, "cpu")
    x = evenly(float(curve.x.min()), float(curve.x.max()), 50)
    record.snapshot = Drawn(x, curve.scaling.undo(data.draw(arrays(np.float32, 50)).astype(float)), None)
    for loss, test_loss in zip(losses, test_losses, strict=False):
        record.history.append(np.array([loss]), test_loss)
    ways = [
        Options(*how)
        for how in itertools.product([True, False], [True, False], get_args(Smoothing), get_args(Zoom), AXES)
    ]
    charts = [load("fit").chart([record], [record])]
    charts += [load("loss").chart([record], [record], options) for options in ways]
    for chart in charts:
        assert np.isfinite([*chart.x_limits, *chart.y_limits]).all()
        assert chart.x_limits[0] < chart.x_limits[1]
        assert chart.y_limits[0] < chart.y_limits[1]
    for chart in data.draw(st.lists(st.sampled_from(charts), min_size=3, max_size=3)):
        draw(chart, 80, 16)


@given(st.lists(st.tuples(FINITE, FINITE, st.lists(st.integers(0, 9), min_size=1, max_size=9)), min_size=1, max_size=4))
@example([(-1.7e308, 1.7e308, [1, 2]), (0.0, 0.0, [3])])
def test_histograms_between_any_floats_are_drawn(drawn):
    kept = [
        Histogram(steps=place, name="weight", low=min(one, other), high=max(one, other), counts=counts)
        for place, (one, other, counts) in enumerate(drawn)
    ]
    for width in (30, 80):
        assert draw(histograms_over_time(kept, width), width, 12)


def test_a_histogram_of_equal_numbers_is_between_limits_that_are_told_apart():
    for value in (0.0, 1.0, 5e-324, -1.7e308, 1.7976931348623157e308):
        low, high = histograms_over_time([Histogram(steps=1, name="w", low=value, high=value, counts=[9])], 80).x_limits
        assert np.isfinite([low, high]).all()
        assert low < high
        assert low <= value <= high
