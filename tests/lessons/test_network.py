"""A net taken apart against the model itself, a plain script for its training, and the goal."""

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.engine.trainer import Trainer
from tui_trainer.experiment import Experiment
from tui_trainer.lessons.hidden_units import OpenedNet, can_be_opened, prediction, unit_parts
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.network import units_off
from tui_trainer.tasks.curve import Curve


def trained(steps: int = 30, **settings) -> Trainer:
    """A run after some steps on the article's data."""
    given = {"hidden": "5", "optimizer": "adam", "lr": 0.03, "scale": "standard", "dtype": "float64", "device": "cpu"}
    experiment = Experiment(**{**given, "batch_size": 1000, "epochs": steps, **settings})
    trainer = Trainer("a run", experiment, Curve(load_samples(experiment)))
    for _ in trainer.fit():
        pass
    return trainer


def without(trainer: Trainer, off: tuple[int, ...]) -> Trainer:
    """The same run with the outgoing weights of these units, counted from 1, set to zero."""
    changed = copy.copy(trainer)
    changed.step = replace(trainer.step, model=copy.deepcopy(trainer.model))
    with torch.no_grad():
        for unit in off:
            changed.model[-1].weight[0, unit - 1] = 0
    return changed


@pytest.fixture(scope="module")
def lesson():
    """A lesson whose own net is trained."""
    lesson = load_lesson("network")
    for _ in lesson.frames(lesson.read({})):
        pass
    return lesson


def shown(lesson, **texts):
    """The last frame under these inputs."""
    *_, last = lesson.frames(lesson.read(texts))
    return last


@pytest.mark.parametrize("scale", ["none", "standard"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_parts_add_up_to_what_the_model_says(activation, scale):
    trainer = trained(activation=activation, scale=scale)
    opened = OpenedNet.of(trainer)
    x = np.linspace(-3, 25, 50)
    at = torch.from_numpy(x)
    parts = unit_parts(opened.net, at)
    assert parts.shape == (50, 5)
    whole = (opened.net.c + parts.sum(dim=1)).numpy()
    np.testing.assert_allclose(whole, trainer.predict(x[:, np.newaxis])[:, 0], rtol=1e-10)
    for off in ((), (2,), (1, 4), (1, 2, 3, 4, 5)):
        predicted = prediction(opened.net, at, opened.on(off)).numpy()
        np.testing.assert_allclose(
            predicted, without(trainer, off).predict(x[:, np.newaxis])[:, 0], rtol=1e-9, atol=1e-10
        )
        assert opened.loss(off) == pytest.approx(without(trainer, off).evaluate(trainer.dataset), rel=1e-9)


def test_each_part_is_one_unit_of_the_model():
    trainer = trained(activation="tanh", scale="none")
    x = torch.linspace(0, 20, 9, dtype=torch.float64)
    parts = unit_parts(OpenedNet.of(trainer).net, x)
    for unit in range(1, 6):
        others = tuple(other for other in range(1, 6) if other != unit)
        alone = without(trainer, others).predict(x.unsqueeze(1).numpy())[:, 0] - trainer.model[-1].bias.item()
        np.testing.assert_allclose(parts[:, unit - 1].numpy(), alone, atol=1e-12)


def test_looking_into_a_run_changes_nothing_in_it():
    trainer = trained()
    before = copy.deepcopy(trainer.model.state_dict())
    OpenedNet.of(trainer).loss((1,))
    after = trainer.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(parameter.requires_grad for parameter in trainer.model.parameters())


def test_the_lessons_own_net_trains_as_in_a_plain_script():
    lesson = load_lesson("network")
    data = Curve(load_samples(Experiment(scale="standard", seed=2)))
    x = torch.from_numpy((data.x - data.x.mean()) / data.x.std()).unsqueeze(1)
    y = torch.from_numpy((data.y - data.y.mean()) / data.y.std()).unsqueeze(1)
    torch.manual_seed(2)
    net = nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1)).double()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    for frame in itertools.islice(lesson.frames(lesson.read({})), 3):
        (fact,) = frame.facts
        with torch.no_grad():
            loss = nn.MSELoss()(net(x), y).item() * data.y.std() ** 2
        assert fact["loss"] == pytest.approx(loss, rel=1e-6)
        assert not frame.met
        for _ in range(200):
            optimizer.zero_grad()
            nn.MSELoss()(net(x), y).backward()
            optimizer.step()
    assert fact["step"] == 400


