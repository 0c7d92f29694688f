"""Data sets in the plane: what is learned where, how noise blurs it, and which samples are held out."""

import numpy as np
import pytest
from torch import nn

from tui_trainer.catalog import DATASETS
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.data.split import held_out
from tui_trainer.experiment import Experiment
from tui_trainer.sentence import InputError
from tui_trainer.tasks import task_of
from tui_trainer.tasks.classification import Classification

PLANES = [name for name, choice in DATASETS.items() if choice.options.get("features") == 2]
RULES = {
    "circle": lambda a, b: np.hypot(a, b) < 3,
    "xor": lambda a, b: a * b > 0,
    "gauss": lambda a, b: a + b > 0,
    "spiral": lambda a, b: np.sin(np.arctan2(a, b) - np.hypot(a, b) / 5 * 1.75 * 2 * np.pi + np.pi / 2) < 0,
    "plane": lambda a, b: (a + b) / 10,
}


def points(name: str, noise: float = 0.0, **more) -> tuple[np.ndarray, np.ndarray]:
    samples = load_samples(Experiment(data=name, noise=noise, samples=900, **more))
    return samples.x, samples.y


@pytest.mark.parametrize("name", PLANES)
def test_each_fills_its_part_of_the_plane_and_noise_blurs_it(name):
    classes = DATASETS[name].options.get("classes", ())
    x, y = points(name)
    assert x.shape == (900, 2)
    assert np.abs(x).max() < 8
    assert np.abs(x).max(axis=0).min() > 2
    assert y.shape == ((900,) if classes else (900, 1))
    if classes:
        assert y.dtype == np.int64
        assert np.bincount(y).min() > 250
    else:
        assert -1 <= y.min() < -0.8
        assert 0.8 < y.max() <= 1
    if name in RULES:
        rule = RULES[name](*x.T)
        assert np.mean(rule == y) > 0.97 if classes else np.allclose(rule, y[:, 0], atol=0.21)
    noisy, other = points(name, noise=50.0)
    assert not np.array_equal(noisy, x) or not np.array_equal(other, y)


def test_a_formula_in_x1_and_x2_gives_classes_or_numbers():
    x, y = points("x1**2 + x2**2 > 9")
    assert np.array_equal(y, (x**2).sum(axis=1) > 9)
    assert np.array_equal(points("sign(x1*x2)", x="-1..3")[1], np.prod(points("sign(x1*x2)", x="-1..3")[0], axis=1) > 0)
    x, y = points("x1 - 2*sin(x2)", x="0..4")
    assert np.allclose(y[:, 0], x[:, 0] - 2 * np.sin(x[:, 1]))
    assert (x.min() > 0, x.max() < 4) == (True, True)
    blurred = points("x1 > 0", noise=20.0)
    assert 0.01 < np.mean(blurred[1] != (blurred[0][:, 0] > 0)) < 0.2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data": "x1 > open('x')"}, "is not arithmetic in x1 and x2"),
        ({"data": "x1 + x"}, "'x' is not arithmetic in x1 and x2"),
        ({"data": "log(x1) + x2"}, "has no finite value at x1 = -"),
        ({"data": "x1 > 7"}, "is no for every sample, one class; choose another range with x"),
        ({"data": "x1 > x2", "x": "3..1"}, "is no range"),
        ({"data": "x1 > x2", "y": "a"}, "leave y empty"),
    ],
)
def test_what_can_not_be_is_refused_in_a_line(settings, words, refused):
    assert words in refused(lambda: load_samples(Experiment(**settings)))


def test_each_class_gives_its_share_to_the_test_set():
    y = np.random.default_rng(0).choice(4, size=1000, p=[0.7, 0.2, 0.099, 0.001])
    y = np.append(y, 4)  # a class of one sample, which stays in training
    held = held_out(y, 0.25, seed=3, stratify=True)
    assert len(held) == pytest.approx(len(y) / 4, abs=1)
    assert np.bincount(y[held], minlength=5) == pytest.approx(np.bincount(y) / 4, abs=1)
    assert not np.isin(len(y) - 1, held)
    assert len(held_out(y, 0.999, seed=3, stratify=True)) <= len(y) - len(np.unique(y))
    assert not np.array_equal(held, held_out(y, 0.25, seed=4, stratify=True))


def test_a_data_set_brings_the_settings_that_suit_it_and_takes_them_away_again():
    spiral = Comparison.of(data="spiral", hidden="8x8")
    assert (spiral.text("lr"), spiral.text("optimizer"), spiral.text("batch_size")) == ("0.01", "adam", "10")
    own = Comparison.of(data="spiral", lr="0.5")
    assert (own.text("lr"), own.text("optimizer")) == ("0.5", "adam")
    assert spiral.changed(data="article") == Comparison.of(hidden="8x8")
    assert own.changed(data="x1 > x2").text("lr") == "0.5"
    with pytest.raises(InputError):
        Comparison.of(data="spiral", loss="huge")


def test_features_are_worked_out_of_both_inputs_and_the_map_stays_in_the_plane():
    samples = load_samples(Experiment(data="circle", features="x1^2, sin(x2),x1*x2", test_fraction=0.25))
    (a, b), x = samples.base.x.T, samples.x
    assert np.allclose(x, np.column_stack([a**2, np.sin(b), a * b]))
    assert samples.feature_names == ("x1^2", "sin(x2)", "x1*x2")
    task = task_of(samples)
    assert isinstance(task, Classification)
    assert (task.in_features, task.plane.names) == (3, ("x1", "x2"))
    drawn = task.snapshot(lambda x: np.column_stack([0 * x[:, 0], 9 - x[:, 0]]), nn.Identity())
    inside = np.abs(task.plane.points[:, 0]) < 3
    assert np.array_equal(drawn.predicted, inside)
    assert load_samples(Experiment(data="x1 > x2", features="all")).x.shape == (200, 7)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"features": "x1,foo(x2)"}, "'foo(x2)' is no feature of x1 and x2; write some of x1, x2, x1^2"),
        ({"features": "x1,x1"}, "has one twice"),
        ({"features": "log(x1)"}, "has no finite value at x1 = -"),
    ],
)
def test_a_feature_that_can_not_be_is_refused(settings, words, refused):
    assert words in refused(lambda: load_samples(Experiment(data="xor", **settings)))
