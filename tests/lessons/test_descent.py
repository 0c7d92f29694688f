"""Descent against torch.optim in a plain loop, and the goal."""

import itertools
import math
import re
from fractions import Fraction

import pytest
import torch

from tests.lessons.playing import luck, plain, play
from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.lessons.drawn_bowl import DrawnBowl, read_rate
from tui_trainer.lessons.landscapes import LANDSCAPES, contours, curve
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.progress import Course


def plain_loop(function: str, optimizer: str, eta: float, start: list[float], steps: int) -> list[tuple]:
    """The article's loop, written out: (place, f, gradient) before each step and after the last."""
    at = [torch.tensor(value, requires_grad=True) for value in start]
    choice = OPTIMIZERS[optimizer]
    stepper = getattr(torch.optim, choice.where.partition(":")[2])(at, lr=eta, **choice.options)
    seen = []
    for _ in range(steps + 1):
        value = LANDSCAPES[function].load()(*at)
        gradient = torch.autograd.grad(value, at)
        seen.append(([x.item() for x in at], value.item(), [g.item() for g in gradient]))
        for x, g in zip(at, gradient, strict=True):
            x.grad = g
        stepper.step()
    return seen


def test_the_articles_descent_arrives_at_two(frames):
    facts = [f for frame in frames("descent") for f in frame.facts]
    assert [f["step"] for f in facts] == list(range(61))
    # By hand: each step of 0.1 along 2 (x - 2) takes a fifth of the way to 2.
    for fact in facts:
        x = 2 - 5.5 * 0.8 ** fact["step"]
        assert fact["x"] == pytest.approx(x, abs=1e-5)
        assert fact["f"] == pytest.approx((x - 2) ** 2, abs=1e-4)
        assert fact["gradient"] == pytest.approx(2 * (x - 2), abs=1e-4)
    assert abs(facts[-1]["x"] - 2) < 5e-5


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("function", LANDSCAPES)
def test_every_landscape_under_every_optimizer_is_torchs(frames, function, optimizer):
    two = "y" in LANDSCAPES[function].options
    made = frames("descent", function=function, optimizer=optimizer, eta="0.05", start_y="0.3", steps="25")
    expected = plain_loop(function, optimizer, 0.05, [-3.5, 0.3] if two else [-3.5], 25)
    for frame, (at, f, gradient) in zip(made, expected, strict=True):
        (fact,) = frame.facts
        assert [fact[axis] for axis in ("xy" if two else "x")] == at
        assert fact["f"] == f
        assert fact["gradient"] == (gradient if two else gradient[0])


def test_several_optimizers_race_on_the_same_curve(frames):
    last = frames("descent", optimizer="sgd,adam", steps="10")[-1]
    assert [f["optimizer"] for f in last.facts] == ["sgd", "adam"]
    plot, table, _ = last.parts
    assert "● sgd" in text(plot.title)
    assert "▲ adam" in text(plot.title)
    alone = frames("descent", optimizer="adam", steps="10")[-1]
    assert last.facts[1] == alone.facts[0]
    assert len(table.rows) == 2


@pytest.mark.parametrize(("eta", "steps"), [("0.5", 1), ("0.48", 4), ("0.52", 4)])
def test_where_x_arrives_and_stays_is_told(frames, eta, steps):
    made = frames("descent", eta=eta)
    near = [abs(row[0][0] - 2) < 5e-5 for row in plain_loop("bowl", "sgd", float(eta), [-3.5], 60)]
    assert near.index(True) == steps
    assert all(near[steps:])
    assert made[-1].said == f"sgd stands at 2.0000 after {steps} step{'s' * (steps != 1)}"


def test_adam_passes_two_with_its_first_step(frames):
    made = frames("descent", optimizer="adam", eta="5.5", steps="20")
    assert abs(made[1].facts[0]["x"] - 2) < 5e-5
    assert made[3].said == "adam: came by 2.0000 and did not stay"


# The goal


def solved(frame) -> str:
    """The way divided by the gradient, worked out from the question that stands under the chart."""
    a, sign, number, start = re.search(
        r"f = ([\d.]+) (?:x|\(x ([-+]) (\d)\))², x from (-?\d+):", plain(frame.parts[-1])
    ).groups()
    bottom = float(f"{'-' if sign == '+' else ''}{number}") if number else 0.0
    gradient = 2 * float(a) * (float(start) - bottom)
    return f"{(float(start) - bottom) / gradient:.4g}"


def test_14_goal_who_divides_the_way_by_the_gradient_meets_it_with_two_draws():
    for draw in range(1, 31, 2):
        lesson, course = load_lesson("descent"), Course()
        for each in (draw, draw + 1):
            assert not course.met
            (first, *_) = lesson.frames(lesson.read({"draw": str(each), "steps": "1"}))
            play(lesson, course, draw=str(each), steps="1", guess=solved(first))
        assert course.met


