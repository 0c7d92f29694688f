"""Gradients of batches against sums by hand and autograd, the article's descent, and the goal."""

import itertools
import random
import re
from fractions import Fraction

import numpy as np
import pytest
import torch

from tests.lessons.playing import plain
from tui_trainer.engine.events import EpochsFinished, RunFinished
from tui_trainer.lessons.batch_gradients import SAMPLES, DrawnBatch
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.progress import Course, keep_frame, read_progress
from tui_trainer.lessons.stochastic import judge
from tui_trainer.runs.group import RunGroup


def by_hand(w, samples) -> Fraction:
    """2/n Σ x (w x - y)."""
    return Fraction(2, len(samples)) * sum(Fraction(x) * (Fraction(w) * Fraction(x) - Fraction(y)) for x, y in samples)


def facts_of(made: list) -> list[dict]:
    return [fact for frame in made for fact in frame.facts]


# What the text says.


@pytest.mark.parametrize("size", [1, 2, 4, 8])
@pytest.mark.parametrize("w", ["1", "-0.5", "1.5151"])
def test_each_batch_has_the_gradient_of_its_samples_and_their_mean_is_the_whole_one(frames, size, w):
    facts = facts_of(frames("stochastic", batch_size=str(size), weight=w))
    whole, *batches = [fact for fact in facts if "samples" in fact]
    assert whole["gradient"] == pytest.approx(float(by_hand(w, SAMPLES)))
    for fact in batches:
        assert fact["gradient"] == pytest.approx(float(by_hand(w, [SAMPLES[place] for place in fact["samples"]])))
        assert len(fact["samples"]) == size
    assert sorted(place for fact in batches for place in fact["samples"]) == list(range(8))
    assert facts[-1]["mean"] == pytest.approx(whole["gradient"])


def test_a_single_sample_may_point_the_other_way(frames):
    gradients = [fact["gradient"] for fact in facts_of(frames("stochastic")) if len(fact.get("samples", ())) == 1]
    assert min(gradients) < 0 < max(gradients)


@pytest.mark.parametrize("w", [1.0, -3.0])
def test_the_spread_is_that_of_the_gradients_of_all_batches_there_are(frames, w):
    made = frames("stochastic", view="spread", weight=str(w))
    facts = facts_of(made)
    for size, draw in itertools.product((1, 2), (itertools.combinations, itertools.product)):
        chosen = draw(SAMPLES, size) if draw is itertools.combinations else draw(SAMPLES, repeat=size)
        gradients = [float(by_hand(w, batch)) for batch in chosen]
        key = "batches" if draw is itertools.combinations else "drawn"
        (fact,) = [fact for fact in facts if fact.get("size") == size and key in fact]
        assert fact[key] == len(gradients)
        assert fact["spread"] == pytest.approx(np.std(gradients))


def test_with_replacement_the_spread_falls_like_one_by_the_root_and_without_all_samples_leave_none(frames):
    facts = facts_of(frames("stochastic", view="spread"))
    drawn = {fact["size"]: fact["spread"] for fact in facts if "drawn" in fact}
    shuffled = {fact["size"]: fact["spread"] for fact in facts if "batches" in fact}
    assert [drawn[size] / drawn[1] for size in (1, 2, 4)] == pytest.approx([1, 2**-0.5, 0.5])
    assert shuffled[8] == 0 < shuffled[4] < drawn[4]


def test_a_path_is_that_of_steps_by_hand(frames):
    facts = [fact for fact in facts_of(frames("stochastic", view="path", batch_size="2", steps="11")) if "step" in fact]
    for size in (8, 2):
        w, generator, order = 1.0, torch.Generator().manual_seed(0), []
        for fact in [fact for fact in facts if fact["batch"] == size]:
            order = order or torch.randperm(8, generator=generator).tolist()
            batch, order = order[:size], order[size:]
            gradient = float(by_hand(w, [SAMPLES[place] for place in batch]))
            assert fact["gradient"] == pytest.approx(gradient)
            w -= 0.05 * gradient
            assert fact["w"] == pytest.approx(w)


def test_a_path_along_all_samples_settles_and_one_along_single_ones_does_not(frames):
    table = frames("stochastic", view="path")[-1].parts[1]
    whole, single = [float(row[-1]) for row in table.rows]
    assert whole < 0.001
    assert single > 0.1


def test_a_path_that_is_lost_ends_and_the_other_goes_on(frames):
    made = frames("stochastic", view="path", eta="0.3", steps="50")
    steps = {size: [f["step"] for f in facts_of(made) if f.get("batch") == size] for size in (8, 1)}
    assert steps[1] == list(range(1, 51))
    assert steps[8] == list(range(1, len(steps[8]) + 1))
    assert len(steps[8]) < 50
    assert made[-1].said == "batches of 8: w is beyond a million; a smaller learning rate would stay"
    assert len(frames("stochastic", view="path", eta="10", steps="400")) < 400  # both are


def test_the_articles_descent_is_its_loop_and_ends_at_two(frames):
    x, facts = -3.5, facts_of(frames("stochastic", view="article"))
    places = {fact["epoch"]: fact for fact in facts if "epoch" in fact and "x" in fact}
    for epoch in range(200):
        gradient = 2 * (x - 2)
        x -= 0.1 * gradient
        if epoch in places:
            assert places[epoch]["x"] == pytest.approx(x, abs=1e-5)
            assert places[epoch]["gradient"] == pytest.approx(gradient, abs=1e-5)
    assert {0, 1, 199} <= set(places)
    assert facts[-1]["printed"] == "tensor([2.0000])"


