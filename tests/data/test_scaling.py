"""Scaling and its way back."""

import numpy as np
import pytest

from tui_trainer.data.scaling import standard, unscaled

VALUES = np.array([[3.0, -1.0], [5.0, -2.0], [10.0, -3.0]])


def test_standard_brings_mean_zero_and_deviation_one_and_back():
    scaling = standard(VALUES)
    scaled = scaling.apply(VALUES)
    assert scaled.mean(axis=0) == pytest.approx(0)
    assert scaled.std(axis=0) == pytest.approx(1)
    assert scaling.undo(scaled) == pytest.approx(VALUES)


def test_constant_values_become_zero():
    values = np.array([[7.0, 1.0], [7.0, 3.0]])
    assert standard(values).apply(values).tolist() == [[0, -1], [0, 1]]


def test_unscaled_changes_nothing():
    assert unscaled(VALUES).apply(VALUES).tolist() == VALUES.tolist()
    assert unscaled(VALUES).undo(VALUES).tolist() == VALUES.tolist()


@pytest.mark.parametrize("value", [0.1, -0.1, 0.3, 14.5, 1e-200, 1e300, 5e-324, 0.0])
@pytest.mark.parametrize("rows", [2, 22, 1_000, 100_003])
def test_12_16_constant_values_are_divided_by_one(value, rows):
    assert standard(np.full((rows, 1), value)).deviation.tolist() == [1.0]


def test_12_16_so_are_values_that_are_constant_but_for_rounding():
    values = np.resize([0.3, 0.1 + 0.2], 22)
    assert len(set(values.tolist())) == 2
    assert standard(values[:, np.newaxis]).deviation.tolist() == [1.0]


def test_12_16_what_stands_out_from_rounding_is_scaled():
    times = 1.7e9 + np.arange(10.0)  # seconds since 1970
    assert standard(times[:, np.newaxis]).deviation == pytest.approx(np.sqrt(8.25))
