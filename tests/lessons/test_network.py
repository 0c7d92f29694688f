"""A net taken apart against the model itself, a plain script for its training, and the goal."""

import copy
import itertools
import math
import random
import re
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
from tui_trainer.lessons.frame import Answer, Frame, Table
from tui_trainer.lessons.hidden_units import OpenedNet, bends_most_at, can_be_opened, prediction, unit_parts
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.network import units_guessed, units_off
from tui_trainer.lessons.progress import Course, goals_met, keep_frame, read_progress
from tui_trainer.tasks.curve import Curve

# The lesson trains its net for six seconds, in each process that asks it; the quick run has the other twelve lessons.
pytestmark = pytest.mark.slow


def trained(steps: int = 30, **settings) -> Trainer:
    """A run after some steps on the article's data."""
    given = {"hidden": "5", "optimizer": "adam", "lr": 0.03, "scale": "standard", "dtype": "float64", "device": "cpu"}
    experiment = Experiment(**{**given, "batch_size": 1000, "epochs": steps, **settings})
    trainer = Trainer("a run", experiment, Curve(load_samples(experiment)))
    for _ in trainer.fit():
        pass
    return trainer


def without(trainer: Trainer, off: tuple[int, ...]) -> Trainer:
    """The same run with these units, counted from 1, cut off, and the mean of what they said put into the bias."""
    changed = copy.copy(trainer)
    changed.step = replace(trainer.step, model=copy.deepcopy(trainer.model))
    x, _ = trainer.dataset[:]
    out = changed.model[-1]
    with torch.no_grad():
        means = changed.model[:-1](x).mean(dim=0)
        for unit in off:
            out.bias += means[unit - 1] * out.weight[0, unit - 1]
            out.weight[0, unit - 1] = 0
    return changed


def units_of(table) -> dict[str, np.ndarray]:
    """What a learner can read off the table of units: three digits of w, b and v."""
    return {name: np.array([float(row[place]) for row in table.rows]) for place, name in enumerate("wbv", 1)}


def marks_of(frame) -> dict[float, str]:
    return {mark.x: mark.text for mark in frame.parts[0].chart.marks}


def asked_of(frame) -> list[float]:
    """The places that are asked about, in the order in which the status line has them."""
    return [float(place) for place in re.search(r"x = ([-\d., ]+\d)", frame.said)[1].split(", ")]


def as_guess(units) -> str:
    return ",".join(map(str, units))


def worked_out(frame) -> list[int]:
    """Which unit of tanh bends most at each place: by the second derivative of v tanh(wx + b), on paper."""
    units = units_of(frame.parts[1])
    answers = []
    for x in asked_of(frame):
        t = np.tanh(units["w"] * x + units["b"])
        answers.append(int(np.argmax(abs(units["v"] * units["w"] ** 2 * -2 * t * (1 - t**2)))) + 1)
    return answers


@pytest.fixture(scope="module")
def lesson():
    """A lesson whose own net is trained."""
    lesson = load_lesson("network")
    for _ in lesson.frames(lesson.read({})):
        pass
    return lesson


@pytest.fixture(scope="module")
def run():
    """A run of the training screen that is trained as the lesson's own net is."""
    return trained(4000, hidden="6", seed=2)


class Learner:
    """Someone who has a lesson look into a run; what is shown to them is kept in the file, as the app keeps it."""

    def __init__(self, trainer: Trainer) -> None:
        self.lesson = load_lesson("network")
        self.lesson.trainers = [trainer]

    def see(self, **texts: str):
        """The last frame under these inputs."""
        self.lesson.seen = read_progress()["network"].seen
        for frame in self.lesson.frames(self.lesson.read(texts)):
            keep_frame("network", frame, self.lesson.times)
        return frame