def test_the_trained_net_fits_better_than_any_line(lesson):
    facts = shown(lesson).facts[-1]
    assert facts["steps"] == 4000
    assert facts["loss"] == facts["loss_with_all"] < Curve(load_samples(Experiment(seed=2))).floor / 2


def test_the_net_is_trained_once(lesson):
    made = list(lesson.frames(lesson.read({"off": "3"})))
    assert len(made) == 1
    assert made[0].facts[0] == shown(lesson).facts[0]


def test_the_facts_are_the_net(lesson):
    *units, whole = shown(lesson, off="2,5").facts
    x = np.linspace(0, 20, 200)
    y = Curve(load_samples(Experiment(seed=2))).y
    on = [unit for unit in units if unit["on"]]
    assert [unit["unit"] for unit in on] == [1, 3, 4, 6]

    def loss(units) -> float:
        predicted = whole["c"] + sum(unit["v"] * np.tanh(unit["w"] * x + unit["b"]) for unit in units)
        return np.mean((predicted - y) ** 2)

    assert whole["loss"] == pytest.approx(loss(on))
    assert whole["loss_with_all"] == pytest.approx(loss(units))
    assert whole["off"] == [2, 5]


def test_the_goal_is_met_by_the_one_unit_that_is_missed_most(lesson):
    alone = {unit: shown(lesson, off=str(unit)) for unit in range(1, 7)}
    losses = {unit: frame.facts[-1]["loss"] for unit, frame in alone.items()}
    most = max(losses, key=losses.get)
    assert [unit for unit, frame in alone.items() if frame.met] == [most]
    assert "no other hurts more" in alone[most].said
    other = alone[most % 6 + 1]
    assert other.said.endswith("another hurts more")
    nothing, two = shown(lesson), shown(lesson, off=f"{most},{most % 6 + 1}")
    assert not nothing.met
    assert "switch one off" in nothing.said
    assert not two.met
    assert "one alone is wanted" in two.said


def test_the_table_tells_only_what_was_tried():
    lesson = load_lesson("network")
    lesson.trainers = [trained(hidden="6")]
    assert {row[-1] for row in shown(lesson, off="1,2").parts[1].rows} == {""}
    shown(lesson, off="4")
    frame = shown(lesson, off="2")
    assert [row[-1] != "" for row in frame.parts[1].rows] == [False, True, False, True, False, False]
    assert float(frame.parts[1].rows[1][-1]) == pytest.approx(frame.facts[-1]["loss"], rel=1e-3)
    for row, unit in zip(frame.parts[1].rows, frame.facts, strict=False):
        assert [float(cell) for cell in row[1:4]] == pytest.approx([unit["w"], unit["b"], unit["v"]], rel=1e-2)


def test_the_picture_shows_the_parts_and_their_sum(lesson):
    plot, _ = shown(lesson, off="2,5").parts
    lines = plot.chart.lines
    assert [line.role for line in lines] == ["ghost"] * 4 + ["run1", "run2", "run0"]
    *units, whole = shown(lesson).facts
    order = [0, 2, 3, 5, 1, 4]
    for line, unit in zip(lines, (units[i] for i in order), strict=False):
        np.testing.assert_allclose(line.y, unit["v"] * np.tanh(unit["w"] * line.x + unit["b"]))
    np.testing.assert_allclose(lines[-1].y, whole["c"] + sum(line.y for line in lines[:4]))
    (points,) = plot.chart.dots
    np.testing.assert_array_equal(points.y, Curve(load_samples(Experiment(seed=2))).y)
    low, high = plot.chart.y_limits
    assert low <= min(points.y) < max(points.y) <= high
    assert plot.chart.y_limits == shown(lesson).parts[0].chart.y_limits


