"""The straight line that fits best."""

import numpy as np
import pytest

from tui_trainer.tasks.line import Line, least_squares, mean_squared_error

X = np.linspace(-3, 9, 40)
Y = np.sin(X) + 0.5 * X


def test_it_is_the_one_that_numpy_finds():
    assert least_squares(X, Y) == pytest.approx(tuple(np.polyfit(X, Y, 1)))


def test_it_stays_exact_far_from_zero():
    slope, _ = least_squares(X + 1e8, Y)
    assert slope == pytest.approx(np.polyfit(X, Y, 1)[0], rel=1e-6)


def test_no_line_beside_it_is_better():
    best = least_squares(X, Y)
    least = mean_squared_error(best, X, Y)
    for d in (-1e-3, 1e-3):
        assert mean_squared_error(Line(best.slope + d, best.intercept), X, Y) > least
        assert mean_squared_error(Line(best.slope, best.intercept + d), X, Y) > least


def test_points_above_each_other_get_their_mean():
    assert least_squares(np.ones(3), np.array([1.0, 2.0, 6.0])) == (0, 3)


def test_it_is_written_the_way_one_says_it():
    assert str(Line(1.5, -0.25)) == "y = 1.5 x − 0.25"
    assert str(Line(-2.0, 3.0)) == "y = -2 x + 3"


def test_12_16_x_that_is_constant_but_for_rounding_has_no_slope():
    assert least_squares(np.full(22, 0.1), np.arange(22.0)).slope == 0


@pytest.mark.filterwarnings("error")
def test_12_54_it_stays_exact_near_the_ends_of_float64():
    for size in (1e-300, 1e300):
        line = least_squares(X * size, Y)
        assert line.slope * size == pytest.approx(np.polyfit(X, Y, 1)[0])
        assert mean_squared_error(Line(0.0, 1.7e308), X, Y) == float("inf")