@pytest.fixture
def learner(run):
    """A learner of whom nothing is known yet."""
    return Learner(run)


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
        predicted = prediction(opened.without(off), at).numpy()
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
        left = without(trainer, others)
        alone = left.predict(x.unsqueeze(1).numpy())[:, 0] - left.model[-1].bias.item()
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
        assert not frame.right
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
    facts = shown(lesson, off="2,5").facts
    units, whole = [fact for fact in facts if "unit" in fact], facts[-1]
    x = np.linspace(0, 20, 200)
    y = Curve(load_samples(Experiment(seed=2))).y
    on = [unit for unit in units if unit["on"]]
    assert [unit["unit"] for unit in on] == [1, 3, 4, 6]

    assert whole["loss_with_all"] == pytest.approx(np.mean((curve(units, x) + whole["c"] - y) ** 2))
    flat = sum(np.mean(curve([unit], x)) for unit in units if not unit["on"])
    assert whole["loss"] == pytest.approx(np.mean((curve(on, x) + flat + whole["c"] - y) ** 2))
    assert whole["off"] == [2, 5]


def curve(units, x):
    return sum(unit["v"] * np.tanh(unit["w"] * x + unit["b"]) for unit in units)


def test_14_01_a_unit_that_is_off_takes_its_bends_along_and_not_the_level(lesson):
    x = np.linspace(0, 20, 200)
    y = Curve(load_samples(Experiment(seed=2))).y
    kept, refit = {}, {}
    for unit in range(1, 7):
        frame = shown(lesson, off=str(unit))
        units = [fact for fact in frame.facts if "unit" in fact]
        (line,) = [line for line in frame.parts[0].chart.lines if line.role == "run0"]
        at = np.interp(x, line.x, line.y)
        assert at.mean() == pytest.approx(y.mean(), abs=0.1)  # least squares have the level right, with or without
        others = [other for other in units if other["unit"] != unit]
        np.testing.assert_allclose(np.diff(line.y), np.diff(curve(others, line.x)), atol=1e-9)
        kept[unit] = np.mean((curve(units, x) - curve(others, x) - np.mean(curve([units[unit - 1]], x))) ** 2)
        columns = np.column_stack([*(np.tanh(other["w"] * x + other["b"]) for other in others), np.ones_like(x)])
        refit[unit] = np.mean((columns @ np.linalg.lstsq(columns, y, rcond=None)[0] - y) ** 2)
        assert frame.facts[-1]["loss_refitted"] == pytest.approx(refit[unit], rel=1e-6)
        assert f"without unit {unit}: loss " in frame.said
        assert not frame.right
    # What was once said to hurt most, for its level, can be spared: the unit that is a level over most of the axis.
    losses = {unit: shown(lesson, off=str(unit)).facts[-1]["loss"] for unit in kept}
    assert max(losses, key=losses.get) == max(kept, key=kept.get) != min(refit, key=refit.get)
    spared = units[min(refit, key=refit.get) - 1]
    at_20, at_3 = (spared["v"] * np.tanh(spared["w"] * x + spared["b"]) for x in (20, 3))
    assert abs(at_20 - at_3) < 4 < abs(at_3)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_a_refit_is_the_best_even_where_units_are_flat_or_straight(activation):
    trainer = trained(200, hidden="6", seed=2, activation=activation)
    x, y = (values.numpy() for values in trainer.dataset[:])
    with torch.no_grad():
        curves = trainer.model[:-1](torch.from_numpy(x)).numpy()
    opened = OpenedNet.of(trainer)
    for off in range(1, 7):
        columns = np.column_stack([np.delete(curves, off - 1, axis=1), np.ones(len(x))])
        assert np.linalg.matrix_rank(columns) < 6  # the case that this is about
        best = np.mean((columns @ np.linalg.lstsq(columns, y)[0] - y) ** 2) * opened.y.numpy().std() ** 2
        assert opened.refitted_loss([off]) == pytest.approx(best, rel=1e-9)


