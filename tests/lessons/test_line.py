"""Only a line: the product of the weights, the floor that no depth gets under, and the curve that does."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from tests.lessons.playing import plain
from tests.marks import rest_slow
from tui_trainer.catalog import ACTIVATIONS
from tui_trainer.comparison import Comparison
from tui_trainer.data.samples import load_samples
from tui_trainer.experiment import Experiment
from tui_trainer.lessons.depths import Net, article_points, hidden_of, start_orthogonal, steps_of, train_step
from tui_trainer.lessons.drawn import DrawnLayers, read_line
from tui_trainer.lessons.frame import Plot, Table
from tui_trainer.lessons.half_bent import article_nets, fit_of
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.line import judge
from tui_trainer.lessons.progress import Course, keep_frame, read_progress
from tui_trainer.tasks.curve import Curve

FLOOR = 2.6108732582  # numpy.polyfit's, below


@pytest.fixture(scope="module")
def article():
    """The article's curve and noise: x and y of shape (200,)."""
    x = np.linspace(0, 20, 200)
    return x, x + 2 * np.sin(x) + np.random.default_rng(0).normal(size=200)


@pytest.fixture(scope="module")
def default_run():
    lesson = load_lesson("line")
    return list(lesson.frames(lesson.read({})))


def facts_of(made: list) -> list[dict]:
    return [fact for frame in made for fact in frame.facts]


def test_one_object_for_each_depth_and_each_is_a_line(default_run):
    facts = facts_of(default_run)
    assert [fact["layers"] for fact in facts] == [1, 10, 1000]
    assert all(list(fact) == ["layers", "slope", "intercept", "max_difference"] for fact in facts)
    assert all(0 <= fact["max_difference"] < 1e-5 for fact in facts)


@pytest.mark.parametrize("layers", [1, 2, 10, 1000])
def test_slope_and_intercept_are_what_the_net_itself_predicts(frames, article, layers):
    """Not by multiplying weights: a line is known by its value at two points, asked of the net in float64."""
    (fact,) = facts_of(frames("line", layers=str(layers), steps="0"))
    net = Net(layers, "identity", 0, article_points())
    model = net.model.double()
    x, y = article

    def predict(at: float) -> float:
        scaled = torch.tensor([[(at - x.mean()) / x.std()]], dtype=torch.float64)
        return model(scaled).item() * y.std() + y.mean()

    assert fact["intercept"] == pytest.approx(predict(0), abs=1e-8)
    assert fact["slope"] == pytest.approx((predict(20) - predict(0)) / 20, abs=1e-9)
    assert sum(isinstance(layer, nn.Linear) for layer in model) == layers


def test_the_difference_is_between_the_line_and_the_float32_prediction(article):
    net = Net(10, "identity", 0, article_points())
    x, y = article
    with torch.no_grad():
        scaled = net.model(torch.tensor((x - x.mean()) / x.std(), dtype=torch.float32)[:, None])[:, 0]
    predicted = scaled.double().numpy() * y.std() + y.mean()
    assert net.prediction == pytest.approx(predicted, abs=1e-12)
    apart = max(abs(net.line.slope * a + net.line.intercept - b) for a, b in zip(x, predicted, strict=True))
    assert net.difference == pytest.approx(apart / (y.max() - y.min()))
    assert net.loss == pytest.approx(np.mean((predicted - y) ** 2))


def test_a_thousand_layers_neither_shrink_nor_blow_up_what_goes_through():
    model = Net(1000, "identity", 0, article_points()).model
    hidden = torch.tensor([[1.0], [-1.0]])
    for layer in list(model)[:-1]:
        hidden = layer(hidden)
        length = (hidden[0] - hidden[1]).norm().item()  # what is left of the difference between two inputs
        assert length == pytest.approx(2, rel=1e-3)


def test_orthogonal_weights_turn_and_biases_are_small():
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
    start_orthogonal(model)
    for layer in (model[0], model[2]):
        assert torch.allclose(layer.weight @ layer.weight.T, torch.eye(4), atol=1e-6)
        assert 0 < layer.bias.abs().max() <= 0.01


def test_a_step_is_torchs():
    torch.manual_seed(3)
    ours, plain = nn.Linear(1, 1), nn.Linear(1, 1)
    plain.load_state_dict(ours.state_dict())
    x, y = torch.randn(5, 1), torch.randn(5, 1)
    train_step(ours, torch.optim.SGD(ours.parameters(), lr=0.1), x, y)
    gradients = torch.autograd.grad(((plain(x) - y) ** 2).mean(), list(plain.parameters()))
    for mine, parameter, gradient in zip(ours.parameters(), plain.parameters(), gradients, strict=True):
        assert torch.allclose(mine, parameter - 0.1 * gradient)


