"""A column that is predicted from others: what becomes of each, and what is refused."""

import numpy as np
import pytest

from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.engine.control import RunControl
from tui_trainer.engine.turns import prepare_trainers
from tui_trainer.experiment import Experiment
from tui_trainer.tasks import load_task

BIRDS = """\
id,species,island,bill,mass,male,city,day
1,Adelie,Biscoe,39.1,3750,yes,X,2024-01-01
2,Adelie,Dream,NA,3800,no,X,2024-01-02
3,Gentoo,Biscoe,46.5,4500,yes,X,2024-01-03
4,Gentoo,Biscoe,50.0,5700,no,X,2024-01-05
5,Adelie,,37.8,3700,no,X,2024-01-06
"""


@pytest.fixture
def table(tmp_path):
    def write(content):
        path = tmp_path / "table.csv"
        path.write_text(content)
        return str(path)

    return write


def read(path, **settings):
    return load_samples(Experiment(data=path, **settings), quote_cells=True)


def test_16_words_are_classes_and_features_and_what_is_no_use_is_left_out(table):
    samples = read(table(BIRDS), target="species", missing="drop")
    assert (samples.classes, samples.y.tolist()) == (("Adelie", "Gentoo"), [0, 1, 1])
    assert samples.columns.x == ("island=Biscoe", "bill", "mass", "male", "day")
    assert samples.x.tolist() == [[1, 39.1, 3750, 1, 0], [1, 46.5, 4500, 1, 2], [1, 50.0, 5700, 0, 4]]
    told = "; ".join(samples.columns.notes)
    for words in (
        "'id' (it only tells rows apart)",
        "'city' (one value in every row)",
        "2 of 5 rows left out",
        "'day' in days since 2024-01-01",
        "words of 'island' are a feature each",
    ):
        assert words in told


def test_16_means_are_those_of_the_training_rows(table):
    samples = read(table(BIRDS), target="mass", features="island,bill", missing="mean", test_fraction=0.4, seed=3)
    whole = np.vstack([samples.x, samples.x_test])
    assert np.isfinite(whole).all()
    assert len(samples.x_test) == 2
    bills = [39.1, 46.5, 50.0, 37.8]
    known = [bill for bill in bills if bill in samples.x[:, -1]]
    assert {float(bill) for bill in whole[:, -1]} - set(bills) == {sum(known) / len(known)}


def test_16_a_number_may_be_a_class(table):
    path = table("a,b,grade\n" + "".join(f"{i % 7},{i % 5},{(2, 10, 5)[i % 3]}\n" for i in range(30)))
    assert (
        "'grade' taken for a number (--task classification: for 3 classes)" in read(path, target="grade").columns.notes
    )
    classes = read(path, target="grade", task="classification")
    assert classes.classes == ("2", "5", "10")
    assert [classes.classes[place] for place in classes.y[:3]] == ["2", "10", "5"]
    assert load_task(Experiment(data=path, target="grade", features="a")).name == "curve"


def test_16_columns_are_standardized_unless_that_is_said_otherwise(table):
    path = table(BIRDS)
    assert Comparison.of(data=path, target="mass").values["scale"] == ("standard",)
    assert Comparison.of(data=path, target="mass", scale="none").values["scale"] == ("none",)
    assert Comparison.of(data=path).values["scale"] == ("none",)
    assert Comparison.of(data=path, target="mass").changed(target="").values["scale"] == ("none",)