def test_14_01_who_works_the_bends_out_always_meets_the_goal(learner):
    for draw in range(1, 13):
        question = learner.see(draw=str(draw))
        assert set(marks_of(question).values()) == {"?"}
        assert {fact["bent_by"] for fact in question.facts if "bent_by" in fact} == {None}
        assert len(asked_of(question)) == 3
        units = worked_out(question)
        answered = learner.see(draw=str(draw), guess=as_guess(units))
        assert answered.right
        assert marks_of(answered) == dict(zip(asked_of(question), map(str, units), strict=True))
        assert goals_met() == ({"network"} if draw > 1 else set())


def test_14_01_the_lessons_own_net_asks_too(lesson):
    question = shown(lesson, draw="77")
    assert shown(lesson, draw="77", guess=as_guess(worked_out(question))).right


def test_14_01_kinks_are_found_where_relu_has_them():
    learner = Learner(trained(600, data="quadratic", activation="relu", hidden="10"))
    question = learner.see()
    table = question.parts[1]
    others = learner.see(off="10").parts[1]  # eight are shown at a time
    units = units_of(Table(table.columns, [*table.rows, *others.rows[-2:]]))
    nearest = [int(np.argmin(abs(x + units["b"] / units["w"]))) + 1 for x in asked_of(question)]
    assert shown(learner.lesson, guess=as_guess(nearest)).right


def test_14_goal_what_was_shown_is_no_prediction_any_more(learner, run):
    question = learner.see()
    right = worked_out(question)
    wrong = [right[0], right[2], right[1]] if right[1] != right[2] else [right[0], right[1], right[2] % 6 + 1]
    place = next(place for place in range(3) if wrong[place] != right[place])
    told = learner.see(guess=as_guess(wrong))
    assert not told.right
    said = f"you said {wrong[place]} at x = {asked_of(question)[place]:g}, it is unit {right[place]}; d draws others"
    assert told.said == said
    # In another process too, where the units that bend there are shown at once.
    again = Learner(run).see(guess=as_guess(right))
    assert again.answer is None
    assert again.said.startswith("you have seen x = ")
    assert marks_of(again) == dict(zip(asked_of(question), map(str, right), strict=True))
    # A unit that is off shows where it bent.
    question = learner.see(draw="2")
    learner.see(draw="2", off="2")
    assert Learner(run).see(draw="2", guess=as_guess(worked_out(question))).answer is None
    # And of others neither was seen.
    for draw in ("3", "4"):
        assert learner.see(draw=draw, guess=as_guess(worked_out(learner.see(draw=draw)))).right
    assert goals_met() == {"network"}


def test_14_goal_a_question_is_the_net_and_its_places_however_it_was_drawn(run):
    learner = Learner(run)
    answer = learner.see(guess="1,1,1").answer
    places = ", ".join(f"{x:g}" for x in sorted(marks_of(learner.see())))
    assert answer.question == f"run a run, step 4000, c {constant(run):.6g}: {places}"
    # Of another run it is another question, under whichever numbers the units stand.
    other = copy.copy(run)
    other.name = "another"
    assert Learner(other).see(guess="1,1,1").answer.question == answer.question.replace("a run", "another")


def constant(trainer) -> float:
    """The constant of the net in the data's own units, from PyTorch's model and the data's scaling."""
    y = Curve(load_samples(trainer.experiment)).y
    return trainer.model[-1].bias.item() * y.std() + y.mean()


def test_14_goal_a_draw_numbers_the_units_anew_and_changes_nothing_else(learner):
    weights, orders, plots = [], set(), []
    for draw in map(str, range(1, 9)):
        frame = learner.see(draw=draw)
        units = [(fact["w"], fact["b"], fact["v"]) for fact in frame.facts if "unit" in fact]
        weights.append(sorted(units))
        orders.add(tuple(units))
        plots.append(frame.parts[0].chart.lines[-1].y)
        assert frame.facts[-1]["loss"] == pytest.approx(learner.see().facts[-1]["loss"])
    assert len(orders) > 5
    for other, plot in zip(weights, plots, strict=True):
        assert other == weights[0]
        np.testing.assert_allclose(plot, plots[0])