def test_every_depth_falls_to_the_least_squares_line_and_not_under(default_run, article):
    x, y = article
    slope, intercept = np.polyfit(x, y, 1)
    floor = np.mean((slope * x + intercept - y) ** 2)
    assert floor == pytest.approx(FLOOR)
    *nets, last = rows(default_run[-1])
    assert last == ["floor", f"{slope:.4g} x + {intercept:.4g}", "", f"{floor:.4g}"]
    for _, line, apart, loss in nets:
        assert float(line.split(" x ")[0]) == pytest.approx(slope, abs=1e-3)
        assert loss == f"{floor:.4g}"
        assert float(apart) < 1e-5
    for frame in default_run:
        for row in rows(frame)[:-1]:
            assert float(row[3]) >= float(f"{floor:.4g}")


@pytest.mark.parametrize("layers", [1, 2, 5, 20, 50, 200])
@pytest.mark.slow
def test_training_gets_near_the_floor_and_never_under(layers):
    net = Net(layers, "identity", 40, article_points())
    losses = [net.loss]
    for step in range(1, 41):
        net.train_until(step)
        losses.append(net.loss)
        assert net.difference < 1e-5
    assert min(losses) > FLOOR * (1 - 1e-5)
    assert losses[-1] < FLOOR * 1.01


def test_the_chart_has_the_points_the_floor_and_what_each_net_predicts(default_run, article):
    x, y = article
    plot = next(part for part in default_run[-1].parts if isinstance(part, Plot))
    floor, *nets = plot.chart.lines
    (dots,) = plot.chart.dots
    assert dots.x == pytest.approx(x)
    assert dots.y == pytest.approx(y)
    assert floor.role == "baseline"
    assert floor.y == pytest.approx(np.polyval(np.polyfit(x, y, 1), x))
    assert [(net.role, net.marker) for net in nets] == [("run0", "●"), ("run1", "▲"), ("run2", "■")]
    for net in nets:
        assert net.y == pytest.approx(floor.y, abs=0.02)
    assert plot.under == "steps taken: 400, 400, 8"


def test_product_and_prediction_stand_beside_each_other(default_run):
    for frame, count in zip(default_run, ("1 layer", "10 layers", "1,000 layers"), strict=False):
        (fact,) = frame.facts
        product = fact["slope"] * 20 + fact["intercept"]
        said, net = frame.said.split(", the net ")
        assert said == f"{count}: at x = 20 the product says {product:.6g}"
        assert float(net) == pytest.approx(product, rel=1e-5)


def test_frames_are_the_same_each_time_whatever_the_random_numbers_before(frames):
    torch.manual_seed(1)
    first = frames("line", layers="3", steps="30")
    torch.manual_seed(2)
    second = frames("line", layers="3", steps="30")
    assert [rows(frame) for frame in first] == [rows(frame) for frame in second]
    assert len(first) == 26


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "identity"])
def test_a_net_that_bends_has_no_line(frames, activation):
    (frame,) = frames("line", layers="3", activation=activation, steps="0")
    assert frame.facts == [{"layers": 3, "slope": None, "intercept": None, "max_difference": None}]
    assert rows(frame)[0][1:3] == ["bends", "–"]
    assert frame.said == f"3 layers with {activation} between: no product of weights, no line"


def test_one_layer_is_a_line_under_any_activation(frames):
    (frame,) = frames("line", layers="1", activation="tanh", steps="0")
    assert frame.facts == facts_of(frames("line", layers="1", steps="0"))


@pytest.mark.parametrize(
    ("layers", "activation"), rest_slow([("3", "relu"), ("1,10", "tanh"), ("20", "leaky_relu")], several=True)
)
def test_a_curve_gets_under_the_floor(frames, layers, activation):
    made = frames("line", layers=layers, activation=activation)
    assert not any(frame.right for frame in made)
    assert f"layers with {activation}: a loss of" in made[-1].said
    assert min(float(row[3]) for row in rows(made[-1])[:-1]) < 0.95 * FLOOR


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "no depth gets under 2.611: each is a line"),
        ({"layers": "1,2,20"}, "no depth gets under 2.611"),
        ({"layers": "1", "activation": "tanh"}, "one layer has nothing to bend between"),
        ({"layers": "10", "activation": "tanh", "steps": "30"}, "not under 0.95 × 2.611 yet"),
        ({"layers": "60", "activation": "relu"}, "not under 0.95 × 2.611 yet"),
    ],
)
@pytest.mark.slow
def test_what_does_not_get_under_the_floor_is_told_why(frames, default_run, inputs, said):
    made = frames("line", **inputs) if inputs else default_run
    assert not any(frame.right for frame in made)
    assert said in made[-1].said


def by_hand(drawn: DrawnLayers) -> tuple[float, float]:
    """v (w x + b) + c, multiplied out."""
    return drawn.v * drawn.w, drawn.v * drawn.b + drawn.c


