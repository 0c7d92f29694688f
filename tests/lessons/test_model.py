"""Models: both ways of writing one, the parameters, the losses by hand, and the goal."""

import random
import re
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from tests.lessons.playing import plain
from tui_trainer.lessons.drawn_net import DrawnNet
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.model_pages import drawing
from tui_trainer.lessons.nets import Net, Skip, in_a_row, started
from tui_trainer.lessons.progress import Course, keep_frame, read_progress


def facts_of(made: list) -> list[dict]:
    return [fact for frame in made for fact in frame.facts]


def plain_row(hidden: int) -> nn.Sequential:
    """The article's, after the seed, as anyone would write it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(1, hidden), nn.Linear(hidden, 1))


@pytest.fixture(scope="module")
def drawn():
    return [DrawnNet.of(draw) for draw in range(1, 1000)]


def asked(frame) -> str:
    """The question that stands under the page."""
    return plain(frame.parts[-1])


def solved(question: str) -> str:
    """What an honest learner says to `drawn 1: Linear(9, 2), Linear(2, 2, bias=False) used twice: parameters?`."""
    layers = re.findall(r"Linear\((\d+), (\d+)(, bias=False)?\)", question)
    return str(sum(int(n) * int(m) + (0 if off else int(m)) for n, m, off in layers))


def answer(lesson, guess: str, **texts: str):
    return next(iter(lesson.frames(lesson.read({**texts, "guess": guess}))))


# The pages


@pytest.mark.parametrize("hidden", [1, 2, 10])
def test_a_class_and_a_row_of_layers_are_the_same_net(frames, hidden):
    row = plain_row(hidden)
    named = facts_of(frames("model", view="named", hidden=str(hidden)))
    assert [fact["sequential"] for fact in named] == [name for name, _ in row.named_parameters()]
    assert [fact["net"] for fact in named] == ["inner.weight", "inner.bias", "outer.weight", "outer.bias"]
    assert [fact["shape"] for fact in named] == [list(parameter.shape) for parameter in row.parameters()]
    assert all(fact["equal"] for fact in named)
    outputs = facts_of(frames("model", view="outputs", hidden=str(hidden), batch="7"))
    expected = row(torch.linspace(-1, 1, 7).unsqueeze(1)).flatten().tolist()
    assert [fact["net"] for fact in outputs] == [fact["sequential"] for fact in outputs] == expected


def test_the_code_that_is_shown_is_the_class_that_runs(frames):
    first, last = frames("model")
    assert first.parts[0].columns == ["class Net(nn.Module):"]
    lines = [row[0] for row in first.parts[0].rows]
    assert "    def forward(self, x: Tensor) -> Tensor:" in lines
    assert last.parts[1] == "nn.Sequential(nn.Linear(1, 10), nn.Linear(10, 1))"
    at_one = plain_row(10)(torch.ones(1, 1)).item()
    assert last.said.endswith(f"the class gives {at_one:.4f}, layers in a row {at_one:.4f}")


def test_print_and_the_shapes_are_pytorchs(frames):
    (printed,) = frames("model", view="printed", hidden="4")
    assert [row[0] for row in printed.parts[0].rows] == str(started(Net, 4)).splitlines()
    facts = facts_of(frames("model", view="shapes", hidden="4", batch="3"))
    row, h = plain_row(4), torch.zeros(3, 1)
    for fact, layer in zip(facts, row, strict=False):
        h = layer(h)
        assert fact["output"] == list(h.shape)
        assert fact["weight"] == list(layer.weight.shape)
        assert fact["parameters"] == layer.weight.numel() + layer.bias.numel()
    assert facts[-1] == {"parameters": sum(parameter.numel() for parameter in row.parameters())}


@pytest.mark.parametrize("hidden", range(1, 13))
def test_the_picture_has_a_circle_for_each_unit_and_lines_that_lead_to_them(frames, hidden):
    rows = drawing(hidden)
    assert [row.count("○") for row in rows if "○" in row] == [1, hidden, 1]
    assert max(map(len, rows)) <= 25
    assert rows[0][2:].index("○") == hidden - 1, "in the middle"
    half, straight = hidden // 2, "│" * (hidden % 2)
    lines = {at: rows[at][2:].replace(" ", "") for at in (1, 2, 4, 5)}
    assert lines[2] == "╱" * half + straight + "╲" * half, "a line to each unit of the layer"
    assert lines[4] == "╲" * half + straight + "╱" * half
    for row, left, right in ((rows[1], "╱", "╲"), (rows[5], "╲", "╱")):  # where lines meet
        assert row.count(left) == row.count(right) > 0 or hidden == 1
        assert row.rindex(left) < row.index(right) if hidden > 1 else "│" in row
    (frame,) = frames("model", view="picture", hidden=str(hidden))
    assert frame.facts == [{"inner": hidden, "outer": hidden}]


@pytest.mark.parametrize(("targets", "prediction"), [("1, 2, 3, 4, 20", 4.0), ("0.5 -2", 0.25), ("7", 7.0)])
def test_losses_by_hand_are_pytorchs_and_numpys(frames, targets, prediction):
    made = frames("model", view="loss", targets=targets, prediction=str(prediction))
    by_hand, theirs = (next(iter(fact.values())) for fact in facts_of(made))
    errors = prediction - np.array([float(target) for target in re.split("[, ]+", targets)])
    assert by_hand == pytest.approx([np.mean(errors**2), np.mean(np.abs(errors))])
    assert theirs == pytest.approx(by_hand)


def test_the_largest_error_weighs_more_in_squares(frames):
    last = frames("model", view="loss")[-1]
    errors = np.array([3, 2, 1, 0, -16])
    squared, size = (errors**2)[-1] / (errors**2).sum(), 16 / abs(errors).sum()
    assert last.said == f"the error of size 16 makes {squared:.0%} of the squares and {size:.0%} of the sizes"
    assert 10**2 == 100 * 1**2, "an error of 10 weighs as much as a hundred of 1"


@pytest.mark.parametrize("targets", ["1, 2, 3, 4, 20", "-5, 0.5, 8", "2, 2, 9, 1, 1"])
def test_the_mean_makes_squares_least_and_the_median_sizes(frames, targets):
    y = np.array([float(target) for target in targets.split(",")])
    by_place = {fact["prediction"]: fact for fact in facts_of(frames("model", view="squares", targets=targets))}
    places = np.linspace(-30, 30, 6001)
    squares, sizes = ((places[:, None] - y) ** 2).mean(1), abs(places[:, None] - y).mean(1)
    assert places[squares.argmin()] == pytest.approx(y.mean(), abs=0.01)
    assert places[sizes.argmin()] == pytest.approx(np.median(y), abs=0.01)
    at_mean, at_median = by_place[y.mean()], by_place[np.median(y)]
    assert at_mean["MSELoss"] == pytest.approx([squares.min(), 0], abs=1e-4)
    assert at_median["L1Loss"] == pytest.approx([sizes.min(), np.sign(np.median(y) - y).mean()], abs=1e-2)
    yours = by_place[4.0]
    assert yours["MSELoss"][1] == pytest.approx(2 * (4 - y.mean()), abs=1e-5)
    assert yours["L1Loss"][1] == pytest.approx(np.sign(4 - y).mean(), abs=1e-6)


def test_an_absolute_error_has_a_corner_where_it_is_0_and_a_square_has_none():
    for loss, jumps in ((nn.L1Loss(), True), (nn.MSELoss(), False)):
        slopes = []
        for at in (-1e-4, 1e-4):
            p = torch.tensor(at, requires_grad=True)
            loss(p, torch.tensor(0.0)).backward()
            slopes.append(p.grad.item())
        assert (abs(slopes[1] - slopes[0]) > 1) is jumps


def test_a_skip_connection_adds_x_and_1_to_the_slope(frames):
    facts = facts_of(frames("model", view="skip", batch="5"))[1:]
    row = plain_row(10)
    slope = (row[1].weight @ row[0].weight).item()
    for fact in facts:
        f = row(torch.tensor([[fact["x"]]])).item()
        assert fact["f"] == pytest.approx(f, abs=1e-6)
        assert fact["skip"] == fact["sum"] == pytest.approx(fact["x"] + f, abs=1e-6)
        assert fact["slope"] == pytest.approx(slope, abs=1e-6)
        assert fact["skip_slope"] == pytest.approx(1 + slope, abs=1e-6)


def test_without_weights_a_skip_hands_x_on():
    skip, x = started(Skip, 3), torch.tensor([[2.0], [-7.0]])
    for parameter in skip.parameters():
        nn.init.zeros_(parameter)
    assert torch.equal(skip(x), x)


def test_making_nets_leaves_random_numbers_elsewhere_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    in_a_row(4), started(Net, 4), DrawnNet.of(3).count
    assert torch.equal(torch.rand(3), expected)


def test_what_the_text_says_of_parameters_is_so():
    text = " ".join(load_lesson("model").text.split())
    layer = nn.Linear(1, 10)
    assert (layer.weight.shape, layer.bias.shape) == ((10, 1), (10,))
    assert "weight of 10x1 and a _bias_ of 10: 20 _parameter_s. With bias=False it has 10." in text
    assert count(layer) == 20
    assert count(nn.Linear(1, 10, bias=False)) == 10
    assert count(nn.Sequential(layer, layer)) == count(layer), "used twice, there once"
    assert solved(load_lesson("model").texts.several("hints")[2]) == "118"
    shared = nn.Linear(9, 9, bias=False)
    assert count(nn.Sequential(nn.Linear(2, 9), shared, shared, nn.Linear(9, 1))) == 118


def test_print_shows_the_layers_and_not_what_forward_does():
    assert str(Skip(3)) == str(Net(3)).replace("Net", "Skip")


# The goal


def test_the_drawn_counts_are_pytorchs_in_a_class(drawn):
    class Written(nn.Module):
        def __init__(self, layers):
            super().__init__()
            for i, layer in enumerate(layers):
                setattr(self, f"layer{i}", nn.Linear(layer.inputs, layer.outputs, bias=layer.bias))
            self.uses = [layer.uses for layer in layers]

        def forward(self, x):
            for i, uses in enumerate(self.uses):
                for _ in range(uses):
                    x = getattr(self, f"layer{i}")(x)
            return x

    for each in drawn[:100]:
        net = Written(each.layers)
        assert each.count == count(net)
        assert net(torch.zeros(1, each.layers[0].inputs)).shape == (1, each.layers[-1].outputs)


def test_drawn_nets_differ_and_are_of_every_kind(drawn):
    assert len({each.question for each in drawn}) > 0.9 * len(drawn)
    for each in drawn:
        assert {layer.bias for layer in each.layers} == {True, False}
    assert Counter(len(each.layers) for each in drawn).keys() == {2, 3}
    assert 0.3 < sum(any(layer.uses == 2 for layer in each.layers) for each in drawn) / len(drawn) < 0.7


@pytest.mark.parametrize("view", ["class", "shapes", "squares"])
def test_who_works_it_out_meets_the_goal(view):
    lesson, course = load_lesson("model"), Course()
    for draw in ("2", "3"):
        lesson.seen = course.seen
        (first, *_) = lesson.frames(lesson.read({"draw": draw, "view": view}))
        for frame in lesson.frames(lesson.read({"draw": draw, "view": view, "guess": solved(asked(first))})):
            course.note(frame, lesson.times)
    assert course.met


def test_the_way_is_shown_after_an_answer_which_counts_once():
    lesson, course = load_lesson("model"), Course()
    (first, *_) = lesson.frames(lesson.read({}))
    right = solved(asked(first))
    frame = answer(lesson, "7")
    course.note(frame, lesson.times)
    assert not frame.right
    sums, _, total = frame.said.removeprefix("not 7: ").partition(" = ")
    assert total == right
    assert sum(np.prod([int(n) for n in part.split("·")]) for part in sums.split(" + ")) == int(right)
    lesson.seen = course.seen
    again = answer(lesson, right)
    assert again.answer is None
    assert again.said == "you have seen this; d draws another"


def all_counted(each: DrawnNet, biases: bool, twice: bool) -> int:
    """A count that forgets a rule: as if all had biases, or a layer that is used twice counted twice."""
    return sum(
        (layer.inputs * layer.outputs + layer.outputs * (biases or layer.bias)) * (layer.uses if twice else 1)
        for layer in each.layers
    )


STRATEGIES = {
    "the article's 31": lambda each: 31,
    "all with a bias": lambda each: all_counted(each, biases=True, twice=False),
    "weights alone": lambda each: sum(layer.inputs * layer.outputs for layer in each.layers),
    "sum of the sizes": lambda each: sum(layer.inputs + layer.outputs for layer in each.layers),
    "first layer alone": lambda each: each.layers[0].inputs * each.layers[0].outputs + each.layers[0].outputs,
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_no_rule_that_looks_at_less_gets_far(drawn, name):
    assert (sum(STRATEGIES[name](each) == each.count for each in drawn) / len(drawn)) ** 2 < 0.05


def test_the_count_that_is_right_most_often_is_right_seldom(drawn):
    ((_, often),) = Counter(each.count for each in drawn).most_common(1)
    assert (often / len(drawn)) ** 2 < 0.05


def test_who_chooses_among_the_numbers_on_the_screen_does_not_meet_the_goal(drawn):
    chance = random.Random(0)
    met = 0
    for _ in range(1000):
        questions = chance.sample(drawn, 2)
        offered = [[int(n) for n in re.findall(r"\d+", each.question)] + [10, 11, 20, 31] for each in questions]
        products = [[*some, *(p * q for p in some for q in some)] for some in offered]
        met += all(each.count == chance.choice(some) for each, some in zip(questions, products, strict=True))
    assert met < 50


def test_without_a_guess_nothing_says_the_answer(frames):
    for draw in range(1, 30):
        for frame in frames("model", draw=str(draw)):
            assert asked(frame).endswith(": parameters?")
            assert frame.answer is None


def test_what_was_shown_does_not_count_in_another_process_either():
    lesson = load_lesson("model")
    keep_frame("model", answer(lesson, "1", draw="3"), lesson.times)
    lesson = load_lesson("model")
    lesson.seen = read_progress()["model"].seen
    assert answer(lesson, str(DrawnNet.of(3).count), draw="3").answer is None
    assert answer(lesson, str(DrawnNet.of(4).count), draw="4").right


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"guess": "many"}, "guess: 'many' is no count; write a whole number such as 31"),
        ({"targets": "1, x"}, "targets: '1, x' are not all numbers; write some such as 1, 2, 20"),
        ({"targets": "1 2 3 4 5 6 7"}, "targets: 7 of them; give 1 to 6"),
        ({"targets": ""}, "targets: 0 of them"),
        ({"targets": "1e9"}, "targets: give numbers from -1000 to 1000"),
        ({"targets": "nan"}, "targets: give numbers from"),
    ],
)
def test_bad_input_is_refused_with_a_reason(refused, texts, reason):
    assert reason in refused(load_lesson("model").read, texts)


def count(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())
