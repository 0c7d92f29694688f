"""The dataset lesson, held against a plain DataLoader."""

import io
import itertools
import math
import operator
import re

import numpy as np
import pytest
import torch
from rich.console import Console
from torch.utils.data import DataLoader, TensorDataset

from tests.lessons.playing import luck, plain, play
from tui_trainer.charts.styles import TEXT_ROLES
from tui_trainer.data.sources.curves import article
from tui_trainer.lessons.dataset import DatasetAndLoader, Question
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.progress import Course, keep_frame, read_progress
from tui_trainer.lessons.render import HEAD_ROWS, FittedTable

LESSON = load_lesson("dataset")
X = np.linspace(0, 20, 12)
Y = article(X) + np.random.default_rng(0).normal(size=12)


def frames(**inputs):
    return list(LESSON.frames(LESSON.read({name: str(value) for name, value in inputs.items()})))


def facts(**inputs):
    return [fact for frame in frames(**inputs) for fact in frame.facts]


def plain_batches(size, shuffle, drop_last, seed=0):
    """Two epochs of indices from PyTorch's own data set and loader."""
    generator = torch.Generator().manual_seed(seed)
    samples = TensorDataset(torch.arange(12))
    loader = DataLoader(samples, size, shuffle=shuffle, drop_last=drop_last, generator=generator)
    return [[batch.tolist() for (batch,) in loader] for _ in range(2)]


def test_it_is_the_registrys():
    assert type(load_lesson("dataset")) is DatasetAndLoader


@pytest.mark.parametrize("size", [1, 4, 5, 7, 12, 15])
@pytest.mark.parametrize(("shuffle", "drop_last"), itertools.product(["on", "off"], repeat=2))
def test_it_asks_as_a_plain_loader_does(size, shuffle, drop_last):
    told = facts(batch_size=size, shuffle=shuffle, drop_last=drop_last, seed=3)
    for epoch, batches in enumerate(plain_batches(size, shuffle == "on", drop_last == "on", seed=3), 1):
        steps = [fact for fact in told if fact["epoch"] == epoch and "step" in fact]
        assert [fact["indices"] for fact in steps] == batches
        assert [fact["step"] for fact in steps] == list(range(1, len(batches) + 1))
        for fact in steps:
            assert fact["x"] == torch.tensor(X[fact["indices"]], dtype=torch.float32).tolist()
            assert fact["shape"] == [len(fact["indices"]), 1]
        dropped = [fact["dropped"] for fact in told if fact["epoch"] == epoch and "dropped" in fact]
        left = sorted(set(range(12)) - {i for batch in batches for i in batch})
        assert dropped == ([left] if left else [])


def test_each_epoch_has_its_own_order_and_the_seed_settles_them():
    orders = [[fact["indices"] for fact in facts(batch_size=12, seed=seed)] for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0][0] != orders[0][1]
    assert [fact["indices"] for fact in facts(batch_size=12, shuffle="off")] == [list(range(12))] * 2


def test_it_leaves_the_global_random_numbers_alone():
    before = torch.get_rng_state()
    frames()
    assert torch.equal(torch.get_rng_state(), before)


def test_the_chart_marks_the_batch_at_hand():
    asked = []
    for frame in frames(batch_size=5, drop_last="on")[:3]:
        chart = frame.parts[0].chart
        waiting, before, batch = (dots.x.astype(int).tolist() for dots in chart.dots)
        now = frame.facts[0].get("indices", [])
        assert batch == sorted(now)
        assert before == sorted(asked)
        assert sorted(batch + before + waiting) == list(range(12))
        for dots in chart.dots:
            np.testing.assert_allclose(dots.y, Y[dots.x.astype(int)], rtol=1e-6)
        assert chart.y_limits[0] < Y.min() < Y.max() < chart.y_limits[1]
        asked += now
    assert waiting == frame.facts[0]["dropped"]
    assert ["before" in name for name, _ in frame.parts[0].title] == [False, True, False]


def test_the_table_tells_every_step_and_what_was_dropped():
    all_frames = frames(batch_size=5, shuffle="off", drop_last="on")
    epoch = [["[0 1 2 3 4]", "[5, 1]"], ["[5 6 7 8 9]", "[5, 1]"], [[("[10 11] dropped", "quiet")], "–"]]
    rows = [[str(n), step, *row] for n in (1, 2) for step, row in zip("12–", epoch, strict=True)]
    for count, frame in enumerate(all_frames, 1):
        table = frame.parts[1]
        assert table.rows == rows[:count]
        assert table.marked == count - 1
    assert all_frames[0].said == "epoch 1, step 1: 5 samples asked for, and stacked"
    assert all_frames[-1].said == "epoch 2 is over: 2 samples dropped, too few for a batch, the same again"


