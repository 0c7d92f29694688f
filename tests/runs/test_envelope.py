"""The envelope of a series against the whole series."""

import numpy as np
import pytest

from tui_trainer.runs.envelope import MAX_PIECES, Envelope, Pieces, pieces_after

VALUES = np.random.default_rng(0).lognormal(size=40_000)


def follow(envelope: Envelope, values: np.ndarray) -> Pieces:
    """Follow a series that has a row for each place."""
    return envelope.follow(np.arange(1.0, len(values) + 1), np.stack([values, values, values]))


def grown(values: np.ndarray, seed: int = 1) -> Pieces:
    """The pieces of a series that grew by leaps of any length."""
    envelope = Envelope()
    length = 0
    leap = np.random.default_rng(seed)
    while length < len(values):
        length = min(len(values), length + int(leap.integers(0, 3000)))
        pieces = follow(envelope, values[:length])
    return pieces


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


def test_smoothing_is_the_mean_of_as_many_on_either_side_and_late_nowhere():
    values = VALUES[:1000]
    x, smooth = grown(values).smooth(10)
    np.testing.assert_array_equal(x, np.arange(1, 1001))
    halves = np.minimum(np.minimum(np.arange(1000), np.arange(1000)[::-1]), 10)
    wanted = [values[i - half : i + half + 1].mean() for i, half in enumerate(halves)]
    np.testing.assert_allclose(smooth, wanted)
    assert (smooth[0], smooth[-1]) == (values[0], values[-1]), "it begins and ends with the losses themselves"
    np.testing.assert_allclose(grown(np.arange(50.0)).smooth(7)[1], np.arange(50.0))
    np.testing.assert_array_equal(grown(values[:5]).smooth(50)[1][2], values[:5].mean())


def test_what_is_small_stays_exact_beside_what_is_large():
    values = np.concatenate([[1e12, 1e6], np.full(500, 1e-9)])
    np.testing.assert_allclose(grown(values).smooth(5)[1][10:], 1e-9)


def test_smoothing_a_long_series_is_the_mean_of_its_pieces():
    x, smooth = grown(VALUES).smooth(10)
    middle = len(x) // 2
    width = int(x[1] - x[0])
    around = VALUES[int(x[middle] - 10.5 * width) : int(x[middle] + 10.5 * width)]
    assert smooth[middle] == pytest.approx(around.mean())


@pytest.mark.filterwarnings("error")
def test_what_is_not_finite_is_left_out():
    values = VALUES[:5000].copy()
    values[100], values[101], values[4990:] = np.inf, np.nan, np.nan
    pieces = grown(values)
    finite = values[np.isfinite(values)]
    assert np.nanmax(pieces.line[1]) == finite.max()
    assert np.nanmin(pieces.line[1]) == finite.min()
    assert np.isfinite(pieces.smooth(10)[1][:500]).all()


def test_noise_is_measured_in_spite_of_a_fall_and_of_wild_values():
    fall = 30 / np.arange(1.0, 1001)
    assert grown(fall).noise(np.asarray) < 0.001
    noisy = fall + np.random.default_rng(3).normal(scale=0.2, size=1000)
    noisy[::100] = 1e6
    assert grown(noisy).noise(np.asarray) == pytest.approx(0.2, rel=0.15)
    assert grown(noisy).spread(np.asarray) == 0.0
    assert grown(VALUES).spread(np.log10) > 0.5


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("start", [0, 1, 17, 39_000, 39_999])
def test_pieces_after_a_place_hold_what_is_lowest_and_highest_and_the_mean(start, log):
    ends = np.arange(1.0, len(VALUES) + 1)
    pieces = pieces_after(ends, np.stack([VALUES] * 3), start, log)
    assert len(pieces.first) <= 2 * MAX_PIECES
    assert (pieces.first[0], pieces.last[-1]) == (start + 1, len(VALUES))
    np.testing.assert_array_equal(pieces.first[1:], pieces.last[:-1] + 1)
    for first, last, low, high, mean, count in zip(pieces.first, pieces.last, *pieces.values, strict=True):
        piece = VALUES[int(first) - 1 : int(last)]
        assert (low, high, count) == (piece.min(), piece.max(), len(piece))
        assert mean == pytest.approx(piece.mean())
    if log:
        assert (pieces.last < pieces.first * 1.03 + 1).all(), "as long on a logarithmic axis"


def test_a_shorter_series_is_another_one():
    envelope = Envelope()
    follow(envelope, VALUES)
    np.testing.assert_array_equal(follow(envelope, VALUES[:10]).line[1], VALUES[:10])
    np.testing.assert_array_equal(follow(envelope, VALUES[:20]).line[1], VALUES[:20])
