"""Activations against their closed forms, the race against a plain script, and the goal."""

import math
from operator import attrgetter

import numpy as np
import pytest
import torch
from torch import nn

from tui_trainer.catalog import ACTIVATIONS, Choice
from tui_trainer.charts.styles import STYLES
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.experiment import Experiment
from tui_trainer.lessons.activation_race import Runner, at_the_start, race, ranked
from tui_trainer.lessons.activations import BAR, HEIGHT, losses, picture, ranking
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.vanishing import Shape, dead_units
from tui_trainer.tasks.curve import Curve
from tui_trainer.tui.themes import DARK, LIGHT

LIVING = ("leaky_relu", "sin")  # the two that meet the goal
EPOCHS = attrgetter("epoch")

# The part of -10..10 where |f'| < 0.005, worked out by hand where f' has an inverse.
SHARES = {
    "identity": 0,
    "tanh": 1 - math.atanh(math.sqrt(1 - 0.005)) / 10,
    "sigmoid": 1 - math.acosh(1 / (2 * 0.005) - 1) / 10,  # f' = 1 / (2 + 2 cosh x)
    "relu": 0.5,
    "leaky_relu": 0,
    "softplus": (10 + math.log(0.005 / 0.995)) / 20,
    "elu": (10 + math.log(0.005)) / 20,
    "sin": 6 * 2 * math.asin(0.005) / 20,
}


def text(words) -> str:
    return words if isinstance(words, str) else "".join(piece for piece, _ in words)


@pytest.fixture(scope="module")
def raced() -> list[Runner]:
    """A race of thirty epochs each."""
    runners = at_the_start(0.03)
    for _ in race(runners, 30, EPOCHS):
        pass
    return runners


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_gradient_is_the_slope_of_its_curve(name):
    shape = Shape.of(name)
    x, y, slope = shape.x.numpy(), shape.y.numpy(), shape.slope.numpy()
    assert (x[0], x[-1]) == (-10, 10)
    np.testing.assert_array_equal(y, ACTIVATIONS[name].make()(torch.from_numpy(x)).numpy())
    smooth = abs(x) > 1e-2  # relu has a corner at 0
    np.testing.assert_allclose(slope[smooth], np.gradient(y, x, edge_order=2)[smooth], atol=2e-6)


@pytest.mark.parametrize("name", SHARES)
def test_the_share_of_the_axis_where_it_has_vanished(frames, name):
    (frame,) = frames("activations", activation=name, seconds="0")
    (fact,) = frame.facts
    assert fact["activation"] == name
    assert fact["vanished"] == pytest.approx(SHARES[name], abs=2e-4)
    assert f"{fact['vanished']:.1%}" in frame.parts[0].under


@pytest.mark.parametrize(("name", "f"), [("elu", nn.ELU()), ("sin", torch.sin)])
def test_the_picture_shows_function_gradient_and_where_that_has_vanished(frames, name, f):
    (frame,) = frames("activations", activation=name, seconds="0")
    (plot,) = frame.parts
    gradient, function = plot.chart.lines
    x = torch.tensor(function.x, requires_grad=True)
    y = f(x)
    y.sum().backward()
    assert torch.equal(torch.tensor(function.y), y.detach())
    assert torch.equal(torch.tensor(gradient.y), x.grad)
    (bar,) = plot.chart.dots
    assert bar.marker == BAR
    assert bar.x.tolist() == x[x.grad.abs() < 0.005].tolist()
    assert set(bar.y) == {HEIGHT[0]}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_goal_is_met_by_those_whose_gradient_lives(frames, name):
    (frame,) = frames("activations", activation=name, seconds="0")
    assert frame.met == (name in LIVING)
    if name == "identity":
        assert "does not bend" in frame.said
    elif not frame.met:
        assert f"all but 0 on {frame.facts[0]['vanished']:.1%}" in frame.said
        assert "under 1% is wanted" in frame.said


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_net_of_the_race_trains_as_in_a_plain_script(raced, name):
    runner = next(runner for runner in raced if runner.name == name)
    data = Curve(load_samples(Experiment(scale="standard")))
    x = torch.tensor((data.x - data.x.mean()) / data.x.std(), dtype=torch.float32).unsqueeze(1)
    y = torch.tensor((data.y - data.y.mean()) / data.y.std(), dtype=torch.float32).unsqueeze(1)
    torch.manual_seed(0)
    layers = [nn.Linear(1, 10), ACTIVATIONS[name].make(), nn.Linear(10, 1)]
    net = nn.Sequential(*layers)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    expected = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = nn.MSELoss()(net(x), y)
        loss.backward()
        optimizer.step()
        expected.append(loss.item() * data.y.std() ** 2)
    assert runner.losses == pytest.approx(expected, rel=1e-3)
    assert runner.spent == list(range(31))
    arriving = layers[0](x).detach().requires_grad_()
    layers[1](arriving).sum().backward()
    assert runner.dead == sum(bool((unit.abs() < 0.005).all()) for unit in arriving.grad.T)


def test_who_has_spent_least_is_next():
    runners = at_the_start(0.03)[:3]
    cost = dict(zip((runner.name for runner in runners), (1, 2, 4), strict=True))
    for _ in race(runners, 8, lambda event: event.epoch * cost[event.run]):
        spent = [runner.spent[-1] for runner in runners]
        assert max(spent) - min(spent) <= 4
    assert [len(runner.losses) for runner in runners] == [8, 4, 2]


