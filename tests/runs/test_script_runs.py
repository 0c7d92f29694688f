"""Runs of scripts among ours: listed, found, compared and overlaid; what they can't do is refused in a line."""

import csv
import io
import json

import numpy as np
import pytest

from tests.runs.conftest import kept
from tests.scripted import STEPS, stored
from tui_trainer.charts.views import DEFAULT, Options, load, views_for
from tui_trainer.cli.runs import as_json
from tui_trainer.export.exports import content
from tui_trainer.runs import metrics
from tui_trainer.runs.differences import diff, telling_apart
from tui_trainer.runs.follow import stored_record
from tui_trainer.runs.library import all_runs, delete, relabel, to_resume, undelete
from tui_trainer.runs.logged import Logged
from tui_trainer.runs.measures import Measure, measures
from tui_trainer.runs.metrics import NAME
from tui_trainer.runs.predict import predictor_of
from tui_trainer.runs.query import ORDERS, ordered, read_query
from tui_trainer.runs.repeats import fold
from tui_trainer.runs.script_record import ScriptRecord
from tui_trainer.runs.stored_run import read_run


@pytest.fixture
def three(train):
    """One of ours and two of a script."""
    train(lr=0.01)
    stored("cifar", {"opt": "adam", "lr": 0.01, "layers": [64, 32], "amp": True})
    stored("small", {"opt": "sgd", "lr": 0.1, "layers": [64, 32], "amp": True}, status="stopped")
    return kept()[::-1]


def test_they_are_listed_found_and_told_apart(three):
    ours, cifar, small = three
    assert telling_apart([cifar, small]) == ["opt", "lr"]
    assert telling_apart(three) == ["lr", "opt"]  # that ours have no layers tells nothing
    assert ("Learning rate", "0.01", "0.1") in diff(cifar, small)
    assert ("layers", "–", "64,32") in diff(ours, cifar)
    assert fold([cifar, stored("cifar", cifar.config)], (), ())[1] == {}  # nobody knows what else differs
    assert to_resume() == []
    for query, found in {
        "opt=adam": [cifar],
        "lr=0.01": [ours, cifar],
        "lr>0.05": [small],
        "val_acc>=0.5": [cifar, small],
        "accuracy>0.4": [cifar, small],
        "amp=true": [cifar, small],
        "layers=64,32 status=stopped": [small],
        "train.py": [cifar, small],
    }.items():
        passes = read_query(query, three)
        assert [run for run in three if passes(run)] == found, query
    assert all(len(ordered(three, by)) == 3 for by in ORDERS)
    told = json.loads(json.dumps(as_json(cifar)))
    assert (told["config"]["opt"], told["script"], told["test_loss"]) == ("adam", "/home/me/train.py", 1.5)
    assert "experiment" not in told


def test_they_are_labelled_and_deleted_like_others(three):
    run = three[1]
    relabel(run, name="the good one", pinned=True)
    assert read_run(run.folder).name == "the good one"
    delete(run)
    assert len(kept()) == 2
    undelete(run)
    assert len(kept()) == 3


def test_their_losses_are_overlaid_on_ours(three):
    records = [stored_record(run) for run in three]
    assert {"loss", "accuracy"} <= {*views_for(records)}
    assert views_for(records[1:]) == ["loss", "accuracy"]
    chart = load("loss").chart(records, (), Options(smoothing="off"))
    lines = {(line.marker, line.role): line for line in chart.lines}
    assert [mark.text for mark in chart.marks] == ["lr ÷2"]
    script, held_out = lines["▲", "run1"], lines["○", "run1"]
    assert (script.x[-1], script.y.tolist()) == (3.0, [60 / step for step in range(5, STEPS + 1, 5)])
    assert np.allclose(held_out.x, [1, 2, 3])
    along = load("loss").chart(records[1:], (), Options(axis="step"))
    assert along.x_limits == (1.0, STEPS)
    assert not isinstance(load("accuracy").chart(records[1:], (), DEFAULT), str)


def test_where_no_epochs_are_counted_all_are_drawn_by_step(three):
    run = stored("steps")
    lines = (run.folder / NAME).read_text().replace('"epoch":1', '"epoch":0').replace('"epoch":2', '"epoch":0')
    (run.folder / NAME).write_text(lines)
    records = [stored_record(each) for each in (three[0], run)]
    chart = load("loss").chart(records, (), DEFAULT)
    assert chart.x_limits[1] == STEPS
    assert load("loss").title(records, DEFAULT) == "Loss by step"


def test_their_numbers_are_exported_and_nothing_else(three, refused):
    run = three[1]
    rows = [*csv.DictReader(io.StringIO(content(run, ".csv").decode()))]
    assert [*rows[0]][:5] == ["first_step", "step", "epoch", "seconds", "loss"]
    assert (rows[-1]["step"], rows[-1]["val_loss"], rows[0]["val_loss"]) == ("60", "1.5", "")
    events = [json.loads(line) for line in content(run, ".jsonl").splitlines()]
    assert events[-1]["values"]["loss"] == [1.0, 0.9, 1.1]
    assert [event["new"] for event in events if "setting" in event] == ["0.05"]
    assert "Loss" in content(run, ".txt").decode()
    for ending in (".py", ".toml", ".pt", ".safetensors"):
        assert "train.py, where run.resume() goes on" in refused(content, run, ending)
    assert "run.resume()" in refused(predictor_of, run)


def test_spoiled_files_are_told_in_a_line(three):
    run = three[1]
    with (run.folder / NAME).open("a") as file:
        file.write('{"epoch": 1, "first": 9, "steps": 3, "values": {"loss": [1, 1, 1]}}\nno line\n')
    record = ScriptRecord.of_script(run)
    assert record.steps == STEPS
    assert metrics.read(run.folder, logged=Logged()).damaged == 2
    (run.folder / "config.json").write_text('{"lr": {"a": 1}}')
    runs, troubles = all_runs()
    assert len(runs) == 2
    assert "config.json" in troubles[0]
    assert troubles[0].isprintable()


def test_what_is_being_drawn_does_not_change_as_more_is_read(three):
    run = three[1]
    record = ScriptRecord.of_script(run)
    drawn = record.history
    names, last, steps = [*drawn.logged.series], {**drawn.logged.last}, drawn.logged.series["loss"].steps.tolist()
    values = {"loss": [2, 2, 2], "new": [1, 1, 1]}
    lines = [{"epoch": 3, "first": step, "steps": step, "values": values} for step in range(STEPS + 1, STEPS + 1001)]
    with (run.folder / NAME).open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    assert record.follow(run)
    assert (len(record.history), len(record.history.logged.series["loss"])) == (STEPS + 1000, STEPS // 5 + 1000)
    assert ([*drawn.logged.series], drawn.logged.last) == (names, last)
    assert (len(drawn), drawn.logged.series["loss"].steps.tolist()) == (STEPS, steps)
    assert len(drawn.pieces(10**6).line[0]) == len(steps)


def test_names_of_one_thing_belong_together():
    names = ["loss", "val_loss", "train/acc", "test/acc", "acc_val", "lr", "Validation F1", "test_loss"]
    found = {one.what: one for one in measures(names)}
    assert found["loss"] == Measure("loss", "loss", "val_loss")
    assert found["acc"] == Measure("acc", "train/acc", "test/acc")
    assert found["lr"].names == ["lr"]
    assert found["F1"] == Measure("F1", "", "Validation F1")
    assert found["test_loss"].names == ["test_loss"]  # a second set that is held out has a chart of its own
    assert sorted(name for one in found.values() for name in one.names) == sorted(names)
