"""Metrics and the linear limit, with scikit-learn as their measure, which only those tests load that need it."""

import warnings

import numpy as np
import pytest
import torch

from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.tasks import load_task, metrics
from tui_trainer.tasks.logistic import cross_entropy, logistic_regression

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("classes", [2, 5])
def test_those_of_classes_are_scikit_learns(classes):
    from sklearn import metrics as sklearn_metrics

    y, predicted = RANDOM.integers(classes, size=(2, 60))
    predicted[predicted == 1] = 0  # one that is never predicted
    given = RANDOM.dirichlet(np.ones(classes), size=60)
    assert metrics.accuracy(predicted, y) == pytest.approx(sklearn_metrics.accuracy_score(y, predicted))
    assert metrics.balanced_accuracy(predicted, y) == pytest.approx(
        sklearn_metrics.balanced_accuracy_score(y, predicted)
    )
    assert metrics.f1(predicted, y) == pytest.approx(sklearn_metrics.f1_score(y, predicted, average="macro"))
    assert metrics.log_loss(given, y) == pytest.approx(sklearn_metrics.log_loss(y, given, labels=range(classes)))


def test_those_of_numbers_are_scikit_learns():
    from sklearn import metrics as sklearn_metrics

    y, predicted = RANDOM.normal(size=(2, 60, 3))
    y[:, 2] = 1.0  # a constant target
    assert metrics.mae(predicted, y) == pytest.approx(sklearn_metrics.mean_absolute_error(y, predicted))
    assert metrics.rmse(predicted, y) == pytest.approx(sklearn_metrics.mean_squared_error(y, predicted) ** 0.5)
    assert metrics.r2(predicted, y) == pytest.approx(sklearn_metrics.r2_score(y, predicted))


@pytest.mark.parametrize("classes", [2, 4])
def test_logistic_regression_is_scikit_learns(classes):
    from sklearn import metrics as sklearn_metrics
    from sklearn.linear_model import LogisticRegression

    x = RANDOM.normal(size=(300, 3))
    y = (x @ RANDOM.normal(size=(3, classes)) + 3 * RANDOM.gumbel(size=(300, classes))).argmax(axis=1)
    weights = logistic_regression(x, y, classes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = LogisticRegression(C=1e9, max_iter=1000, tol=1e-10).fit(x, y)
    loss = cross_entropy(np.column_stack([x, np.ones(300)]) @ weights, y)
    wanted = sklearn_metrics.log_loss(y, theirs.predict_proba(x))
    assert loss == pytest.approx(wanted, rel=1e-6)
    assert loss <= wanted


def test_classes_that_a_plane_parts_leave_nothing():
    x = RANDOM.normal(size=(100, 2))
    y = (x[:, 0] > 0.1).astype(np.int64)
    assert cross_entropy(np.column_stack([x, np.ones(100)]) @ logistic_regression(x, y, 2), y) < 1e-6
    assert logistic_regression(np.zeros((10**6, 100)), np.zeros(10**6, dtype=np.int64), 5) is None  # takes too long


def test_where_planes_part_the_classes_the_floor_is_nothing():
    assert load_task(Experiment(data="gauss", noise=0.0)).baseline("auto").loss == 0
    assert load_task(Experiment(data="x1 > 0.5*x2", noise=0.0)).baseline("bce").loss == 0


@pytest.mark.parametrize(("data", "loss"), [("moons", "cross_entropy"), ("circle", "bce"), ("three", "cross_entropy")])
def test_no_linear_net_gets_under_logistic_regression(data, loss):
    experiment = Experiment(data=data, noise=20.0, loss=loss, hidden="6", activation="identity", execution="eager")
    trainer = Trainer("run", experiment, load_task(experiment))
    floor = trainer.task.baseline(loss)
    assert floor.name == "logistic regression"
    optimizer = torch.optim.LBFGS(
        trainer.model.parameters(), max_iter=400, tolerance_grad=1e-9, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        value = trainer.step.loss_fn(trainer.model(trainer.dataset.x), trainer.dataset.y)
        value.backward()
        return value

    optimizer.step(closure)
    reached = trainer.evaluate(trainer.dataset)
    assert reached >= floor.loss * (1 - 1e-6)
    assert reached == pytest.approx(floor.loss, rel=1e-2)