@pytest.mark.parametrize("draw", range(1, 30))
def test_14_goal_whoever_multiplies_two_layers_out_meets_it(frames, draw):
    drawn = DrawnLayers.of(draw)
    slope, intercept = by_hand(drawn)
    (frame,) = frames("line", layers="1", steps="0", draw=str(draw), guess=f"{slope:g}, {intercept:g}")
    assert frame.right
    assert frame.said.startswith(f"one line: y = {slope:g}x")
    for guess in (f"{slope:g}, {drawn.c:g}", f"{drawn.w + drawn.v:g}, {intercept:g}"):  # what one might think
        if guess != f"{slope:g}, {intercept:g}":
            (frame,) = frames("line", layers="1", steps="0", draw=str(draw), guess=guess)
            assert not frame.right
            assert "another " in frame.said


def test_14_goal_nothing_but_a_guess_shows_or_meets_it(frames):
    for activation in ACTIVATIONS:
        made = frames("line", layers="3", steps="50", activation=activation)
        assert not any(frame.answer or frame.reveals for frame in made)
        assert "y = a x + b?" in plain(made[-1].parts[-1])


def answered(frames, course: Course, draw: int, guess: tuple[float, float]) -> None:
    for frame in frames("line", layers="1", steps="0", draw=str(draw), guess="{:g}, {:g}".format(*guess)):
        course.note(frame, load_lesson("line").times)


def test_14_goal_two_draws_in_a_row_meet_it(frames):
    course = Course()
    answered(frames, course, 7, by_hand(DrawnLayers.of(7)))
    answered(frames, course, 7, by_hand(DrawnLayers.of(7)))
    assert not course.met
    answered(frames, course, 8, by_hand(DrawnLayers.of(8)))
    assert course.met


def test_14_goal_what_was_shown_does_not_count_in_the_next_process_either(data_folder, frames):
    slope, intercept = by_hand(DrawnLayers.of(1))
    quick = {"layers": "1", "steps": "0"}
    (first,) = frames("line", **quick, guess=f"{slope:g}, {intercept + 1:g}")
    assert first.answer.right is False
    assert first.said.startswith(f"no, another intercept: y = {slope:g}x")
    keep_frame("line", first, 2)
    lesson = load_lesson("line")
    lesson.seen = read_progress()["line"].seen
    (second,) = lesson.frames(lesson.read({**quick, "guess": f"{slope:g}, {intercept:g}"}))
    assert second.answer is None
    assert second.said == "you have seen these: d draws others"
    slope, intercept = by_hand(DrawnLayers.of(2))
    (other,) = lesson.frames(lesson.read({**quick, "draw": "2", "guess": f"{slope:g}, {intercept:g}"}))
    assert other.right


def test_14_goal_who_guesses_meets_it_in_under_one_of_twenty_games():
    """Ten draws each, and sums and products of the numbers that stand there."""
    lesson, met = load_lesson("line"), 0
    said = lesson.texts.part("said")
    drawn = [DrawnLayers.of(draw) for draw in range(1, 200)]
    for seed in range(1000):
        chance, row, game = random.Random(seed), 0, False
        for _ in range(10):
            layers = chance.choice(drawn)
            shown = [layers.w, layers.b, layers.v, layers.c]
            a, b, c, d = (chance.choice(shown) for _ in range(4))
            slope, intercept = chance.choice([a, a + b, a * b]), chance.choice([c, c + d, c * d, c * d + b])
            right, _ = judge(said, f"{slope}, {intercept}", layers, False)
            row = row + 1 if right else 0
            game |= row == lesson.times
        met += game
    assert met < 50


def test_14_hint_the_example_is_so_and_no_draw_has_it():
    *_, hint = load_lesson("line").texts.several("hints")
    assert hint.startswith("h = 2x + 3, y = 5h - 4: ")
    assert hint.endswith("10x + 11. Write 10, 11.")
    assert DrawnLayers(2, 3, 5, -4).line == (10, 11)
    assert not any(5 in (drawn.w, drawn.v) for drawn in map(DrawnLayers.of, range(1, 1000)))


