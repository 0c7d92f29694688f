"""The dataset lesson, held against a plain DataLoader."""

import io
import itertools
import re

import numpy as np
import pytest
import torch
from rich.console import Console
from torch.utils.data import DataLoader, TensorDataset

from tui_trainer.charts.styles import TEXT_ROLES
from tui_trainer.data.sources.curves import article
from tui_trainer.lessons.dataset import DatasetAndLoader, Question
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.render import HEAD_ROWS, FittedTable

LESSON = DatasetAndLoader()
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
    """The question under the table: how many epochs, of how many samples."""
    ((words, _),) = frame.parts[2]
    return map(int, re.fullmatch(r"How many steps are (\d+) epochs of (\d+) samples\?", words).groups())


def steps_taken(epochs, samples, size, drop_last):
    """Counted, one by one, over PyTorch's own loader."""
    loader = DataLoader(TensorDataset(torch.arange(samples)), size, drop_last=drop_last)
    return sum(1 for _ in range(epochs) for _ in loader)


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("size", [2, 3, 5, 12, 13, 20])
@pytest.mark.parametrize("seed", [0, 7])
def test_14_04_the_goal_is_the_number_of_steps_and_nothing_near_it(size, drop_last, seed):
    given = {"batch_size": size, "drop_last": "on" if drop_last else "off", "seed": seed}
    epochs, samples = asked(frames(**given)[0])
    steps = steps_taken(epochs, samples, size, drop_last)
    for guess in range(max(0, steps - 12), steps + 13):
        *_, frame = frames(**given, guess=guess)
        assert frame.right == (guess == steps)
        if not frame.right:
            assert str(steps) not in re.findall(r"\d+", frame.said)
            assert not re.search("many|few|more|less", frame.said), "no hint to count along"


@pytest.mark.parametrize("size", range(2, 21))
def test_14_04_each_mistake_gives_another_number_than_the_answer(size):
    """Else the goal would be met by it: a batch over epochs, one epoch alone, drop_last the wrong way, a division."""
    for seed in range(20):
        question = Question.drawn(LESSON.read({"batch_size": size, "seed": seed}))
        epochs, samples = question.epochs, question.samples
        kept, dropped = (steps_taken(epochs, samples, size, drop) for drop in (False, True))
        in_all = samples * epochs / size
        assert dropped < int(in_all) <= in_all < kept
        assert samples > 99 or size < 10
        assert 3 <= epochs <= 9


def test_14_04_the_question_depends_on_nothing_but_seed_and_batch_size():
    first = list(asked(frames(batch_size=5)[0]))
    for same in ({"guess": 7}, {"drop_last": "on"}, {"shuffle": "off"}):
        assert list(asked(frames(batch_size=5, **same)[-1])) == first
    others = {tuple(asked(frames(batch_size=5, seed=seed)[0])) for seed in range(8)}
    assert len(others) > 4
    assert f"{first[0]} epochs of {first[1]}" in facts(batch_size=5)[0]["question"]


@pytest.mark.parametrize("size", [5, 7, 8, 9, 10, 11])
def test_14_04_in_order_the_same_samples_are_dropped_for_ever_and_shuffled_others(size):
    """The truth of the lesson's words, over many epochs of PyTorch's own loader."""
    assert "in order, always the same ones, which training never sees" in " ".join(LESSON.text.split())
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


def test_a_guess_is_judged_at_once_and_for_good():
    assert all(frame.right for frame in frames(batch_size=5, guess=364))
    assert not any(frame.right for frame in frames(guess=1))
    assert not any(frame.right for frame in frames(batch_size=5))


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"batch_size": 1, "guess": 3}, "a batch size of 1 leaves no sample over; take a larger one"),
        ({"batch_size": 5, "guess": 52}, "not 52: that is one epoch; the question is of 7"),
        ({"batch_size": 5, "guess": 357}, "not 357: drop_last is off; what does that do to what is left over?"),
        (
            {"batch_size": 5, "guess": 364, "drop_last": "on"},
            "not 364: drop_last is on; what does that do to what is left over?",
        ),
        (
            {"batch_size": 5, "guess": 360},
            "not 360: epochs are apart; what one leaves over fills no batch of the next",
        ),
        ({"batch_size": 5, "guess": 3}, "not 3: count the full batches of an epoch, then what is left over"),
        ({"batch_size": 5, "guess": 364}, "7 times 52 steps: the last of each on the 2 left over"),
        ({"batch_size": 5, "guess": 357, "drop_last": "on"}, "7 times 51 steps: the 2 left over are dropped"),
    ],
)
def test_the_reason_helps(inputs, why):
    assert frames(**inputs)[0].said == why


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
