"""A data set of two inputs, one of three classes, and one of two targets: entries of the catalog, for tests."""

import pytest

from tui_trainer.catalog import DATASETS
from tui_trainer.choices import DataSet

GENERATED = "tui_trainer.data.sources.generated:Generated"
CLASSES = ("low", "middle", "high")


def plane(samples, noise, random):
    """y = 3 + 2 a - b + a b, for a and b from -2 to 2."""
    x = random.uniform(-2, 2, size=(samples, 2))
    y = 3 + 2 * x[:, :1] - x[:, 1:] + x[:, :1] * x[:, 1:]
    return x, y + noise * random.normal(size=y.shape)


def pair(samples, noise, random):
    """Two targets of very different sizes."""
    x = random.uniform(-2, 2, size=(samples, 2))
    y = x * (1.0, 1000.0) + noise * random.normal(size=x.shape)
    return x, y


def blobs(samples, noise, random):
    """Three clouds of points, one for each class."""
    y = random.integers(3, size=samples)
    x = 3.0 * (y[:, None] == (1, 2)) + noise * random.normal(size=(samples, 2))
    return x, y


OTHERS = {
    "plane": {"data": "plane", "loss": "mse"},
    "blobs": {"data": "blobs", "loss": "cross_entropy"},
    "pair": {"data": "pair", "loss": "mse"},
}


@pytest.fixture
def other_tasks(monkeypatch):
    """Have the catalog know them: a line each."""
    where = f"{__name__}:"
    sizes = {"features": 2, "outputs": 1}
    monkeypatch.setitem(DATASETS, "plane", DataSet(where + "plane", "a bent plane", sizes, GENERATED))
    monkeypatch.setitem(DATASETS, "pair", DataSet(where + "pair", "two targets", sizes | {"outputs": 2}, GENERATED))
    three = {"features": 2, "classes": CLASSES}
    monkeypatch.setitem(DATASETS, "blobs", DataSet(where + "blobs", "three clouds", three, GENERATED))
