"""Activations against their closed forms, the race against a plain script, and the goal."""

import math
import random

import numpy as np
import pytest
import torch
from torch import nn

from tests.lessons.playing import plain
from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.charts.styles import HELD_OUT, STYLES
from tui_trainer.choices import Choice
from tui_trainer.comparison import Comparison
from tui_trainer.lessons.activation_race import SEEDS, Runner, at_the_start, race, ranked
from tui_trainer.lessons.activations import BAR, HEIGHT, judge, losses, picture, ranking
from tui_trainer.lessons.depths import article_points
from tui_trainer.lessons.drawn import COUNT, DrawnUnits
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.progress import Course, keep_frame, read_progress
from tui_trainer.lessons.vanishing import Shape, dead_units, gradient, saturated_units
from tui_trainer.tui.themes import DARK, LIGHT

STEPS = 30
TEXTS = load_lesson("activations").texts
COLUMN = TEXTS.part("column")

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
    """A race of thirty steps each."""
    runners = at_the_start(0.03)
    for _ in race(runners, STEPS):
        pass
    return runners


def of(runners: list[Runner], name: str) -> Runner:
    return next(runner for runner in runners if runner.name == name)


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
    fact = frames("activations", activation=name)[0].facts[0]
    assert fact["activation"] == name
    assert fact["vanished"] == pytest.approx(SHARES[name], abs=2e-4)


@pytest.mark.parametrize(("name", "f"), [("elu", nn.ELU()), ("sin", torch.sin)])
def test_the_picture_shows_function_slope_and_where_that_has_vanished(frames, name, f):
    (frame,) = frames("activations", activation=name)
    slope, function = frame.parts[0].chart.lines
    x = torch.tensor(function.x, requires_grad=True)
    y = f(x)
    y.sum().backward()
    assert torch.equal(torch.tensor(function.y), y.detach())
    assert torch.equal(torch.tensor(slope.y), x.grad)
    _, bar = frame.parts[0].chart.dots
    assert bar.marker == BAR
    assert bar.x.tolist() == x[x.grad.abs() < 0.005].tolist()
    assert set(bar.y) == {HEIGHT[0]}