@pytest.mark.parametrize("units", [3, 6])
def test_14_goal_luck_does_not_meet_it(run, units):
    """A thousand guessers, of 20 answers each, on the questions of a net; of the smallest too that asks anything."""
    net = OpenedNet.of(run if units == 6 else trained(4000, hidden="3", seed=2))
    questions = {draw: tuple(net.renumbered(draw).ask(draw).values()) for draw in range(1, 200)}
    assert all(len(asked) == 3 for asked in questions.values())
    draw, met = random.Random(0), 0
    for _ in range(1000):
        course = Course()
        for number in draw.sample(sorted(questions), 20):
            guess = tuple(draw.choices(range(1, units + 1), k=3))
            course.note(Frame([], answer=Answer(guess == questions[number], str(number))), 2)
        met += course.met
    assert met < 50


def test_14_goal_what_was_remembered_of_other_draws_helps_nobody(run):
    """Whoever knows all answers so far names a unit by its number; the numbers of the next draw are others."""
    net, draw, met = OpenedNet.of(run), random.Random(0), 0
    questions = {number: net.renumbered(number).ask(number) for number in range(1, 400)}
    for _ in range(1000):
        course, known = Course(), {}
        for number in draw.sample(sorted(questions), 20):
            asked = questions[number]
            guess = [known[min(known, key=lambda x: abs(x - place))] if known else 1 for place in asked]
            course.note(Frame([], answer=Answer(guess == [*asked.values()], str(number))), 2)
            known |= asked
        met += course.met
    assert met < 50


def test_14_01_with_too_few_units_that_bend_nothing_is_asked():
    lesson = load_lesson("network")
    two_bend = {"hidden": "2", "steps": 500, "data": "quadratic"}
    for settings in (two_bend, {"hidden": "6", "steps": 1, "lr": 0.0001, "data": "line"}):
        lesson.trainers = [trained(**settings)]
        frame = shown(lesson, guess="1,2")
        assert not frame.right
        assert "too few units bend clearly enough" in frame.said
        assert not frame.parts[0].chart.marks


def test_14_01_a_guess_of_another_length_tells_nothing(lesson):
    for guess in ("1", "1,2,3,4"):
        frame = shown(lesson, draw="5", guess=guess)
        assert "name 3 units" in frame.said
        assert set(marks_of(frame).values()) == {"?"}


