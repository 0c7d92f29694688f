"""Scaling and its way back."""

import numpy as np
import pytest

from tui_trainer.data.scaling import standard, unscaled

VALUES = np.array([3.0, 5.0, 10.0])


def test_standard_brings_mean_zero_and_deviation_one_and_back():
    scaling = standard(VALUES)
    scaled = scaling.apply(VALUES)
    assert (scaled.mean(), scaled.std()) == pytest.approx((0, 1))
    assert scaling.undo(scaled) == pytest.approx(VALUES)


def test_constant_values_become_zero():
    assert standard(np.full(3, 7.0)).apply(np.full(3, 7.0)).tolist() == [0, 0, 0]


def test_unscaled_changes_nothing():
    assert unscaled(VALUES).apply(VALUES).tolist() == VALUES.tolist()
    assert unscaled(VALUES).undo(VALUES).tolist() == VALUES.tolist()
