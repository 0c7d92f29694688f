"""Descent against torch.optim in a plain loop, and the goal."""

import itertools
import math
import random

import pytest
import torch

from tui_trainer.catalog import OPTIMIZERS
from tui_trainer.lessons.descent import RATES, Path, descend, judge
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
    plot, table = last.parts
    assert "● sgd" in text(plot.title)
    assert "▲ adam" in text(plot.title)
    alone = frames("descent", optimizer="adam", steps="10")[-1]
    assert last.facts[1] == alone.facts[0]
    assert len(table.rows) == 2


@pytest.mark.parametrize(("eta", "steps"), [("0.5", 1), ("0.48", 4), ("0.52", 4)])
def test_14_goal_x_comes_to_two_and_stays(frames, eta, steps):
    made = frames("descent", eta=eta)
    near = [abs(row[0][0] - 2) < 5e-5 for row in plain_loop("bowl", "sgd", float(eta), [-3.5], 60)]
    assert near.index(True) == steps
    assert all(near[steps:])
    assert [frame.right for frame in made] == [step >= steps + 10 for step in range(61)]
    assert made[-1].said == f"sgd stands at 2.0000 after {steps} step{'s' * (steps != 1)}, and stays"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("eta", ["5.5", "0.5", "0.3", "1.1", "0.05"])
@pytest.mark.slow
def test_14_goal_whoever_flies_past_two_does_not_meet_it(frames, optimizer, eta):
    """By a plain loop: the goal is met where the last places are at 2, and were so from before the fifth step on."""
    places = [at[0] for (at, _, _) in plain_loop("bowl", optimizer, float(eta), [-3.5], 60)]
    stays = all(abs(x - 2) < 5e-5 for x in places[4:])
    assert frames("descent", optimizer=optimizer, eta=eta)[-1].right is stays


def test_14_goal_adam_passes_two_with_its_first_step(frames):
    made = frames("descent", optimizer="adam", eta="5.5", steps="20")
    assert abs(made[1].facts[0]["x"] - 2) < 5e-5
    assert not any(frame.right for frame in made)
    assert made[3].said == "adam: came by 2.0000 and did not stay"


def test_14_goal_no_key_for_more_or_less_meets_it(frames):
    """From any rate that `+` and `-` turn to."""
    lesson = load_lesson("descent")
    eta = lesson.inputs["eta"]
    for up in (True, False):
        text = lesson.defaults["eta"]
        for _ in range(20):
            text = eta.turned(text, up)
            assert not frames("descent", eta=text)[-1].right


def test_14_goal_who_divides_the_way_by_the_gradient_meets_it(frames):
    """From what the first frame shows, as the hint says; and only when it has lasted."""
    first = frames("descent")[0]
    x, gradient = (float(first.parts[1].rows[0][place]) for place in (1, 3))
    course, lesson = Course(), load_lesson("descent")
    for step, frame in enumerate(frames("descent", eta=f"{(x - 2) / gradient:g}")):
        course.note(frame, lesson.times)
        assert course.met == (step >= 11)


def typed_rate(draw: random.Random) -> float:
    """A rate that a key turns to, or a short one as it is typed, of one digit or of two."""
    if draw.random() < 0.3:
        return draw.choice(RATES)
    digits = draw.choice([draw.randint(1, 9), draw.randint(10, 99)])
    return float(f"{digits}e-{draw.randint(0, 3)}")


@pytest.mark.slow
def test_14_goal_a_rate_at_random_does_not_meet_it():
    """A thousand rates, under optimizers at random, are judged after twenty steps."""
    lesson, draw, met = load_lesson("descent"), random.Random(0), 0
    for _ in range(1000):
        optimizer = draw.choice(["sgd", *OPTIMIZERS])
        inputs = lesson.read({"eta": str(typed_rate(draw)), "optimizer": optimizer, "steps": "20"})
        at = [torch.tensor(inputs.start, requires_grad=True)]
        path = Path(optimizer, descend(LANDSCAPES["bowl"].load(), at, OPTIMIZERS[optimizer].make(at, lr=inputs.eta)))
        for step in range(inputs.steps + 1):
            path.step()
            if step >= 4 and path.arrived is None:
                break  # whatever comes is too late
        met += judge(lesson.texts.part("said"), inputs, [path])[0]
    assert met < 50


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "after 53 steps; under 5 are wanted"),
        ({"eta": "0.5", "steps": "10"}, "after 1 step; does it stay for 10 more?"),
        ({"eta": "0.001"}, "not at 2.0000 within 60 steps"),
        ({"eta": "1"}, "not at 2.0000 within 60 steps"),
        ({"eta": "1.2"}, "outside the picture, each jump longer than the last"),
        ({"start": "100", "steps": "5"}, "sgd: outside the picture"),
        ({"eta": "1000", "steps": "500"}, "beyond all numbers"),
        ({"eta": "0.5", "start": "2"}, "for the goal start at -3.5"),
        ({"eta": "0.2", "function": "ravine"}, "the goal is the bowl's"),
    ],
)
def test_the_goal_is_refused_with_a_reason(frames, inputs, said):
    last = frames("descent", **inputs)[-1]
    assert not last.right
    assert said in last.said


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