def test_a_smaller_last_batch_is_told():
    *_, last = frames(batch_size=11)
    assert last.parts[1].rows[-1][3] == "[1, 1]"
    assert last.said == "epoch 2, step 2: 1 sample asked for, and stacked"


def asked(frame):
    """The question under the table: how many epochs, of how many samples, the batch size and drop_last."""
    words = plain(frame.parts[2])
    pattern = r"How many steps are (\d+) epochs of (\d+) samples\? batch_size=(\d+), drop_last=(True|False)"
    *numbers, drop_last = re.fullmatch(r"Another loader\. " + pattern, words).groups()
    return *map(int, numbers), drop_last == "True"


def steps_taken(epochs, samples, size, drop_last):
    """Counted, one by one, over PyTorch's own loader."""
    loader = DataLoader(TensorDataset(torch.arange(samples)), size, drop_last=drop_last)
    return sum(1 for _ in range(epochs) for _ in loader)


QUESTIONS = {draw: Question.drawn(draw) for draw in range(1, 1000)}


def worked_out(draw):
    """By division alone."""
    question = QUESTIONS[draw]
    full, left = divmod(question.samples, question.size)
    return question.epochs * (full + (left > 0 and not question.drop_last))


@pytest.mark.parametrize("draw", [1, 2, 3, 17, 999])
@pytest.mark.parametrize("inputs", [{}, {"batch_size": "5", "drop_last": "on", "seed": "7"}])
def test_14_goal_whoever_counts_the_steps_meets_it_with_a_second_right_answer(draw, inputs):
    lesson, course = load_lesson("dataset"), Course()
    for at in (draw, draw % 999 + 1):
        assert not course.met
        first = play(lesson, course, draw=str(at), **inputs)[0]
        steps = steps_taken(*asked(first))
        assert steps == worked_out(at)
        made = play(lesson, course, draw=str(at), guess=str(steps), **inputs)
        assert all(frame.right for frame in made)
        assert made[0].said == f"{QUESTIONS[at].epochs} times {steps // QUESTIONS[at].epochs} steps"
    assert course.met


def test_14_goal_without_a_guess_nothing_is_given_away():
    for draw in range(1, 20):
        for frame in frames(draw=draw):
            assert str(worked_out(draw)) not in frame.said
            assert frame.answer is None
            assert not frame.reveals


