"""What is learned is chosen by the shape of the samples; losses, baselines and words are the task's."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from tests.tasks.others import CLASSES, OTHERS
from tui_trainer.catalog import LOSSES, VIEWS
from tui_trainer.data.samples import Samples, load_samples
from tui_trainer.data.scaling import standard, unscaled
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.tasks import load_task, task_of
from tui_trainer.tasks.classification import Classification
from tui_trainer.tasks.curve import Curve
from tui_trainer.tasks.regression import Regression

pytestmark = pytest.mark.usefixtures("other_tasks")


@pytest.mark.parametrize(
    ("settings", "kind", "sizes", "views"),
    [
        ({}, Curve, (1, 1), ["fit", "loss"]),
        ({"data": "x**2"}, Curve, (1, 1), ["fit", "loss"]),
        (OTHERS["plane"], Regression, (2, 1), ["map", "loss"]),
        (OTHERS["pair"], Regression, (2, 2), ["loss"]),
        (OTHERS["blobs"], Classification, (2, 3), ["map", "loss"]),
    ],
    ids=["article", "formula", "plane", "pair", "blobs"],
)
def test_13_1_the_shape_of_the_samples_chooses_the_task(settings, kind, sizes, views):
    task = load_task(Experiment(**settings))
    assert type(task) is kind
    assert (task.in_features, task.out_features) == sizes
    assert [view for view in task.views if not VIEWS[view].aside] == views


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data": "blobs", "loss": "mse"}, "loss: mse is none for a classification; take cross_entropy or bce"),
        ({"data": "blobs", "loss": "bce"}, "loss: bce is for two classes, and there are 3; take cross_entropy"),
        ({"loss": "cross_entropy"}, "loss: cross_entropy is none for a curve; take mse or l1 or huber"),
        ({"data": "plane", "loss": "cross_entropy"}, "none for a regression; take mse or l1 or huber"),
        ({"data": "plane", "x": "0..2"}, "x: '0..2' has no effect on plane; leave x empty"),
        ({"data": "blobs", "loss": "cross_entropy", "hidden": "200000000"}, "2 features needs more than 500,000,000"),
    ],
)
def test_13_1_what_makes_no_sense_for_a_task_is_refused(settings, words, refused):
    def made() -> Trainer:
        experiment = Experiment(**settings)
        return Trainer("run", experiment, load_task(experiment))

    assert words in refused(made)


def test_13_1_the_baseline_of_a_regression_is_the_least_squares_plane():
    samples = load_samples(Experiment(**OTHERS["plane"]))
    columns = np.column_stack([samples.x, np.ones(200)])
    error = columns @ np.linalg.pinv(columns) @ samples.y - samples.y
    baseline = task_of(samples).baseline("mse")
    assert baseline.loss == pytest.approx(np.mean(error**2))
    assert baseline.name == "best plane"
    assert task_of(samples).baseline("l1") is None


def test_13_1_the_loss_of_knowing_only_the_shares_of_classes_is_their_entropy():
    task = load_task(Experiment(**OTHERS["blobs"]))
    assert isinstance(task, Classification)
    shares = [np.mean(task.samples.y == place) for place in range(3)]
    assert task.entropy == pytest.approx(-sum(p * math.log(p) for p in shares))
    y = torch.tensor(task.samples.y)
    constant = nn.functional.cross_entropy(task.constant(y, 3), y)
    assert constant.item() == pytest.approx(task.entropy)


def test_13_1_predictions_are_put_into_the_datas_own_words():
    blobs, pair = (load_task(Experiment(**OTHERS[name], scale="standard")) for name in ("blobs", "pair"))
    assert blobs.words(blobs.predicted(np.array([[0.1, 3, 2], [9, 0, 0.0]]))) == ["middle", "low"]
    (mean, _), (deviation, _) = pair.samples.y_scaling
    own = pair.predicted(np.array([[2.0, 0.0]]))
    assert own[0, 0] == pytest.approx(2 * deviation + mean)
    assert pair.words(np.array([[1.25, 1e9]])) == ["1.25, 1e+09"]


def test_the_plane_that_is_looked_at_is_of_the_two_features_that_tell_most_and_can_be_turned():
    from sklearn.decomposition import PCA

    random = np.random.default_rng(0)
    x = random.normal(size=(200, 4)) * (1, 1, 50, 1)
    y = (x[:, 1] + x[:, 2] / 50 + 0.3 * x[:, 3] > 0).astype(np.int64)
    task = Classification(Samples(x, y, x[:0], y[:0], None, ("a", "b"), unscaled(x), None))
    seen = task.snapshot(lambda x: np.column_stack([0 * x[:, 0], x[:, 0] + x[:, 3] - 0.5]), nn.Identity())
    assert seen.plane.names == ("x2", "x3")
    assert np.allclose(seen.plane.grid[:, [0, 3]], np.median(x[:, [0, 3]], axis=0))
    assert len(np.unique(seen.values)) == 1  # neither of what this net looks at changes over the plane
    task.turn()
    components = PCA(2).fit((x - x.mean(axis=0)) / x.std(axis=0))
    plane = task.snapshot(lambda x: x[:, :2], nn.Identity()).plane
    assert plane.names == tuple(f"PC{i} ({each:.0%})" for i, each in enumerate(components.explained_variance_ratio_, 1))
    scaled = (plane.grid - x.mean(axis=0)) / x.std(axis=0)
    along = np.abs(components.transform(scaled))
    assert np.allclose(along.max(axis=0), [np.abs(plane.x).max(), np.abs(plane.y).max()], rtol=0.05)
    assert np.allclose(components.inverse_transform(components.transform(scaled)), scaled), "it lies in their plane"
    assert np.allclose(np.abs(plane.points), np.abs(components.transform((x - x.mean(axis=0)) / x.std(axis=0))))
    task.turn()
    assert task.snapshot(lambda x: x[:, :2], nn.Identity()).plane.names in (("x2", "x4"), ("x3", "x4"))


def test_13_1_each_column_is_scaled_by_itself():
    x = np.array([[1.0, 10.0, 5.0], [3.0, 30.0, 5.0]])
    samples = Samples(x, x, x[:0], x[:0], None, (), standard(x), unscaled(x))
    assert samples.x_scaling.apply(x).tolist() == [[-1, -1, 0], [1, 1, 0]]
    assert samples.rescaled("none").x_scaling.apply(x).tolist() == x.tolist()
    assert samples.facts.x_mean == (2.0, 20.0, 5.0)
    assert samples.facts.y_deviation == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("name", OTHERS)
def test_13_1_a_net_that_learns_nothing_is_told_so(name):
    experiment = Experiment(**OTHERS[name], lr=1e-12, epochs=1, device="cpu", execution="eager", batch_size=50)
    trainer = Trainer("run", experiment, load_task(experiment))
    with torch.no_grad():
        trainer.model[-1].weight.zero_()  # what it predicts is a constant, and a bad one
        trainer.model[-1].bias.copy_(torch.linspace(5, 9, trainer.task.out_features))
    *_, finished = trainer.fit()
    assert "no better than predicting the mean" in finished.advice


def test_13_1_a_plane_that_no_line_helps_on_is_not_complained_about():
    x = np.stack(np.meshgrid([-1.0, 1.0], [-1.0, 1.0])).reshape(2, -1).T
    y = x[:, :1] * x[:, 1:]  # a saddle, of which the best plane is the mean
    samples = Samples(x, y, x[:0], y[:0], None, (), unscaled(x), unscaled(y))
    assert not task_of(samples).has_linear_part
    experiment = Experiment(activation="identity", lr=1e-3, epochs=1, device="cpu", execution="eager")
    *_, finished = Trainer("run", experiment, task_of(samples)).fit()
    assert finished.advice == ""


def test_13_1_every_loss_belongs_to_a_task():
    assert all(loss.tasks for name, loss in LOSSES.items() if name != "auto")
    assert load_task(Experiment(**OTHERS["blobs"])).samples.classes == CLASSES