# Where the second derivative is largest, on paper; a kink is sharper than any.
SHARPEST = {
    "tanh": math.atanh(1 / math.sqrt(3)),
    "sigmoid": math.log(2 + math.sqrt(3)),
    "sin": math.pi / 2,
    **dict.fromkeys(("relu", "leaky_relu", "silu", "gelu", "softplus", "elu"), 0.0),
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_14_02_an_activation_bends_most_where_its_second_derivative_is_largest(activation):
    if activation == "identity":
        assert bends_most_at(nn.Identity()) == ""
        return
    f = ACTIVATIONS[activation].make()
    said = bends_most_at(f)
    assert abs(float(said.lstrip("±"))) == pytest.approx(SHARPEST[activation], abs=0.005)
    assert said.startswith("±") == (SHARPEST[activation] > 0)
    lesson = load_lesson("network")
    lesson.trainers = [trained(activation=activation, steps=1)]
    assert shown(lesson).parts[1].title == f"{activation} bends most at w·x + b = {said}"


def test_14_02_an_activation_that_bends_on_one_side_is_told_with_its_sign():
    assert bends_most_at(lambda z: torch.tanh(z - 3) + 3 * z) == f"{3 - SHARPEST['tanh']:.2f}"
    assert bends_most_at(lambda z: nn.functional.relu(z + 1)) == "−1"


def test_14_02_the_words_have_tanh_steepest_at_0_and_most_bent_where_it_is(lesson):
    z = torch.linspace(-4, 4, 80_001, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.tanh(z).sum(), z, create_graph=True)
    (second,) = torch.autograd.grad(slope.sum(), z)
    assert z[slope.argmax()].item() == pytest.approx(0, abs=1e-3)
    assert second[len(z) // 2].item() == pytest.approx(0, abs=1e-3)
    assert (
        f"tanh bends most at w·x + b = ±{abs(z[second.abs().argmax()].item()):.2f}; at 0 it is steepest" in lesson.text
    )
    assert "b/w" not in lesson.text


def test_the_table_tells_the_loss_without_each_unit_once_the_net_stands(lesson):
    frame = shown(lesson)
    for unit, row in enumerate(frame.parts[1].rows, 1):
        alone = shown(lesson, off=str(unit)).facts[-1]
        told = [alone[name] for name in ("loss", "loss_refitted")]
        assert [float(cell) for cell in row[-2:]] == pytest.approx(told, rel=1e-3)
    for row, unit in zip(frame.parts[1].rows, (fact for fact in frame.facts if "unit" in fact), strict=True):
        assert [float(cell) for cell in row[1:4]] == pytest.approx([unit["w"], unit["b"], unit["v"]], rel=1e-2)
    forming = next(iter(load_lesson("network").frames(lesson.read({}))))
    assert {cell for row in forming.parts[1].rows for cell in row[-2:]} == {""}


def test_the_picture_shows_the_parts_and_their_sum(lesson):
    plot, _ = shown(lesson, off="2,5").parts
    lines = plot.chart.lines
    assert [line.role for line in lines] == ["ghost"] * 4 + ["run1", "run2", "run0"]
    units, whole = [fact for fact in shown(lesson).facts if "unit" in fact], shown(lesson).facts[-1]
    order = [0, 2, 3, 5, 1, 4]
    for line, unit in zip(lines, (units[i] for i in order), strict=False):
        np.testing.assert_allclose(line.y, unit["v"] * np.tanh(unit["w"] * line.x + unit["b"]))
    means = sum(np.mean(curve([units[place]], np.linspace(0, 20, 200))) for place in (1, 4))
    np.testing.assert_allclose(lines[-1].y, whole["c"] + means + sum(line.y for line in lines[:4]))
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
        assert table.title == f"{first} to {last} of 20; tanh bends most at w·x + b = ±0.66"


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
    steepness = right.model[0].weight.detach().flatten().numpy()
    unit = int(np.argmin(abs(steepness / Curve(load_samples(right.experiment)).x.std() - frame.facts[4]["w"]))) + 1
    assert frame.facts[-1]["loss"] == pytest.approx(without(right, (unit,)).evaluate(right.dataset))
    own = next(lesson.frames(lesson.read({"run": "off"})))
    assert own.parts[0].under.startswith("the lesson's net, step 0;")


def test_a_run_that_moved_on_is_opened_again():
    lesson = load_lesson("network")
    trainer = trained()
    lesson.trainers = [trainer]
    first = shown(lesson)
    trainer.step(*trainer.dataset[:200], 0.03)
    trainer.steps += 1
    moved = shown(lesson)
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
    assert units_guessed("") == ()
    assert units_guessed("5, 3,5") == (5, 3, 5)


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "1.5", "1,", "none,1", "9999", "²"])
def test_what_names_no_units_is_refused(refused, text):
    lesson = load_lesson("network")
    assert "off: " in refused(lesson.read, {"off": text})
    assert "names no units; write none, 3 or 3,5" in refused(lesson.read, {"off": text})
    if text:
        assert "names no units; write as 3,5,3" in refused(lesson.read, {"guess": text})


def test_a_unit_that_the_net_lacks_is_refused(refused):
    lesson = load_lesson("network")
    assert "off: there is no unit 7; the net has units 1 to 6" in refused(lesson.read, {"off": "2,7"})
    assert "guess: there is no unit 7" in refused(lesson.read, {"guess": "2,7,1"})
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