def test_14_04_each_mistake_gives_another_number_than_the_answer():
    """Else the goal would be met by it: a batch over epochs, one epoch alone, drop_last the wrong way, a division."""
    for question in QUESTIONS.values():
        epochs, samples, size = question.epochs, question.samples, question.size
        kept, dropped = (epochs * -(-samples // size), epochs * (samples // size))
        in_all = samples * epochs / size
        assert dropped < int(in_all) <= in_all < kept
        assert 3 <= epochs <= 9
        assert 4 <= size <= 16
    assert len({question.meaning for question in QUESTIONS.values()}) > 900


def test_14_goal_the_question_depends_on_nothing_but_the_draw():
    first = asked(frames()[0])
    for same in ({"batch_size": 5}, {"drop_last": "on"}, {"shuffle": "off"}, {"seed": 3}, {"guess": 7}):
        assert asked(frames(**same)[-1]) == first
    assert asked(frames(draw=2)[0]) != first
    epochs, samples, size, drop_last = first
    assert facts()[0]["question"] == f"{epochs} epochs, {samples} samples, batch_size={size}, drop_last={drop_last}"


def chain(chance, numbers):
    """A guess of who only sees the numbers: some of them, combined in some order by some operations."""
    chosen = chance.sample(numbers, chance.choice((2, 3)))
    value = float(chosen[0])
    for number in chosen[1:]:
        value = chance.choice((operator.add, operator.sub, operator.mul, operator.truediv))(value, number)
        value = chance.choice((float, math.floor, math.ceil, round))(value)
    return round(value)


GUESSERS = {
    "any number": lambda chance, numbers: chance.randint(1, 600),
    "the numbers, combined": chain,
    "a division in all, up or down": lambda chance, n: chance.choice((math.floor, math.ceil))(n[0] * n[1] / n[2]),
}


@pytest.mark.parametrize("guesser", GUESSERS)
def test_14_goal_a_guesser_does_not_meet_it(guesser):
    def right(chance, draw):
        question = QUESTIONS[draw]
        return GUESSERS[guesser](chance, [question.epochs, question.samples, question.size]) == worked_out(draw)

    assert luck(right) < 0.05


def test_14_goal_turning_what_can_be_turned_does_not_meet_it():
    lesson, course = load_lesson("dataset"), Course()
    for setting in lesson.inputs.values():
        texts = lesson.defaults
        for _ in range(12):
            texts[setting.name] = setting.turned(texts[setting.name], True)
            play(lesson, course, **texts)
    assert not course.right
    assert not course.met


def test_14_goal_what_was_seen_is_not_asked_again_in_a_new_process_either():
    lesson = load_lesson("dataset")
    for frame in play(lesson, Course(), draw="3", guess="1"):
        keep_frame("dataset", frame, lesson.times)
    lesson, course = load_lesson("dataset"), read_progress()["dataset"]  # as a process that starts later has them
    again = play(lesson, course, draw="3", guess=str(worked_out(3)))
    assert {(frame.answer, frame.said) for frame in again} == {
        (None, f"you have seen this, it is {worked_out(3)}; d draws another")
    }
    assert play(lesson, course, draw="4", guess=str(worked_out(4)))[-1].right


@pytest.mark.parametrize("size", [5, 7, 8, 9, 10, 11])
def test_14_04_in_order_the_same_samples_are_dropped_for_ever_and_shuffled_others(size):
    """The truth of the lesson's words, over many epochs of PyTorch's own loader."""
    assert "in order, always the same ones, which training never sees" in LESSON.text
    for shuffle in (False, True):
        generator = torch.Generator().manual_seed(0)
        loader = DataLoader(TensorDataset(torch.arange(12)), size, shuffle, drop_last=True, generator=generator)
        seen = {i for _ in range(50) for (batch,) in loader for i in batch.tolist()}
        assert seen == set(range(12 if shuffle else 12 - 12 % size))


def test_14_04_the_last_line_says_whether_the_same_were_dropped():
    in_order, shuffled = (frames(batch_size=5, drop_last="on", shuffle=how)[-1] for how in ("off", "on"))
    assert in_order.said == "epoch 2 is over: 2 samples dropped, too few for a batch, the same again"
    assert shuffled.said == "epoch 2 is over: 2 samples dropped, too few for a batch"


def test_14_04_a_batch_larger_than_the_data_is_no_step_at_all():
    told = facts(batch_size=13, drop_last="on")
    assert "With a batch size over 12 it leaves no step at all." in LESSON.text
    assert [fact.get("dropped") for fact in told] == [list(range(12))] * 2
    assert not plain_batches(13, True, True)[0]


def test_the_reason_helps():
    """Draw 1 asks for 6 epochs of 577 samples by tens, the last batch kept; 2 is one with drop_last."""
    assert asked(frames()[0]) == (6, 577, 10, False)
    for guess, why in {
        58: "58 is one epoch; the question is of 6",
        342: "drop_last is off, what is left over is a batch too",
        346: "each epoch has its own last batch",
        347: "each epoch has its own last batch",
        3: "6 times the 58 batches of an epoch",
    }.items():
        assert frames(guess=guess)[0].said == f"not {guess} but 348: {why}"
    draw = next(draw for draw, question in QUESTIONS.items() if question.drop_last)
    question = QUESTIONS[draw]
    guess = question.epochs * -(-question.samples // question.size)
    said = frames(draw=draw, guess=guess)[0].said
    assert said == f"not {guess} but {worked_out(draw)}: drop_last is on, what is left over is dropped"


@pytest.mark.parametrize(
    ("name", "text"),
    [("batch_size", "0"), ("batch_size", "21"), ("batch_size", "4.5"), ("seed", "-1"), ("guess", "100000"),
     ("guess", ""), ("shuffle", "maybe"), ("epochs", "3")],
)  # fmt: skip
def test_wrong_inputs_are_refused(refused, name, text):
    assert name in refused(LESSON.read, {name: text})


@pytest.mark.parametrize("size", [1, 5, 9])
def test_the_table_fits_a_small_screen(size):
    *_, last = frames(batch_size=size, drop_last="on")
    drawn = FittedTable(last.parts[1], dict.fromkeys(TEXT_ROLES, ""))
    lines = Console(width=46, file=io.StringIO()).render_lines(drawn)
    assert len(lines) == len(last.parts[1].rows) + HEAD_ROWS


def test_14_the_hints_example_is_true():
    example = LESSON.texts.several("hints")[2]
    assert example.startswith(
        "2 epochs of 23 samples in batches of 10: with drop_last=False 10 + 10 + 3 make 3 steps, 6 in"
    )
    assert example.endswith("with True 2, 4 in all.")
    assert (steps_taken(2, 23, 10, False), steps_taken(2, 23, 10, True)) == (6, 4)