def test_of_a_wide_net_the_table_shows_the_units_around_the_one_that_is_off():
    lesson = load_lesson("network")
    lesson.trainers = [trained(hidden="20")]
    for off, first, last in [("none", 1, 8), ("10", 7, 14), ("20", 13, 20)]:
        table = shown(lesson, off=off).parts[1]
        assert len(table.rows) == 8
        assert table.title == f"units {first} to {last} of 20"


def test_it_looks_into_the_first_run_that_can_be_opened():
    right = trained(activation="relu")
    unfit = [
        trained(steps=0),
        trained(hidden="5x5"),
        trained(hidden="none"),
        trained(activation="identity"),
        trained(hidden="1"),
        trained(hidden="65"),
    ]
    lost = trained()
    with torch.no_grad():
        lost.model[0].weight[0] = torch.nan
    assert not any(map(can_be_opened, [*unfit, lost]))
    assert can_be_opened(right)
    lesson = load_lesson("network")
    lesson.trainers = [*unfit, lost, right, trained()]
    (frame,) = lesson.frames(lesson.read({"off": "5"}))
    assert frame.parts[0].under.startswith("run a run, step 30;")
    assert frame.facts[-1]["loss"] == pytest.approx(without(right, (5,)).evaluate(right.dataset))
    own = next(lesson.frames(lesson.read({"run": "off"})))
    assert own.parts[0].under.startswith("the lesson's net, step 0;")


def test_a_run_that_moved_on_is_opened_again():
    lesson = load_lesson("network")
    trainer = trained()
    lesson.trainers = [trainer]
    first = shown(lesson, off="2")
    assert shown(lesson).parts[1].rows[1][-1] != ""  # still known
    trainer.step(*trainer.dataset[:200], 0.03)
    trainer.steps += 1
    moved = shown(lesson)
    assert moved.parts[1].rows[1][-1] == ""
    assert moved.facts[0] != first.facts[0]
    assert moved.facts[-1]["loss"] == pytest.approx(trainer.evaluate(trainer.dataset))


def test_very_many_points_are_thinned():
    opened = OpenedNet.of(trained(steps=1, samples=25_000))
    assert len(opened.x) == len(opened.y) == 8334
    assert (opened.x[0].item(), opened.x[-1].item()) == pytest.approx((0, 20), abs=0.01)


def test_units_are_read_as_written():
    assert units_off("none") == ()
    assert units_off("3") == (3,)
    assert units_off("5, 3,5") == (3, 5)


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "1.5", "1,", "none,1", "9999", "²"])
def test_what_names_no_units_is_refused(refused, text):
    assert "names no units; write none, 3 or 3,5" in refused(load_lesson("network").read, {"off": text})


def test_a_unit_that_the_net_lacks_is_refused(refused):
    lesson = load_lesson("network")
    assert "no unit 7; the net has units 1 to 6" in refused(lesson.read, {"off": "2,7"})
    assert lesson.read({"off": "7", "hidden": "8"})
    inputs = lesson.read({"off": "6"})
    lesson.trainers = [trained(hidden="5*1")]
    assert "no unit 6; the net has units 1 to 5" in refused(lesson.read, {"off": "6"})
    assert "no unit 6" in refused(list, lesson.frames(inputs))


def test_plus_and_minus_go_through_the_units():
    setting = load_lesson("network").inputs["off"]
    assert setting.turned("none", up=True) == "1"
    assert setting.turned("1", up=False) == "none"
    assert setting.turned("3", up=True) == "4"


def test_the_training_screen_gets_the_lessons_net():
    lesson = load_lesson("network")
    (experiment,) = lesson.training(lesson.read({"hidden": "9", "activation": "sin"})).runs.values()
    assert (experiment.hidden, experiment.activation, experiment.epochs) == ("9", "sin", 4000)
    assert isinstance(lesson.training(lesson.read({})), Comparison)