NUMBERS = "a,b,c\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(30))
REFUSED = {
    "no such target": (NUMBERS, {"target": "d"}, ["column 'd' is unknown", "a, b, c"]),
    "no such feature": (NUMBERS, {"target": "a", "features": "b,x"}, ["column 'x' is unknown"]),
    "the target as a feature": (NUMBERS, {"target": "a", "features": "a,b"}, ["column 'a' is the target"]),
    "a constant target": ("a,b\n1,2\n2,2\n3,2\n", {"target": "b"}, ["'b', the target, has one value in every row"]),
    "a constant feature": (
        "a,b,c\n1,2,3\n2,2,5\n3,2,4\n",
        {"target": "c", "features": "b"},
        ["column 'b' has one value in every row", "leave it out"],
    ),
    "an id as a feature": (
        "name,b,c\n" + "".join(f"w{i},{i},{i % 3}\n" for i in range(50)),
        {"target": "c", "features": "name,b"},
        ["column 'name' has 50 different words in 50 rows", "leave it out of features"],
    ),
    "one class": ("a,b\n1,x\n2,x\n", {"target": "b"}, ["'b', the target, has one class"]),
    "too many classes": (
        "a,b\n" + "".join(f"{i},w{i}\n" for i in range(10_000)),
        {"target": "b"},
        ["'b', the target, has 10,000 classes", "1,000"],
    ),
    "words as a number": (
        "a,b\n1,x\n2,y\n",
        {"target": "b", "task": "regression"},
        ["row 2", "'b'", "'x' is not a number"],
    ),
    "no feature": ("a\n1\n2\n", {"target": "a"}, ["no column can be a feature"]),
    "a value without end": ("a,b,c\n1,2,inf\n2,3,4\n", {"target": "a"}, ["row 2, column 'c': 'inf' is not finite"]),
    "a missing value": (
        "a,b,c\n1,2,3\n2,?,4\n3,5,1\n",
        {"target": "a"},
        ["row 3, column 'b': no value ('?')", "--missing drop"],
    ),
}


@pytest.mark.parametrize(("content", "settings", "words"), REFUSED.values(), ids=REFUSED)
def test_16_what_can_not_be_learned_is_refused_in_a_line(content, settings, words, table, refused):
    path = table(content)
    message = refused(read, path, **settings)
    assert message.startswith(f"{path}: ")
    for each in words:
        assert each in message


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"x": "a", "target": "b"}, "target: x names a column already"),
        ({"features": "a"}, "features: 'a' is of a target; say with target"),
        ({"task": "classification"}, "task: 'classification' is of a target"),
    ],
)
def test_16_columns_are_named_in_one_way(settings, words, table, refused):
    comparison = Comparison.of(data=table(NUMBERS), **settings)
    assert words in refused(prepare_trainers, comparison.runs, RunControl())


def test_16_absurd_values_are_scaled_like_others(table):
    samples = read(table("a,b,c\n1e300,1,2\n-1e300,2,3\n5e299,3,5\n"), target="c", scale="standard")
    assert np.isfinite(samples.x_scaling.apply(samples.x)).all()


@pytest.mark.slow
def test_16_a_table_may_be_wide(table, refused):
    wide = ",".join(f"c{i}" for i in range(5000)) + "\n"
    rows = "".join(",".join(str((i * j) % 11) for i in range(5000)) + "\n" for j in range(20))
    samples = read(table(wide + rows), target="c7", missing="drop")
    assert samples.x.shape[0] == 20
    assert samples.x[3, samples.columns.x.index("c4999")] == 4999 * 3 % 11


def test_16_a_class_of_a_single_row_is_told_and_trained_on(table):
    rows = "".join(f"{i},{i % 5},{'rare' if i == 7 else 'usual'}\n" for i in range(20))
    samples = read(table("a,b,c\n" + rows), target="c", test_fraction=0.25)
    assert "1 of 2 classes has a single row" in samples.columns.notes
    assert "rare" in {samples.classes[place] for place in samples.y}
    assert len(samples.x_test) == 5


def test_16_a_table_that_memory_would_not_hold_is_refused_before_it_is_made(table, refused, monkeypatch):
    monkeypatch.setattr("tui_trainer.data.sources.columns_file.MAX_CELLS", 50)
    assert "2 features of 30 rows are too many to hold in memory" in refused(read, table(NUMBERS), target="a")
