"""From the data settings to points: recipes, held-out points, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pytest

from tui_trainer.catalog import DATASETS
from tui_trainer.data.columns import Columns
from tui_trainer.data.samples import load_samples
from tui_trainer.experiment import Experiment
from tui_trainer.tasks.curve import Curve

FIXTURES = Path(__file__).parent / "fixtures"


def test_the_articles_data_is_made_as_the_readme_says():
    data = load_samples(Experiment(seed=7, noise=0.5))
    x = np.linspace(0, 20, 200)
    assert np.array_equal(data.x, x[:, np.newaxis])
    assert np.array_equal(data.y[:, 0], x + 2 * np.sin(x) + np.random.default_rng(7).normal(size=200) * 0.5)
    assert len(data.x_test) == 0


@pytest.mark.parametrize("name", [name for name, choice in DATASETS.items() if "x" in choice.options])
def test_every_data_set_gives_finite_points_and_its_own_shape_without_noise(name):
    data = load_samples(Experiment(data=name, samples=50, noise=0.0))
    assert data.x.shape == data.y.shape == (50, 1)
    assert np.isfinite(data.y).all()
    assert (data.x[0, 0], data.x[-1, 0]) == DATASETS[name].options["x"]
    assert np.array_equal(data.y, DATASETS[name].load()(data.x))


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("sine", np.pi / 2, 5),
        ("step", -0.1, 0),
        ("step", 0, 10),
        ("abs", -3, 3),
        ("quadratic", 5, 5),
        ("sinc", 0, 10),
        ("sinc", np.pi, 0),
        ("line", 2, 5),
    ],
)
def test_data_sets_are_the_functions_they_are_named_after(name, x, y):
    assert DATASETS[name].load()(np.array([float(x)])) == pytest.approx([y], abs=1e-12)


def test_the_line_data_set_is_fitted_perfectly_by_a_line():
    assert Curve(load_samples(Experiment(data="line", noise=0.0))).floor < 1e-20
    assert Curve(load_samples(Experiment())).floor == pytest.approx(2.6109, abs=1e-4)


def test_a_formula_runs_over_its_range():
    data = load_samples(Experiment(data="x + 2*sin(x)", samples=200))
    assert np.array_equal(data.y, load_samples(Experiment()).y)
    data = load_samples(Experiment(data="x**2", x="-1..3", samples=5, noise=0.0))
    assert data.x.tolist() == [[-1], [0], [1], [2], [3]]
    assert data.y.tolist() == [[1], [0], [1], [4], [9]]


def test_a_range_moves_a_named_data_set_too():
    assert load_samples(Experiment(data="sine", x="0..1", samples=3)).x.tolist() == [[0], [0.5], [1]]


def test_held_out_points_are_the_documented_ones_and_no_others():
    everything = load_samples(Experiment(seed=3))
    data = load_samples(Experiment(seed=3, test_fraction=0.25))
    order = np.random.default_rng([3, 1]).permutation(200)
    assert np.array_equal(data.x_test, everything.x[np.sort(order[:50])])
    assert np.array_equal(data.y_test, everything.y[np.sort(order[:50])])
    assert np.array_equal(np.sort(np.concatenate([data.x, data.x_test]), axis=0), everything.x)


def test_scaling_comes_from_the_training_points_alone():
    data = load_samples(Experiment(test_fraction=0.5, scale="standard"))
    assert data.x_scaling.apply(data.x).mean() == pytest.approx(0, abs=1e-12)
    assert data.y_scaling.apply(data.y).std() == pytest.approx(1)


def test_one_point_is_enough():
    data = load_samples(Experiment(samples=1, scale="standard"))
    assert Curve(data).floor == 0


def test_a_file_is_known_by_its_ending_its_path_or_by_being_there(tmp_path, monkeypatch, refused):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points").write_text("a,b\n1,2\n3,4\n")
    assert load_samples(Experiment(data="points")).columns == Columns("a", "b", ("x", "y"), read=())
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_samples(Experiment(data="~/points")).y.tolist() == [[2], [4]]
    for missing in ("nothing.csv", "./nothing", "/nothing", "nothing.TSV"):
        assert "no such file" in refused(load_samples, Experiment(data=missing))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data": "artcile"}, "data: 'artcile' is no data set, file or formula; did you mean article?"),
        ({"data": "qqqq"}, "there are article, sine"),
        ({"data": ""}, "no formula"),
        ({"data": "1/x"}, "no finite value at x = 0"),
        ({"data": "log(x)", "x": "-1..1"}, "no finite value at x = -1"),
        ({"data": "x", "x": "5..1"}, "x: '5..1' is no range"),
        ({"data": "x", "x": "0..inf"}, "is no range"),
        ({"data": "x", "x": "time"}, "such as 0..20"),
        ({"data": "sine", "x": "0...5..1"}, "is no range"),
        ({"data": "quadratic", "x": "0..1e200"}, "x: '0..1e200'"),
        ({"data": "article", "x": "-1e308..1e308"}, "give a smaller range"),
        ({"samples": 2, "test_fraction": 0.9}, "holds out all 2 samples"),
        ({"data": "\x1b[31m"}, "\\x1b[31m"),
        ({"data": "./\x1b]0;gone\x07"}, "\\x1b]0;gone"),
    ],
)
def test_data_that_can_not_be_had_is_refused_in_one_line(settings, words, refused):
    assert words in refused(load_samples, Experiment(**settings))


def test_what_is_no_regular_file_is_refused(tmp_path, refused):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    assert "nobody writes to" in refused(load_samples, Experiment(data=str(pipe)))
    assert "not a regular file" in refused(load_samples, Experiment(data="/dev/zero"))
    assert "no pictures in folders of it" in refused(load_samples, Experiment(data=str(tmp_path)))


@pytest.mark.parametrize("name", ["const_tenth.csv", "const_half.csv"])
@pytest.mark.parametrize("swapped", [{}, {"x": "y", "y": "x"}], ids=["constant y", "constant x"])
def test_12_16_a_constant_column_is_only_brought_to_zero(name, swapped):
    data = load_samples(Experiment(data=str(FIXTURES / name), scale="standard", test_fraction=0.2, **swapped))
    scaling, values = (data.x_scaling, data.x_test) if swapped else (data.y_scaling, data.y_test)
    assert scaling.deviation.tolist() == [1.0]
    assert scaling.apply(values) == pytest.approx(0.0)
    assert scaling.apply(values + 0.01) == pytest.approx(0.01)


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1.0, 1e150, 1.7e308])
@pytest.mark.filterwarnings("error")
def test_12_54_numbers_of_any_size_are_scaled_without_a_warning(scale, tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("a,b\n" + "".join(f"{x * scale!r},{x * x}\n" for x in (-1.0, -1.0, 1.0, 1.0)))
    data = load_samples(Experiment(data=str(file), scale="standard"))
    assert data.x_scaling.apply(data.x) == pytest.approx(np.array([[-1], [-1], [1], [1]]))
    assert np.isfinite(data.x_scaling.undo(data.x_scaling.apply(data.x))).all()
    assert Curve(data).floor == 0
