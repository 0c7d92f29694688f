"""Views of what is predicted of each sample: by figures of scikit-learn, and in the table's own words."""

import numpy as np
import pytest

from tests.charts.test_metric_view import trained
from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.views import Options, load
from tui_trainer.charts.views.calibration import error, steps

PENGUINS = {"data": "penguins", "missing": "drop", "scale": "standard", "test_fraction": 0.25, "epochs": 2}


@pytest.fixture(scope="module")
def penguins():
    return trained(**PENGUINS, optimizer="adam", lr=0.001, batch_size=10)


def text_of(view, runs, options=Options(), width=100, height=12) -> list[str]:  # noqa: B008
    return plain(draw(load(view).chart(runs, options=options), width, height, colours=False)).splitlines()


@pytest.mark.slow
def test_calibration_is_that_of_scikit_learn(penguins):
    from sklearn.calibration import calibration_curve

    part = penguins.snapshot.predictions.judged
    sure, right = part.probabilities.max(axis=1), part.predicted == part.y
    rate, mean = calibration_curve(right, sure, n_bins=10)
    np.testing.assert_allclose(steps(part)[:2], [mean, rate])
    line = load("calibration").chart([penguins]).lines[-1]
    assert (line.x.tolist(), line.y.tolist()) == (steps(part)[0].tolist(), steps(part)[1].tolist())
    off = np.abs(np.array(rate) - mean) @ steps(part)[2] / len(sure)
    assert error(part) == pytest.approx(off)
    assert load("calibration").figures([penguins]) == [(f"● off by {off:.3f}", "run0")]


def test_the_worst_errors_come_first_in_the_words_of_the_table(penguins):
    samples, part = penguins.samples, penguins.snapshot.predictions.judged
    right = part.probabilities[np.arange(len(part.y)), part.y]
    worst = int(right.argmin())
    head, first, *_ = text_of("errors", [penguins])
    assert head.split()[:5] == ["true", "predicted", "sure", "island", "bill_length_mm"]
    features = dict(zip(samples.feature_names, part.x[worst], strict=True))
    island = next(name.partition("=")[2] for name, given in features.items() if name.startswith("island=") and given)
    words = [samples.classes[part.y[worst]], samples.classes[part.predicted[worst]]]
    assert [word for word in first.split() if word not in "×"][:2] == words
    assert [island, f"{features['bill_length_mm']:.4g}"] == first.split()[-4:-2] or island in first.split()
    assert ("×" in first) == (words[0] != words[1])
    wrong = int((part.predicted != part.y).sum())
    assert load("errors").notes([penguins], Options()) == [f"{wrong} × of held out, {part.whole}"]
    assert "+" in text_of("errors", [penguins], width=60)[0], "some columns have no room"


def test_numbers_stand_beside_the_truth():
    run = trained(data="plane", epochs=2, test_fraction=0.25)
    part = run.snapshot.predictions.held_out
    (panel,) = load("predicted").chart([run]).panels
    training, held_out = panel.chart.dots
    np.testing.assert_array_equal([held_out.x, held_out.y], [part.y[:, 0], part.predicted[:, 0]])
    assert len(training.x) == len(run.samples.y)
    (panel,) = load("residuals").chart([run]).panels
    off = panel.chart.dots[1]
    assert np.sqrt(np.mean(off.y**2)) == pytest.approx(run.test_metrics["rmse"])
    assert load("residuals").title([run], Options()) == "Residuals by prediction"
    first = text_of("errors", [run])[1].split()
    furthest = np.abs(part.y - part.predicted)[:, 0].argmax()
    assert [float(each) for each in first[:2]] == pytest.approx(
        [part.y[furthest, 0], part.predicted[furthest, 0]], 1e-5
    )


@pytest.mark.parametrize("view", ["predicted", "residuals", "errors", "calibration", "confusion"])
def test_a_net_that_gives_no_numbers_is_drawn_too(view):
    classes = view in ("calibration", "confusion")
    run = trained(data="moons" if classes else "plane", epochs=1)
    part = run.snapshot.predictions
    nothing = part._replace(
        training=part.training._replace(
            predicted=part.training.predicted if classes else part.training.predicted * np.nan,
            probabilities=part.training.probabilities * np.nan,
        )
    )
    object.__setattr__(run.snapshot, "predictions", nothing)
    assert any(text_of(view, [run]))