def test_a_unit_is_dead_if_no_sample_gives_it_a_gradient():
    net = nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 1))
    net[0].weight.data = torch.tensor([[1.0], [1.0], [-1.0]])
    net[0].bias.data = torch.tensor([-5.0, -0.5, -0.5])
    x = torch.tensor([[-1.0], [0.0], [1.0]])
    assert dead_units(net, net[1], x) == 1
    assert dead_units(net, net[1], x[:2]) == 2
    assert dead_units(net, nn.LeakyReLU(), x) == 0
    assert dead_units(net, nn.Tanh(), x) == 1  # 1 - tanh(-4)² is 0.0013


def test_the_ranking_has_the_lowest_loss_first(raced):
    table = ranking(raced, "relu")
    shown = [float(row[1]) for row in table.rows]
    assert shown == sorted(shown)
    assert {text(row[0]).split()[1] for row in table.rows} == set(ACTIVATIONS)
    assert len({tuple(row[0]) for row in table.rows}) == len(ACTIVATIONS)
    assert len({(text(row[0])[0], row[0][0][1]) for row in table.rows}) == len(ACTIVATIONS)
    assert text(table.rows[table.marked][0]).endswith("relu")
    assert all(row[2] == "30" for row in table.rows)
    assert table.columns[1] == "loss, 30.0 s"


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_12_38_an_activation_has_one_look_in_all_parts_and_shares_it_with_nothing(raced, name):
    plot, table, chart = picture(Shape.of(name)), ranking(raced, name), losses(raced, 30).chart
    ((sign_and_name, colour),) = next(row[0] for row in table.rows if text(row[0]).endswith(f" {name}"))  # type: ignore[str-unpack]
    line = chart.lines[[runner.name for runner in raced].index(name)]
    assert (line.marker, line.role) == (sign_and_name[0], colour)
    looks = [(line.marker, line.role) for line in plot.chart.lines]
    assert looks[1] == (line.marker, colour)
    assert (f"{line.marker} {name}  ", colour) in plot.title
    assert looks[0] not in [(line.marker, line.role) for line in chart.lines]


def test_12_38_no_two_activations_share_a_colour(raced):
    roles = [line.role for line in losses(raced, 30).chart.lines]
    assert len(set(roles)) == len(ACTIVATIONS)
    assert len({STYLES[role] for role in roles}) == len(ACTIVATIONS)
    for theme in (DARK, LIGHT):
        assert len({theme.variables[role] for role in roles}) == len(ACTIVATIONS)


def test_the_loss_chart_has_a_line_for_each_net(raced):
    chart = losses(raced, 30).chart
    for runner, line in zip(raced, chart.lines, strict=True):
        assert line.x.tolist() == list(range(1, 31))
        assert line.y.tolist() == runner.losses
    assert 0 < chart.y_limits[0] < min(runner.loss for runner in raced) < chart.y_limits[1]


def test_a_net_that_cannot_go_on_is_last(raced):
    lost = Runner("relu", raced[0].trainer, iter(()), losses=[1e-6])
    assert list(race([lost], 5, EPOCHS)) == [None]
    order = ranked([lost, *raced[:2]])
    assert order[-1] is lost
    assert ranking([lost, *raced[:2]], "relu").rows[-1][1] == "–"


def test_the_race_is_kept_while_another_activation_is_looked_at():
    lesson = load_lesson("activations")
    first = list(lesson.frames(lesson.read({"seconds": "0.05"})))
    curve, *live, last = first
    assert len(curve.parts) == 1
    assert live
    assert all(len(frame.parts) == 3 and not frame.facts for frame in live)
    facts = last.facts
    assert [fact["rank"] for fact in facts] == list(range(1, len(ACTIVATIONS) + 1))
    assert {fact["activation"] for fact in facts} == set(ACTIVATIONS)
    assert all(fact["seconds"] >= 0.05 for fact in facts)
    assert [fact["loss"] for fact in facts] == sorted(fact["loss"] for fact in facts)
    for fact, row in zip(facts, last.parts[1].rows, strict=True):
        assert row[2] == f"{fact['steps']:,}"
        assert row[3] == f"{fact['dead']} of 10"
    (again,) = lesson.frames(lesson.read({"seconds": "0.05", "activation": "sin"}))
    assert again.facts[1:] == facts
    assert again.met
    assert again.facts[0]["activation"] == "sin"
    anew = lesson.frames(lesson.read({"seconds": "0.05", "activation": "sin"}))
    assert len(next(anew).parts) == 1  # the very same again is another race


def test_a_new_activation_turns_up_by_itself(monkeypatch, frames):
    monkeypatch.setitem(ACTIVATIONS, "softsign", Choice("torch.nn:Softsign", "x / (1 + |x|)"))
    (frame,) = frames("activations", activation="softsign", seconds="0")
    # f' = 1 / (1 + |x|)² is 0.0083 at 10.
    assert frame.met
    assert "softsign" in [runner.name for runner in at_the_start(0.03)]


def test_wrong_inputs_are_refused(refused):
    read = load_lesson("activations").read
    assert "did you mean tanh?" in refused(read, {"activation": "tan"})
    assert "seconds" in refused(read, {"seconds": "11"})
    assert "lr" in refused(read, {"lr": "0"})


@pytest.mark.parametrize(("chosen", "runs"), [("sin", ["identity", "sin"]), ("identity", ["identity"])])
def test_the_training_screen_gets_the_chosen_one_beside_a_line(chosen, runs):
    lesson = load_lesson("activations")
    comparison = lesson.training(lesson.read({"activation": chosen}))
    assert list(comparison.runs) == runs
    assert comparison == Comparison.preset("contrast").changed(activation=",".join(runs))