@pytest.mark.parametrize("draw", range(1, 100, 7))
def test_14_goal_what_is_right_is_seen_in_a_plain_loop_and_stays(draw):
    drawn = DrawnBowl.of(draw)
    for rate in (drawn.way / -drawn.gradient, 0.5, 0.1, 1.01 * drawn.way / -drawn.gradient - 1e-6):
        x, places = float(drawn.start), []
        for _ in range(11):
            x -= rate * 2 * drawn.a * (x - drawn.bottom)
            places.append(x)
        stays = all(abs(place - drawn.bottom) <= 0.01 * abs(drawn.way) for place in places)
        assert drawn.reached(rate) is stays
    assert drawn.reached(drawn.way / -drawn.gradient)


@pytest.mark.parametrize("typed", ["1/8", "0.125", ".125", "1 / 8", "0.5/4"])
def test_a_rate_is_written_as_one_likes(typed):
    assert read_rate(typed) == Fraction(1, 8)


def test_14_goal_who_types_one_rate_after_another_does_not_meet_it():
    """Nor who always types the rate of the article's bowl, nor one at random of those that may be right."""
    for drawn in map(DrawnBowl.of, range(1, 6)):
        assert [rate for rate in range(1, 50) if drawn.reached(1 / rate)] == [2 * drawn.a]
    right = {draw: 2 * DrawnBowl.of(draw).a for draw in range(1, 1000)}
    assert 2 not in right.values()
    assert luck(lambda chance, draw: chance.choice(range(3, 41)) == right[draw]) < 0.05
    assert luck(lambda chance, draw: abs(right[draw] * (draw % 9 / 10 + 0.1) - 1) < 0.01) < 0.05


def test_14_goal_a_miss_shows_the_answer_and_takes_another_draw(frames):
    lesson, course = load_lesson("descent"), Course(right=1)
    drawn = DrawnBowl.of(4)
    wrong = play(lesson, course, draw="4", steps="1", guess="0.5")[0]
    assert not wrong.right
    assert f"the gradient is {drawn.gradient:g}, the way {drawn.way}" in wrong.said
    assert course.right == 0
    assert wrong.facts[0]["x"][:2] == [drawn.start, drawn.start - 0.5 * drawn.gradient], "x is seen to jump"
    again = play(lesson, course, draw="4", steps="1", guess=f"1/{2 * drawn.a:g}")
    assert not any(frame.answer for frame in again)


@pytest.mark.parametrize("guess", ["x", "0", "1/0", "-0.1", "1e-3"])
def test_what_is_no_rate_is_refused(refused, guess):
    assert "is no rate; write one such as 0.25 or 1/4" in refused(load_lesson("descent").read, {"guess": guess})


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "sgd stands at 2.0000 after 53 steps"),
        ({"eta": "0.001"}, "not at 2.0000 within 60 steps"),
        ({"eta": "1"}, "not at 2.0000 within 60 steps"),
        ({"eta": "1.2"}, "outside the picture, each jump longer than the last"),
        ({"start": "100", "steps": "5"}, "sgd: outside the picture"),
        ({"eta": "1000", "steps": "500"}, "beyond all numbers"),
        ({"eta": "0.2", "function": "ravine"}, "sgd at f = "),
    ],
)
def test_how_it_goes_is_told(frames, inputs, said):
    assert said in frames("descent", **inputs)[-1].said


def test_what_comes_back_from_far_away_is_not_said_to_run_away(frames):
    made = frames("descent", start="100", steps="20")
    assert [frame.said for frame in made[:4]] == ["sgd: outside the picture"] * 4


def test_the_table_of_several_says_when_each_arrived(frames):
    last = frames("descent", optimizer="sgd,adam", start="2", steps="3")[-1]
    table = last.parts[1]
    assert [row[-1] for row in table.rows] == ["0", "0"]
    assert "there after" in table.columns
    assert (
        "there after" not in frames("descent", optimizer="sgd,adam", function="plateau", steps="3")[-1].parts[1].columns
    )


def test_one_is_for_ever_and_above_one_away(frames):
    places = [f["x"] for frame in frames("descent", eta="1") for f in frame.facts]
    assert places[:4] == [-3.5, 7.5, -3.5, 7.5]
    places = [f["x"] for frame in frames("descent", eta="1.1", steps="20") for f in frame.facts]
    jumps = [abs(b - a) for a, b in itertools.pairwise(places)]
    assert jumps == sorted(jumps)


def test_what_leaves_all_numbers_ends_and_is_never_shown(frames):
    made = frames("descent", eta="1000", steps="500")
    assert len(made) < 500
    assert all(math.isfinite(f["f"]) for frame in made for f in frame.facts)


def test_the_curve_is_the_function_and_contours_are_its_levels():
    x, y = curve("two_minima")
    assert y == pytest.approx((x + 2) ** 2 * (x - 4) ** 2 / 60 - 0.2 * x)
    x, y = contours("ravine")
    # Points of one contour have one height: there are no more heights than contours, but for the grid's width.
    heights = x**2 / 20 + 4 * y**2
    levels = set()
    for height in heights:
        if not any(abs(height - level) < 0.35 for level in levels):
            levels.add(height)
    assert len(x) > 500
    assert len(levels) < len(heights) / 50


def text(words) -> str:
    return words if isinstance(words, str) else "".join(piece for piece, _ in words)
