"""The decision map: a straight border beside a bent one, in colours and without."""

import numpy as np
import pytest

from tui_trainer.charts.raster import draw, plain
from tui_trainer.charts.styles import AREAS, LEVELS
from tui_trainer.charts.views import Options, load
from tui_trainer.engine.learner import Learner
from tui_trainer.experiment import Experiment
from tui_trainer.runs.record import Record
from tui_trainer.tasks import load_task

VIEW = load("map")


def record(name="tanh", rule=None, **settings):
    """A run whose net predicts by a rule: scores by x."""
    settings = {"data": "circle", "samples": 100, "test_fraction": 0.2, "device": "cpu", "activation": name} | settings
    experiment = Experiment(**settings)
    learner = Learner(name, experiment, load_task(experiment))
    if rule:
        learner.forward = rule
    made = Record.of(learner)
    made.take_snapshot(learner)
    return made


def straight(x):
    return np.column_stack([0 * x[:, 0], 9 * x[:, 0]])


def bent(x):
    return np.column_stack([0 * x[:, 0], 9 - (x**2).sum(axis=1)])


def thirds(x):
    return np.column_stack([x[:, 0], x[:, 1], -x.sum(axis=1)])


def colours(chart, width, height):
    """The class that each cell below the captions shows, by row and column; -1 for none."""
    shown = np.full((height - 1, width), -1)
    for row, pieces in zip(shown, draw(chart, width, height)[1:], strict=True):
        at = 0
        for text, paint in pieces:
            area = next((p for p in ((paint,) if isinstance(paint, str) else paint[::-1]) if p in AREAS), None)
            if area:
                row[at : at + len(text)] = AREAS.index(area) // LEVELS
            at += len(text)
    return shown


def test_a_straight_border_stands_beside_a_bent_one_with_both_accuracies():
    runs = [record("identity", straight), record("tanh", bent)]
    chart = VIEW.chart(runs)
    first = plain(draw(chart, 80, 20)).splitlines()[0]
    scores = [np.mean((run.samples.x[:, 0] > 0) == run.samples.y) for run in runs[:1]]
    assert first.startswith(f"● identity  accuracy {round(scores[0], 3):.4g} ○ ")
    assert "▲ tanh  accuracy 1 ○ 1" in first
    shown = colours(chart, 80, 20)
    left, right = shown[:15, :40], shown[:15, 40:]
    for row in left:  # one change of colour across, in the middle, in each row
        classes = row[row >= 0]
        assert classes[0] == 0
        assert classes[-1] == 1
        assert np.count_nonzero(np.diff(classes)) == 1
    middle = right[7][right[7] >= 0]
    assert np.flatnonzero(np.diff(middle)).tolist() == pytest.approx([6, 27], abs=3)
    assert set(right[0][right[0] >= 0]) == {0}


def test_the_surer_the_stronger_and_wrong_samples_are_marked():
    run = record(rule=straight, samples=40)
    drawn = run.snapshot
    assert drawn.sure.min() < 0.7
    assert drawn.sure.max() > 0.99
    chart = VIEW.chart([run]).panels[0].chart
    wrong = [dots for dots in chart.dots if dots.marker == "×"]
    expected = np.sum((run.samples.x[:, 0] > 0) != run.samples.y)
    expected += np.sum((run.samples.x_test[:, 0] > 0) != run.samples.y_test)
    assert sum(len(dots.x) for dots in wrong) == expected > 0
    assert {word.partition(" ")[2] for word, _ in chart.legend} == {"outside", "inside", "held out", "wrong"}


def test_without_colours_each_class_has_a_sign_and_where_there_is_little_room_a_key_turns_the_runs():
    runs = [record(name, thirds, data="three") for name in ("tanh", "relu", "elu")]
    text = plain(draw(VIEW.chart(runs), 40, 20, colours=False))
    assert "● tanh  accuracy" in text
    assert "1 of 3: v" in text
    assert "relu" not in text
    assert {"░", "▒"} <= set(text)
    assert "▲ relu" in plain(draw(VIEW.chart(runs, options=Options(first=4)), 40, 20))
    whole = plain(draw(VIEW.chart(runs, options=Options(first=4)), 120, 20)).splitlines()[0]
    assert whole.startswith("● tanh")
    assert whole.count("accuracy") == 3
    assert all(sum(len(text) for text, _ in row) == 60 for row in draw(VIEW.chart(runs), 60, 12))


def test_numbers_go_from_one_colour_to_another():
    plane = record(data="plane", noise=0.0, rule=lambda x: (x.sum(axis=1, keepdims=True)) / 10)
    assert plane.snapshot.score > 0.99
    values = plane.snapshot.values
    assert (np.diff(values, axis=0) > 0).all()
    assert (np.diff(values, axis=1) > 0).all()
    (panel,) = VIEW.chart([plane]).panels
    assert panel.caption[1][0].startswith("  R² 0.99")


def test_the_confusion_matrix_counts_what_is_taken_for_what():
    run = record(rule=straight)
    text = plain(draw(load("confusion").chart([run]), 60, 8, colours=False)).splitlines()
    assert text[0] == "● tanh  held out, 20"
    assert text[1].split() == ["true", "/", "pred.", "outside", "inside"]
    predicted = run.samples.x_test[:, 0] > 0
    rows = [line.split() for line in text[2:]]
    for row, name in enumerate(("outside", "inside")):
        named, shares = rows[2 * row : 2 * row + 2]
        members = predicted[run.samples.y_test == row]
        counts = [int(np.sum(~members)), int(np.sum(members))]
        assert named == [name, *map(str, counts)]
        assert shares == [f"{count / len(members):.0%}" for count in counts if count]
