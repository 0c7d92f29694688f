"""The envelope of a series against the whole series."""

import numpy as np
import pytest

from tui_trainer.runs.envelope import MAX_PIECES, Envelope

VALUES = np.random.default_rng(0).lognormal(size=40_000)


def follow(envelope: Envelope, values: np.ndarray) -> Envelope:
    """Follow a series that has a row for each place."""
    return envelope.follow(np.arange(1.0, len(values) + 1), np.stack([values, values, values]))


def grown(values: np.ndarray, seed: int = 1) -> Envelope:
    """The envelope of a series that grew by leaps of any length."""
    envelope = Envelope()
    length = 0
    leap = np.random.default_rng(seed)
    while length < len(values):
        length = min(len(values), length + int(leap.integers(0, 3000)))
        follow(envelope, values[:length])
    return envelope


@pytest.mark.parametrize("length", [1, 7, MAX_PIECES])
def test_a_short_series_is_shown_as_it_is(length):
    x, y = grown(VALUES[:length]).line
    np.testing.assert_array_equal(x, np.arange(1, length + 1))
    np.testing.assert_array_equal(y, VALUES[:length])


@pytest.mark.parametrize("length", [MAX_PIECES + 1, 5_000, 39_999, 40_000])
def test_a_long_one_keeps_what_is_lowest_and_highest_in_each_piece(length):
    values = VALUES[:length]
    x, y = grown(values).line
    assert len(x) <= 2 * MAX_PIECES
    assert (x[0], x[-1]) == (1, length)
    assert (np.diff(x) >= 0).all()
    for first, last, high, low in zip(x[::2], x[1::2], y[::2], y[1::2], strict=True):
        piece = values[int(first) - 1 : int(last)]
        assert (high, low) == (piece.max(), piece.min())


def test_how_it_grew_makes_no_difference():
    for seed in range(5):
        for one, other in zip(grown(VALUES, seed).line, follow(Envelope(), VALUES).line, strict=True):
            np.testing.assert_array_equal(one, other)


def test_smoothing_is_the_mean_of_the_neighbourhood():
    values = VALUES[:1000]
    x, smooth = grown(values).smooth
    np.testing.assert_array_equal(x, np.arange(1, 1001))
    assert smooth[500] == pytest.approx(values[490:511].mean())
    assert smooth[0] == pytest.approx(values[:11].mean())
    np.testing.assert_allclose(grown(values[:50]).smooth[1], values[:50])


def test_smoothing_a_long_series_is_the_mean_of_about_a_fiftieth():
    x, smooth = grown(VALUES).smooth
    middle = len(x) // 2
    around = VALUES[int(x[middle]) - 400 : int(x[middle]) + 400]
    assert smooth[middle] == pytest.approx(around.mean(), rel=0.02)


@pytest.mark.filterwarnings("error")
def test_what_is_not_finite_is_left_out():
    values = VALUES[:5000].copy()
    values[100], values[101], values[4990:] = np.inf, np.nan, np.nan
    envelope = grown(values)
    finite = values[np.isfinite(values)]
    assert np.nanmax(envelope.line[1]) == finite.max()
    assert np.nanmin(envelope.line[1]) == finite.min()
    assert np.isfinite(envelope.smooth[1][:1000]).all()


def test_a_shorter_series_is_another_one():
    envelope = grown(VALUES)
    np.testing.assert_array_equal(follow(envelope, VALUES[:10]).line[1], VALUES[:10])
    np.testing.assert_array_equal(follow(envelope, VALUES[:20]).line[1], VALUES[:20])