def plain_script(name: str, seed: int, lr: float, steps: int) -> tuple[nn.Sequential, list[float]]:
    """The race's net of a seed, trained as anyone would write it, and its losses in y's unit."""
    x, y = (np.asarray(values).ravel() for values in (article_points().x, article_points().y))
    x_scaled = torch.tensor((x - x.mean()) / x.std(), dtype=torch.float32).unsqueeze(1)
    y_scaled = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32).unsqueeze(1)
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(1, 10), ACTIVATIONS[name].make(), nn.Linear(10, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.MSELoss()(net(x_scaled), y_scaled)
        loss.backward()
        optimizer.step()
        losses.append(loss.item() * y.std() ** 2)
    return net, losses


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.slow
def test_14_09_each_net_of_the_race_takes_as_many_steps_as_in_a_plain_script_of_its_seed(raced, name):
    runner = of(raced, name)
    expected = [plain_script(name, seed, 0.03, STEPS) for seed in range(SEEDS)]
    np.testing.assert_allclose(runner.losses, np.transpose([losses for _, losses in expected]), rtol=1e-3)
    last = [losses[-1] for _, losses in expected]
    assert runner.loss == pytest.approx(sorted(last)[SEEDS // 2], rel=1e-3)
    assert runner.spread == pytest.approx((min(last), max(last)), rel=1e-3)
    arriving = torch.stack([net[0](runner.x) for net, _ in expected]).detach().requires_grad_()
    torch.testing.assert_close(runner.inputs, arriving.detach(), rtol=1e-3, atol=1e-3)
    ACTIVATIONS[name].make()(arriving).sum().backward()
    slope = arriving.grad.abs()
    dead = int((slope == 0).all(1).sum())
    assert runner.dead == dead
    assert runner.saturated == int((slope < 0.005).all(1).sum()) - dead
    assert runner.vanished == pytest.approx((slope < 0.005).double().mean().item(), abs=2e-3)


@pytest.mark.slow
def test_14_09_who_wins_is_the_same_again_whatever_the_clock(frames):
    facts = [list(frames("activations", steps="60")[-1].facts) for _ in range(2)]
    assert facts[0] == facts[1]
    assert {fact["steps"] for fact in facts[0]} == {60}
    assert all(fact["least"] <= fact["loss"] <= fact["most"] for fact in facts[0])


@pytest.mark.parametrize("name", ["tanh", "sin"])
def test_14_09_the_curve_shows_where_the_units_inputs_lie(frames, name):
    (frame,) = frames("activations", activation=name)
    inputs, _ = frame.parts[0].chart.dots
    nets = [plain_script(name, seed, 0.03, 0)[0] for seed in range(SEEDS)]
    arriving = torch.cat([net[0](of(at_the_start(0.03), name).x) for net in nets]).detach()
    assert inputs.marker == HELD_OUT
    assert min(inputs.x) == pytest.approx(arriving.min().item(), abs=1e-5)
    assert max(inputs.x) == pytest.approx(arriving.max().item(), abs=1e-5)
    assert np.median(inputs.x) == pytest.approx(arriving.median().item(), abs=0.05)
    y = {"tanh": np.tanh, "sin": np.sin}[name](inputs.x)
    assert inputs.y == pytest.approx(y, abs=1e-5)


def test_14_09_vanished_is_said_of_the_inputs_and_not_of_the_axis(frames):
    """tanh is flat on two thirds of the axis, and at none of the inputs of fresh nets."""
    (frame,) = frames("activations", activation="tanh")
    fact = frame.facts[0]
    assert fact["vanished"] > 0.6
    assert fact["vanished_at_inputs"] == 0
    assert frame.parts[0].under == "nearly 0 at 0.0% of the units' inputs"


def slopes_of(f: nn.Module, net: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    return gradient(f, net[0](x).detach())[1]


@pytest.mark.parametrize(
    ("f", "bias", "steps", "dead", "wakes"),
    [(nn.Tanh(), 4.0, 1001, 0, True), (nn.Sigmoid(), 7.5, 1001, 0, True), (nn.ReLU(), -4.0, 1001, 1, False)],
)
@pytest.mark.slow
def test_14_06_a_unit_is_dead_only_where_its_slope_is_exactly_0(f, bias, steps, dead, wakes):
    """Trained by Adam on and on, a saturated unit wakes; a dead one stays as it is."""
    x = torch.linspace(-0.5, 0.5, 50).unsqueeze(1)
    y = torch.sin(6 * x)
    net = nn.Sequential(nn.Linear(1, 1), f, nn.Linear(1, 1))
    for parameter, value in zip(net.parameters(), (0.5, bias, 1.0, 0.0), strict=True):
        parameter.data.fill_(value)
    slope = slopes_of(f, net, x)
    assert slope.abs().max() < 0.005
    assert (dead_units(slope), saturated_units(slope)) == (dead, 1 - dead)
    before = net[0].weight.item()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()
    after = slopes_of(f, net, x)
    assert bool(after.abs().max() > 0.05) is wakes
    assert (net[0].weight.item() != before) is wakes
    assert (dead_units(after), saturated_units(after)) == (dead, 0)


def test_14_06_the_words_call_dead_what_no_gradient_moves():
    text = load_lesson("activations").text.replace("_", "")
    assert "slope of exactly 0 on every sample is dead: no gradient moves it" in text
    assert "only small makes a unit saturated: slow" in text


def test_a_unit_is_dead_if_no_sample_gives_it_a_gradient():
    net = nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 1))
    net[0].weight.data = torch.tensor([[1.0], [1.0], [-1.0]])
    net[0].bias.data = torch.tensor([-5.0, -0.5, -0.5])
    x = torch.tensor([[-1.0], [0.0], [1.0]])
    assert dead_units(slopes_of(net[1], net, x)) == 1
    assert dead_units(slopes_of(net[1], net, x[:2])) == 2
    assert dead_units(slopes_of(nn.LeakyReLU(), net, x)) == 0
    tanh = slopes_of(nn.Tanh(), net, x)
    assert (dead_units(tanh), saturated_units(tanh)) == (0, 1)  # 1 - tanh(-4)² is 0.0013


def test_the_ranking_has_the_lowest_loss_first(raced):
    table = ranking(COLUMN, raced, "relu")
    shown = [float(row[1]) for row in table.rows]
    assert shown == sorted(shown)
    assert {text(row[0]).split()[1] for row in table.rows} == set(ACTIVATIONS)
    assert len({tuple(row[0]) for row in table.rows}) == len(ACTIVATIONS)
    assert len({(text(row[0])[0], row[0][0][1]) for row in table.rows}) == len(ACTIVATIONS)
    assert text(table.rows[table.marked][0]).endswith("relu")
    assert table.columns[0] == f"{STEPS} steps"
    for row in table.rows:
        least, most = map(float, row[2].split("–"))
        assert least <= float(row[1]) <= most


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_12_38_an_activation_has_one_look_in_all_parts_and_shares_it_with_nothing(raced, name):
    plot, table, chart = (
        picture(TEXTS, Shape.of(name), of(raced, name)),
        ranking(COLUMN, raced, name),
        losses("", raced).chart,
    )
    ((sign_and_name, colour),) = next(row[0] for row in table.rows if text(row[0]).endswith(f" {name}"))  # type: ignore[str-unpack]
    line = chart.lines[[runner.name for runner in raced].index(name)]
    assert (line.marker, line.role) == (sign_and_name[0], colour)
    looks = [(line.marker, line.role) for line in plot.chart.lines]
    assert looks[1] == (line.marker, colour)
    assert (f"{line.marker} {name}  ", colour) in plot.title
    others = [(line.marker, line.role) for line in chart.lines]
    assert looks[0] not in others
    assert not {(dots.marker, dots.role) for dots in plot.chart.dots} & set(others)


def test_12_38_no_two_activations_share_a_colour(raced):
    roles = [line.role for line in losses("", raced).chart.lines]
    assert len(set(roles)) == len(ACTIVATIONS)
    assert len({STYLES[role] for role in roles}) == len(ACTIVATIONS)
    for theme in (DARK, LIGHT):
        assert len({theme.variables[role] for role in roles}) == len(ACTIVATIONS)


def test_the_loss_chart_has_a_line_for_each_net(raced):
    chart = losses("", raced).chart
    for runner, line in zip(raced, chart.lines, strict=True):
        assert line.x.tolist() == list(range(1, STEPS + 1))
        assert line.y.tolist() == [np.median(each) for each in runner.losses]
    assert 0 < chart.y_limits[0] < min(runner.loss for runner in raced) < chart.y_limits[1]


@pytest.mark.slow
def test_a_net_that_has_diverged_is_last_and_has_no_number(frames):
    last = frames("activations", lr="1000", steps="100")[-1]
    order = ranked([Runner("relu", article_points(), 0.1, [np.full(SEEDS, np.inf)]), *at_the_start(0.1)[:1]])
    assert ranking(COLUMN, order, "relu").rows[-1][1] == "–"
    assert all(fact["loss"] is None or math.isfinite(fact["loss"]) for fact in last.facts)


@pytest.mark.slow
def test_the_race_is_kept_while_another_activation_is_looked_at():
    lesson = load_lesson("activations")
    curve, *live, last = lesson.frames(lesson.read({"steps": "50"}))
    assert len(curve.parts) == 1
    assert len(live) == 24
    assert all(len(frame.parts) == 3 and not frame.facts for frame in live)
    facts = last.facts
    assert [fact["rank"] for fact in facts] == list(range(1, len(ACTIVATIONS) + 1))
    assert {fact["activation"] for fact in facts} == set(ACTIVATIONS)
    assert [fact["loss"] for fact in facts] == sorted(fact["loss"] for fact in facts)
    assert last.said.startswith(f"{facts[0]['activation']} leads with a median loss of {facts[0]['loss']:.4g}")
    for fact, row in zip(facts, last.parts[2].rows, strict=True):
        assert row[3:] == [f"{fact['dead']}", f"{fact['saturated']}"]
    (again,) = lesson.frames(lesson.read({"steps": "50", "activation": "sin"}))
    assert again.facts[1:] == facts
    assert again.facts[0]["activation"] == "sin"
    anew = lesson.frames(lesson.read({"steps": "50", "activation": "sin"}))
    assert len(next(anew).parts) == 1  # the very same again is the race again


def dead_by_hand(units: DrawnUnits) -> str:
    """At the better of the two ends of x, the input isn't above 0."""
    best = [max(w * -2 + b, w * 2 + b) for w, b in zip(units.w, units.b, strict=True)]
    return ",".join(str(unit) for unit, highest in enumerate(best, 1) if highest <= 0)


@pytest.mark.parametrize("draw", range(1, 40))
def test_14_goal_whoever_works_out_the_inputs_meets_it(frames, draw):
    units = DrawnUnits.of(draw)
    made = frames("activations", draw=str(draw), guess=dead_by_hand(units))
    assert [frame.right for frame in made] == [True]
    assert f"dead: {dead_by_hand(units).replace(',', ', ')}" in made[0].said
    assert 0 < len(units.dead) < COUNT


def test_14_hint_the_example_is_so_and_no_draw_has_it():
    *_, hint = TEXTS.several("hints")
    assert hint.startswith("3x - 5 is 1 at x = 2: alive. -3x - 7 is -1 at x = -2, where it is highest: dead.")
    units = DrawnUnits((3.0, -3.0, 1.0, 1.0, 1.0), (-5.0, -7.0, 0.0, 0.0, 0.0))
    assert units.dead == (2,)
    assert (units.highest(1), units.highest(2)) == ((2, 1), (-2, -1))
    assert not any(3 in map(abs, DrawnUnits.of(draw).w) for draw in range(1, 1000))


def test_14_goal_one_unit_too_many_or_too_few_is_wrong(frames):
    dead = set(DrawnUnits.of(1).dead)
    for unit in range(1, COUNT + 1):
        guess = ",".join(map(str, sorted(dead ^ {unit})))
        (frame,) = frames("activations", guess=guess)
        assert not frame.right
        assert frame.said.startswith(f"unit {unit} is {'dead' if unit in dead else 'alive'}: ")


def test_14_goal_the_sign_of_a_bias_does_not_tell_and_draws_differ():
    drawn = [DrawnUnits.of(draw) for draw in range(1, 40)]
    assert len(set(drawn)) > 35
    alive = [b for units in drawn for unit, b in enumerate(units.b, 1) if unit not in units.dead]
    dead = [b for units in drawn for unit, b in enumerate(units.b, 1) if unit in units.dead]
    assert min(alive) < max(dead) < 0


def test_14_goal_nothing_but_a_guess_meets_it(frames):
    """What `+` changes doesn't: not an activation, nor another draw."""
    for name in ACTIVATIONS:
        (frame,) = frames("activations", activation=name)
        assert not frame.right
        assert "which of the drawn relu units are dead?" in frame.said
        assert "dead" not in plain(frame.parts[-1])
        assert frame.answer is None
        assert not frame.reveals
        assert frame.facts[1]["dead"] is None


def test_14_goal_a_wrong_guess_is_told_why_and_shown_what_is_so(frames):
    units = DrawnUnits.of(3)
    right = dead_by_hand(units)
    for wrong in map(str, range(1, COUNT + 1)):
        if wrong == right:
            continue
        (first,) = frames("activations", draw="3", guess=wrong)
        assert first.answer.right is False
        unit = int(first.said.split()[1])
        w, b = units.w[unit - 1], units.b[unit - 1]
        x = 2 if w > 0 else -2
        place = f"{w * x + b:g} at x = {x}" if w * x + b > 0 else f"at most {w * x + b:g}, at x = {x}"
        state = "alive" if w * x + b > 0 else "dead"
        assert first.said == f"unit {unit} is {state}: its input is {place}; d draws others"
        dead, alive = plain(first.parts[-1]).split("alive")
        assert [unit for unit in range(1, COUNT + 1) if f"{unit}: " in dead] == [int(each) for each in right.split(",")]
        assert sum(f"{unit}: " in alive for unit in range(1, COUNT + 1)) == COUNT - len(units.dead)


def answered(frames, course: Course, draw: int, guess: str) -> None:
    for frame in frames("activations", draw=str(draw), guess=guess):
        course.note(frame, load_lesson("activations").times)


def test_14_goal_whoever_works_two_draws_out_meets_it(frames):
    course = Course()
    answered(frames, course, 7, dead_by_hand(DrawnUnits.of(7)))
    answered(frames, course, 7, dead_by_hand(DrawnUnits.of(7)))
    assert not course.met
    answered(frames, course, 8, dead_by_hand(DrawnUnits.of(8)))
    assert course.met


def test_14_goal_what_was_shown_does_not_count_in_the_next_process_either(data_folder, frames):
    right = dead_by_hand(DrawnUnits.of(3))
    wrong = "1" if right != "1" else "2"
    for frame in frames("activations", draw="3", guess=wrong):
        keep_frame("activations", frame, 2)
    lesson = load_lesson("activations")
    lesson.seen = read_progress()["activations"].seen
    (again,) = lesson.frames(lesson.read({"draw": "3", "guess": right}))
    assert again.answer is None
    assert again.said == "you have seen these: d draws others"
    other = dead_by_hand(DrawnUnits.of(4))
    (third,) = lesson.frames(lesson.read({"draw": "4", "guess": other}))
    assert third.right


@pytest.mark.parametrize("knows_how_many", [False, True])
def test_14_goal_who_guesses_meets_it_in_under_one_of_twenty_games(knows_how_many):
    """Ten draws each, of which some units are named: any, or as many as are most often dead."""
    said, times = TEXTS.part("said"), load_lesson("activations").times
    drawn = [DrawnUnits.of(draw) for draw in range(1, 200)]
    most = max(range(1, COUNT), key=lambda count: sum(len(units.dead) == count for units in drawn))
    met = 0
    for seed in range(1000):
        chance, row, game = random.Random(seed), 0, False
        for _ in range(10):
            count = most if knows_how_many else chance.randint(1, COUNT - 1)
            guess = ",".join(map(str, chance.sample(range(1, COUNT + 1), count)))
            right, _ = judge(said, guess, chance.choice(drawn), False)
            row = row + 1 if right else 0
            game |= row == times
        met += game
    assert met < 50


@pytest.mark.parametrize("draw", range(1, 25))
def test_14_goal_the_answer_takes_no_more_room_than_the_question(frames, draw):
    ask, shown = (plain(frames("activations", draw=str(draw), **guess)[0].parts[-1]) for guess in ({}, {"guess": "1"}))
    assert len(shown) <= len(ask)


def test_a_new_activation_turns_up_by_itself(monkeypatch, frames):
    monkeypatch.setitem(ACTIVATIONS, "softsign", Choice("torch.nn:Softsign", "x / (1 + |x|)"))
    (frame,) = frames("activations", activation="softsign")
    assert frame.facts[0]["activation"] == "softsign"
    assert "softsign" in [runner.name for runner in at_the_start(0.03)]


def test_wrong_inputs_are_refused(refused):
    read = load_lesson("activations").read
    assert "did you mean tanh?" in refused(read, {"activation": "tan"})
    assert "steps" in refused(read, {"steps": "5001"})
    assert "lr" in refused(read, {"lr": "0"})
    for guess in ("6", "0", "x", "1,", "12"):
        assert "names no units" in refused(read, {"guess": guess})


@pytest.mark.parametrize(("chosen", "runs"), [("sin", ["identity", "sin"]), ("identity", ["identity"])])
def test_the_training_screen_gets_the_chosen_one_beside_a_line(chosen, runs):
    lesson = load_lesson("activations")
    comparison = lesson.training(lesson.read({"activation": chosen}))
    assert list(comparison.runs) == runs
    assert comparison == Comparison.preset("contrast").changed(activation=",".join(runs))
