"""The tables that come with tui-trainer, beside where they are from, and how well nets learn them."""

import numpy as np
import pytest

from tui_trainer.catalog import DATASETS
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples

TABLES = [name for name, choice in DATASETS.items() if choice.target]


def samples_of(**settings):
    (experiment,) = Comparison.of(activation="tanh", **settings).runs.values()
    return load_samples(experiment)


def test_16_iris_is_fishers():
    from sklearn.datasets import load_iris

    iris, known = samples_of(data="iris", test_fraction=0), load_iris()
    assert np.array_equal(iris.x, known.data)
    assert np.array_equal(iris.y, known.target)
    assert iris.classes == tuple(known.target_names)


def test_16_penguins_without_values_are_left_out_and_words_are_features():
    penguins = samples_of(data="penguins", test_fraction=0)
    assert len(penguins.x) == 333
    assert "11 of 344 rows left out, which miss a value" in penguins.columns.note
    assert {"island=Dream", "sex=female", "body_mass_g"} < set(penguins.feature_names)
    assert np.bincount(penguins.y).tolist() == [146, 68, 119]
    mass = samples_of(data="penguins", x="flipper_length_mm", y="body_mass_g", missing="drop")
    assert (mass.columns.x, mass.columns.y) == ("flipper_length_mm", "body_mass_g")
    sex = samples_of(data="penguins", target="sex", features="body_mass_g,bill_depth_mm")
    assert sex.classes == ("female", "male")


def test_16_held_out_are_shares_of_each_class_by_the_seed():
    one, same, other = (samples_of(data="iris", seed=seed) for seed in (1, 1, 2))
    assert one.equal(same)
    assert not one.equal(other)
    assert sorted(np.bincount(one.y_test).tolist()) == [12, 13, 13]


@pytest.mark.parametrize("name", [*TABLES, "digits"])
def test_16_each_says_where_it_is_from(name):
    assert "CC" in DATASETS[name].credit


@pytest.mark.slow
def test_16_wine_quality_is_learned_by_a_linear_net_as_well_as_it_can_be(command):
    flags = "--data=wine_quality --hidden=none --batch-size=2000 --epochs=1000 --lr=0.05 --loss=mse --device=cpu"
    finished = ran(command, *flags.split())
    wine = samples_of(data="wine_quality")
    assert len(wine.x) + len(wine.x_test) == 1599
    assert wine.x.shape[1] == 11
    x = np.column_stack([wine.x, np.ones(len(wine.x))])
    least = np.square(x @ np.linalg.lstsq(x, wine.y, rcond=None)[0] - wine.y).mean()
    assert least * (1 - 1e-6) <= finished["loss"] < least * 1.001


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "accuracy"),
    [("iris", 0.93), ("penguins", 0.97), ("digits", 0.95), ("digits --model=cnn --epochs=8", 0.97)],
)
def test_16_classes_are_told_apart_that_were_held_out(command, name, accuracy):
    finished = ran(command, *f"--data={name} --seed=1 --activation=tanh --device=cpu --execution=eager".split())
    assert finished["test_metrics"]["accuracy"] >= accuracy


def ran(command, *flags):
    """What `train --json` says at the end of one run."""
    told = command("train", "--json", *flags)
    assert told.code == 0, told.err
    (finished,) = told.of("run_finished")
    return finished


def test_16_digits_are_shown_before_training(command):
    shown = command("data", "digits")
    assert (shown.code, shown.err) == (0, "")
    assert "digits: 1,797 samples of 64 numbers" in shown.out
    assert "0 10%, 1 10%" in shown.out
    assert "░▓█" in shown.out
    (told,) = command("data", "digits", "--json").events
    assert (told["shape"], told["range"]) == ([1, 8, 8], [0, 16])
    assert sum(told["classes"].values()) == told["samples"] == 1797