def test_14_half_the_articles_view_shows_both_nets_at_the_start_and_trained(frames):
    start, end = frames("line", view="article", epochs="5")
    assert not start.facts
    assert [fact["net"] for fact in end.facts] == ["article", "scaled"]
    assert start.parts[0].under == "0 epochs"
    assert end.parts[0].under == "5 epochs"
    nets = end.parts[0].chart.lines[1:]
    assert [(net.role, net.marker) for net in nets] == [("run0", "●"), ("run1", "▲")]
    assert [row[0] for row in rows(end)] == ["● article's", "▲ x scaled"]
    for fact, net, row in zip(end.facts, nets, rows(end), strict=True):
        beyond = net.x > 14
        assert net.y[-1] - net.y[beyond][0] == fact["rise"]
        assert row[1:] == [f"{fact['loss_below']:.4g}", f"{fact['loss_beyond']:.4g}", f"{fact['flat']:.0%}"]
    assert "y = a x + b?" in plain(end.parts[-1])
    assert "best line 5.649" in end.said


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_14_half_whatever_the_seed_the_articles_net_is_flat_beyond_14_and_with_x_scaled_it_is_not(seed):
    article, scaled = trained(article_nets(0.001, 1000, seed))
    assert article.rise < 1 < 4 < scaled.rise
    assert article.flat > 0.85
    assert article.losses[1] > 4
    assert max(scaled.losses) < 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_14_half_the_steps_were_too_large_a_tenth_of_the_rate_bends_it_all(seed):
    article, _ = trained(article_nets(0.0001, 10_000, seed))
    assert max(article.losses) < 2
    assert article.rise > 4
    assert article.flat < 0.6
    article, _ = trained(article_nets(0.01, 1000, seed))
    assert article.flat == 1


def trained(group) -> list:
    for _ in group.events():
        pass
    return [fit_of(trainer) for trainer in group.trainers]


def test_a_thousand_layers_of_tanh_let_almost_nothing_through():
    model = Net(1000, "tanh", 0, article_points()).model
    with torch.inference_mode():
        through = model(torch.tensor([[1.0], [-1.0]]))
    assert abs(through[0] - through[1]).item() < 0.05 * 2


@pytest.mark.parametrize("guess", ["6", "6,", "6,x", "1,2,3", "x x", "6x+", "nan,1", "1e400,1", "y"])
def test_a_guess_that_is_no_line_is_refused(refused, guess):
    assert "write a line such as 6x - 5" in refused(load_lesson("line").read, {"guess": guess})


@pytest.mark.parametrize("guess", ["-4x + 11", "-4, 11", "-4 11", "y = -4 x + 11", "-4*x+11", "-4.0,11.0", "−4x + 11"])
def test_14_goal_a_line_is_read_however_it_is_written(guess):
    assert read_line(guess) == (-4, 11)


@pytest.mark.parametrize(
    ("guess", "line"), [("x", (1, 0)), ("-x-1", (-1, -1)), (".5x", (0.5, 0)), ("2x - .5", (2, -0.5))]
)
def test_14_goal_a_line_without_all_its_numbers(guess, line):
    assert read_line(guess) == line


def test_deep_nets_take_fewer_steps():
    assert [steps_of(n, 400) for n in (1, 20, 21, 40, 1000)] == [400, 400, 380, 200, 8]
    assert [steps_of(1000, steps) for steps in (0, 1, 60)] == [0, 1, 1]


def test_the_training_screen_gets_the_depths_that_it_can_train():
    lesson = load_lesson("line")

    def training(**texts: str) -> Comparison | None:
        return lesson.training(lesson.read(texts))

    comparison = training()
    assert comparison.values["hidden"] == ("10*9",)
    assert comparison.values["activation"] == ("identity", "tanh")
    assert comparison.values["scale"] == ("standard",)
    assert training(activation="relu", layers="20").values["activation"] == ("identity", "relu")
    assert training(layers="1,21,1000") is None
    assert training(view="article") == Comparison.preset("article").changed(activation="tanh")
    assert hidden_of(1) == "none"


def test_the_points_are_the_articles(article):
    data = article_points()
    assert data.x == pytest.approx(article[0])
    assert data.y == pytest.approx(article[1])
    assert data.floor == Curve(load_samples(Experiment())).floor


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"layers": "0"}, "layers: '0' won't do; give a whole number of at least 1"),
        ({"layers": "1001"}, "of at most 1,000"),
        ({"layers": "ten"}, "layers: 'ten' won't do"),
        ({"layers": "1,"}, "a comma without a value"),
        ({"layers": "1,2,3,4,5,6,7,8,9"}, "layers: 9 nets won't do; give at most 8"),
        ({"activation": "tahn"}, "did you mean tanh?"),
        ({"steps": "-1"}, "steps: '-1' won't do"),
        ({"steps": "2001"}, "steps: '2001' won't do"),
        ({"view": "net"}, "view"),
        ({"rate": "0"}, "rate"),
        ({"epochs": "0"}, "epochs"),
    ],
)
def test_what_will_not_do_is_refused(refused, inputs, reason):
    assert reason in refused(load_lesson("line").read, inputs)


def rows(frame) -> list[list[str]]:
    part = next(part for part in frame.parts if isinstance(part, Table))
    return [[cell if isinstance(cell, str) else "".join(p for p, _ in cell) for cell in row] for row in part.rows]