def test_the_article_shows_each_line_as_it_runs(frames):
    made = frames("stochastic", view="article")
    lines = [frame.parts[0].rows[frame.parts[0].marked][0].strip() for frame in made]
    assert lines[2:7] == [
        "for epoch in range(200):",
        "optimizer.zero_grad()",
        "loss_incurred = f(x_param)",
        "loss_incurred.backward()",
        "optimizer.step()",
    ]
    after = dict(zip(lines, [frame.parts[1].rows[0] for frame in made], strict=True))
    assert after["optimizer.zero_grad()"][2] == "None"
    backward = made[5].parts[1].rows[0]
    assert (backward[1], backward[2], backward[3]) == ("[-3.5000]", "[-11.]", "[30.2500]")
    assert lines[-1] == "print(x_param.data)"


def test_what_the_training_screen_opens_on_is_a_line_in_three_batch_sizes():
    lesson = load_lesson("stochastic")
    group = RunGroup.of(lesson.training(lesson.read({})).changed(epochs=2))
    events = list(group.events())
    assert len([event for event in events if isinstance(event, RunFinished)]) == 3
    assert len({event.steps for event in events if isinstance(event, EpochsFinished) and event.epoch == 2}) == 3


# Bad input.


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"batch_size": "3"}, "batch_size: 3 doesn't divide the samples evenly; give 1, 2, 4, 8"),
        ({"guess": "two"}, "guess: 'two' is no number; write one such as -2 or 4.5"),
        ({"guess": "inf"}, "guess: 'inf' is no number; write one such as -2 or 4.5"),
        ({"weight": "1e9"}, "weight: '1e9' won't do; give a number of at least -100 and of at most 100"),
    ],
)
def test_what_is_no_answer_is_refused(refused, inputs, said):
    assert refused(load_lesson("stochastic").read, inputs) == said


# The goal.


def solved(lesson, draw: int) -> str:
    """The answer, worked out from what is on the screen."""
    first = next(iter(lesson.frames(lesson.read({"draw": str(draw)}))))
    w, *numbers = map(int, re.findall(r"-?\d+", plain(first.parts[-1])))
    return str(float(by_hand(w, list(zip(numbers[::2], numbers[1::2], strict=True)))))


@pytest.mark.slow
def test_14_goal_who_works_it_out_meets_it_with_two_draws():
    lesson, met = load_lesson("stochastic"), 0
    for draw in range(1, 21, 2):
        course = Course()
        for each, view in ((draw, "slopes"), (draw + 1, "article")):
            texts = {"draw": str(each), "guess": solved(lesson, each), "view": view}
            for frame in lesson.frames(lesson.read(texts)):
                course.note(frame, lesson.times)
        met += course.met
    assert met == 10


def test_14_goal_a_guesser_hardly_ever_meets_it():
    """They turn through twenty draws, and say a number that is likely: one of those that the first hundred have."""
    lesson, random_numbers, met = load_lesson("stochastic"), random.Random(0), 0
    drawn = {draw: DrawnBatch.of(draw) for draw in range(1, 1000)}
    likely = [drawn[draw].gradient for draw in range(1, 101)]
    said = lesson.texts.part("said")
    for _ in range(1000):
        run = best = 0
        for draw in random_numbers.sample(range(1, 1000), 20):
            answer, _ = judge(said, str(random_numbers.choice(likely)), drawn[draw], seen=False)
            run = run + 1 if answer.right else 0
            best = max(best, run)
        met += best >= 2
    assert met < 50


def test_14_goal_one_number_is_never_a_good_guess():
    gradients = [DrawnBatch.of(draw).gradient for draw in range(1, 1000)]
    assert 0 not in gradients
    assert max(map(gradients.count, set(gradients))) < 0.05 * len(gradients)


def test_14_goal_an_answer_that_was_shown_does_not_count_even_in_a_new_process(frames):
    lesson = load_lesson("stochastic")
    right = solved(lesson, 7)
    wrong = frames("stochastic", draw="7", guess="1000")[0]
    assert not wrong.right
    assert f"it is {float(right):g} = 2/" in wrong.said
    keep_frame("stochastic", wrong, lesson.times)
    lesson.seen = read_progress()["stochastic"].seen  # from the file
    again = list(lesson.frames(lesson.read({"draw": "7", "guess": right})))
    assert not any(frame.answer for frame in again)
    assert again[0].said == "you have seen this one's answer: d draws another"


@pytest.mark.parametrize("view", ["slopes", "spread", "path", "article"])
def test_14_goal_no_page_shows_the_answer_before_it_is_guessed(frames, view):
    made = frames("stochastic", view=view, draw="5", steps="8")
    (asked,) = [fact for fact in facts_of(made) if "draw" in fact]
    assert asked["gradient"] is None
    assert not any(frame.answer or frame.reveals for frame in made)
    lesson = load_lesson("stochastic")
    assert lesson.script(lesson.read({"view": view, "draw": "5"})) == lesson.script(lesson.read({"view": view}))


def test_14_goal_the_same_samples_in_another_order_are_the_same_question():
    assert DrawnBatch(2, ((1, 3), (-1, 2))).question == DrawnBatch(2, ((-1, 2), (1, 3))).question
    assert DrawnBatch(2, ((1, 3), (-1, 2))).question != DrawnBatch(3, ((1, 3), (-1, 2))).question


def test_the_hints_example_is_right():
    hint = load_lesson("stochastic").texts.several("hints")[-1]
    assert "w = 1 and the batch (2, 5), (4, 3)" in hint
    assert hint.endswith(f"{by_hand(1, [(2, 5), (4, 3)])}.".replace("-", "−"))
