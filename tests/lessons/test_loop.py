"""The loop lesson, held against a plain training loop and against the gradient worked out by hand."""

import io
import itertools
import json
import random

import pytest
import torch
from rich.console import Console
from torch import nn

from tui_trainer.charts.raster import draw
from tui_trainer.charts.styles import TEXT_ROLES, format_number
from tui_trainer.lessons.frame import Table
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.loop import Loop
from tui_trainer.lessons.progress import Course
from tui_trainer.lessons.render import HEAD_ROWS, FittedTable
from tui_trainer.lessons.six_steps import RIGHT_ORDER, SAMPLES, STEPS, Bench

LESSON = load_lesson("loop")
POINTS = [(1.0, 3.0), (2.0, 5.0)]
ELSEWHERE = ["4356", "3456", "3546", "3564"]  # where zero_grad does no harm


def frames(**inputs):
    return list(LESSON.frames(LESSON.read({name: str(value) for name, value in inputs.items()})))


def facts(**inputs):
    return [fact for frame in frames(**inputs) for fact in frame.facts]


def plain_loop(rate, rounds, batch_size=2, momentum=0.0, together=1):
    """The weights after each round of an ordinary training loop, of this many batches before each step."""
    torch.manual_seed(1)
    model, loss_fn = nn.Linear(1, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=momentum)
    x, y = (torch.tensor(column).unsqueeze(1).split(batch_size) for column in zip(*POINTS, strict=True))
    batches = itertools.cycle(list(zip(x, y, strict=True)))
    model.train()
    for _ in range(rounds):
        optimizer.zero_grad()
        for bx, by in itertools.islice(batches, together):
            loss_fn(model(bx), by).backward()
        optimizer.step()
        yield [model.weight.item(), model.bias.item()]


def loss_of(weights):
    w, b = weights
    return sum((w * x + b - y) ** 2 for x, y in POINTS) / 2


def rounds_of(told, what="weights"):
    """What stands at the end of each round."""
    return [list(fact[what]) for fact in told if "right_weights" in fact]


def by_hand(order, rate, rounds, w, b):
    """What each step leaves, from the derivatives of mean((w x + b - y)²): weights, gradients, outputs, loss."""
    gradients, outputs = None, []
    for step in order.replace("6", "bs") * rounds:
        if step == "4":
            gradients = None
        if step == "5":
            outputs = [w * x + b for x, _ in POINTS]
        if step == "b":
            errors = [out - y for out, (_, y) in zip(outputs, POINTS, strict=True)]
            slopes = [sum(e * x for e, (x, _) in zip(errors, POINTS, strict=True)), sum(errors)]
            gradients = [old + new for old, new in zip(gradients or [0.0, 0.0], slopes, strict=True)]
        if step == "s" and gradients:
            w, b = w - rate * gradients[0], b - rate * gradients[1]
        loss = sum((out - y) ** 2 for out, (_, y) in zip(outputs, POINTS, strict=False)) / 2
        yield [w, b], gradients, outputs if step == "5" else None, loss if step == "5" else None


def test_it_is_the_registrys():
    assert type(load_lesson("loop")) is Loop


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize(("rate", "rounds"), [(0.001, 5), (0.1, 60), (1, 5)])
def test_the_right_order_is_a_plain_training_loop(rate, rounds, batch_size):
    told = facts(rate=rate, rounds=rounds, batch_size=batch_size)
    expected = list(plain_loop(rate, rounds, batch_size))
    assert rounds_of(told) == rounds_of(told, "right_weights") == expected


@pytest.mark.parametrize("order", ["3456", "356", "345sb", "35b4s", "345b", "3s45b", "345bss", "35b35b4s"])
@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_every_number_is_that_of_the_derivatives(order, rate):
    torch.manual_seed(1)
    start = [parameter.item() for parameter in nn.Linear(1, 1).parameters()]
    once, told = facts(order=order, rate=rate, rounds=3)[:2], facts(order=order, rate=rate, rounds=3)[2:]
    assert [(fact["round"], fact["step"], list(fact["weights"])) for fact in once] == [(0, 1, start), (0, 2, start)]
    steps = [6 if step in "bs" else int(step) for step in order.replace("6", "bs")]
    assert [(fact["round"], fact["step"]) for fact in told] == list(itertools.product((1, 2, 3), steps))
    for fact, (weights, gradients, outputs, loss) in zip(told, by_hand(order, rate, 3, *start), strict=True):
        assert list(fact["weights"]) == pytest.approx(weights, rel=1e-4)
        for name, value in (("gradients", gradients), ("outputs", outputs), ("loss", loss)):
            assert fact.get(name) == (value if value is None else pytest.approx(value, rel=1e-4))


def test_the_right_order_is_watched_beside_any_other():
    assert rounds_of(facts(order="345b", rounds=3), "right_weights") == list(plain_loop(0.1, 3))


@pytest.mark.parametrize("rate", [0.01, 0.1])
def test_14_08_without_zero_grad_it_is_sgd_whose_momentum_never_fades(rate):
    """PyTorch's own momentum as the oracle."""
    told = facts(order="356", rate=rate, rounds=60)
    expected = list(plain_loop(rate, 60, momentum=1.0))
    for weights, other in zip(rounds_of(told), expected, strict=True):
        assert weights == pytest.approx(other, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("rate", [0.005, 0.01, 0.02, 0.05, 0.1, 0.2])
@pytest.mark.slow
def test_14_08_sixty_rounds_show_what_five_hide(rate):
    """At 0.01, without zero_grad, the fifth round ends nearer to the truth; the sixtieth doesn't, nor those before."""
    told = [fact for fact in facts(order="356", rate=rate, rounds=60) if "round_loss" in fact]
    for fact in told:
        assert fact["round_loss"] == pytest.approx(loss_of(fact["weights"]))
        assert fact["right_loss"] == pytest.approx(loss_of(fact["right_weights"]))
    if rate == 0.01:
        assert told[4]["round_loss"] < told[4]["right_loss"]
    lately = [fact["round_loss"] for fact in told[30:]]
    assert max(lately) > 10 > 0.5 > told[-1]["right_loss"]
    *_, last = frames(order="356", rate=rate, rounds=60)
    assert f"up to {format_number(max(lately))}; right order" in last.said
    assert not last.right


def test_14_08_the_loss_has_a_column():
    table = frames(order="356", rate=0.01, rounds=60)[-1].parts[1]
    assert table.columns == ["round", "w", "b", "loss", "3456 loss"]
    assert [row[0] for row in table.rows] == [f"{round}  " for round in range(57, 61)]
    expected = list(plain_loop(0.01, 60, momentum=1.0))[-1]
    ((loss, _),) = table.rows[-1][3]
    assert float(loss) == pytest.approx(loss_of(expected), rel=1e-3)
    assert table.rows[-1][4] == format_number(loss_of(list(plain_loop(0.01, 60))[-1]))


@pytest.mark.parametrize("rounds", [2, 60])
@pytest.mark.parametrize("order", ["435b35bs", "435b356", "35b35bs4", "35b3564"])
@pytest.mark.slow
def test_14_08_the_goal_is_a_step_on_the_gradients_of_both_samples(order, rounds):
    """PyTorch's own loop, in which two batches come before each step; and one large batch at twice the rate."""
    *_, last = frames(order=order, batch_size=1, rounds=rounds, rate=0.05)
    assert last.right
    assert list(last.facts[-1]["weights"]) == list(plain_loop(0.05, rounds, batch_size=1, together=2))[-1]
    assert list(last.facts[-1]["weights"]) == pytest.approx(list(plain_loop(0.1, rounds))[-1], rel=1e-4)


@pytest.mark.parametrize("rounds", [2, 5])
@pytest.mark.parametrize("batch_size", [1, 2])
def test_14_08_no_order_of_the_four_steps_meets_the_goal(batch_size, rounds):
    for size in range(1, 5):
        for order in map("".join, itertools.permutations("3456", size)):
            assert not any(frame.right for frame in frames(order=order, batch_size=batch_size, rounds=rounds)), order


def sums_both(order, rounds=2):
    """Whether each round of an order makes one step, on the gradients of both samples at the weights of that round.

    Worked out without a number: which sample's gradient is in the sum, and after how many steps it was taken.
    """
    taken, sample, loss, gradients, steps = 0, None, None, [], []
    for each in order.replace("6", "bs") * rounds:
        if each == "3":
            sample, taken = taken % 2, taken + 1
        elif each == "4":
            gradients = []
        elif each == "5" and sample is not None:
            loss = (len(steps), sample)
        elif each == "b" and loss:
            gradients, loss = [*gradients, loss], None
        elif each == "s":
            steps += [sorted(gradients)] * bool(gradients)
        else:
            return False  # without what it needs
    return steps == [[(round, 0), (round, 1)] for round in range(rounds)]


def random_order(draw):
    """What someone types who knows the letters, or changes a letter or two of an order that `+` goes to."""
    letters = "3456bs"
    order = [*draw.choice(LESSON.inputs["order"].ladder)]
    if draw.random() < 0.5:
        return "".join(draw.choices(letters, k=draw.randint(1, 8)))
    for _ in range(draw.randint(1, 2)):
        order[draw.randrange(len(order)) : draw.randrange(len(order) + 1)] = draw.choices(letters, k=draw.randint(0, 2))
        order = order or ["3"]
    return "".join(order[:8])


def test_14_goal_who_works_the_order_out_meets_it_and_nobody_else():
    """Of all orders of seven letters, and of some that were typed at random."""
    solutions = {order for order in map("".join, itertools.product("3456bs", repeat=7)) if sums_both(order)}
    draw = random.Random(0)
    for order in [*solutions, *(random_order(draw) for _ in range(60))]:
        course = Course()
        for frame in frames(order=order, batch_size=1):
            course.note(frame, LESSON.times)
        assert course.met == sums_both(order), order
    assert len(solutions) == 9


def test_14_goal_luck_does_not_build_it():
    """A thousand guessers of 20 orders each, by the rule above, which the lesson was held against."""
    draw = random.Random(1)
    met = sum(any(sums_both(random_order(draw)) for _ in range(20)) for _ in range(1000))
    assert met < 50


@pytest.mark.parametrize("order", ["35b356", "435b5bs", "4356356", "435b345b", "3435bss", "435b3s5b"])
def test_14_08_nor_does_another_that_looks_like_it(order):
    assert not frames(order=order, batch_size=1, rounds=4)[-1].right


def test_14_08_gradients_added_before_a_step_are_no_fault_and_those_after_it_are():
    said = {order: [frame.said for frame in frames(order=order, batch_size=1)] for order in ("435b35bs", "356")}
    assert "the new gradients were added to those before: a sum for one step" in said["435b35bs"]
    assert not any("moved the weights already" in each for each in said["435b35bs"])
    assert "the new gradients were added to old ones, which moved the weights already" in said["356"]


def test_zero_grad_does_no_harm_but_between_backward_and_step():
    for order in map("".join, itertools.permutations("3456")):
        told = facts(order=order, rounds=3)
        same = rounds_of(told) == list(plain_loop(0.1, 3))
        assert same == (order in ELSEWHERE), order
        if same and order != RIGHT_ORDER:
            said = frames(order=order, rounds=3)[-1].said
            assert said == "the same weights: zero_grad may be anywhere but between backward and step"


def test_14_03_the_steps_have_the_articles_numbers():
    all_frames = frames()
    rows = [row[:2] for row in all_frames[-1].parts[0].rows]
    once, round = (
        [["1", "optimizer"], ["2", "train"]],
        ["3 batch", "4 zero_grad", "5 forward", "6 backward", "6 step"],
    )
    assert rows == [*once, *(f"{n}.{each}".split() for n in (1, 2) for each in round)]
    calls = {
        "1": ".to(device), optimizer",
        "2": "train()",
        "3": "x, y to the device",
        "4": "zero_grad()",
        "5": "loss",
        "6": "backward()",
    }
    for number, call in calls.items():
        assert any(line.startswith(f"{number} ") and call in line for line in map(str.strip, LESSON.text.splitlines()))


def test_14_03_weights_move_without_train_which_dropout_and_batch_norm_ask_for():
    """The truth of the lesson's sentence on step 2."""
    assert "weights move without it" in LESSON.text
    for layer, differs in ((nn.Identity(), False), (nn.Dropout(0.5), True), (nn.BatchNorm1d(8), True)):
        ends = []
        for training in (True, False):
            torch.manual_seed(0)
            model = nn.Sequential(nn.Linear(1, 8), layer, nn.Linear(8, 1)).train(training)
            before = [p.detach().clone() for p in model.parameters()]
            nn.MSELoss()(model(SAMPLES[0]), SAMPLES[1]).backward()
            torch.optim.SGD(model.parameters(), lr=0.1).step()
            assert any(not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))
            ends.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
        assert torch.equal(*ends) != differs


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({}, "the right order: steps on the mean gradient of both samples; loss 0.1507"),
        ({"batch_size": 1}, "the right order: each step on the gradient of one sample; loss 0.01321"),
        ({"order": "4356"}, "the same weights: zero_grad may be anywhere but between backward and step"),
        (
            {"order": "435b35bs", "batch_size": 1, "rounds": 1},
            "so it is for one round; does it last? Take two at least",
        ),
        ({"order": "356"}, "never zeroed: loss 4.826, lately up to 4.826; right order 0.1507"),
        (
            {"order": "3456356", "batch_size": 1},
            "a step followed used gradients: loss 0.3024; in the right order 0.01321",
        ),
        ({"order": "3s45b"}, "other weights: in 2 rounds step() moved them 1 time; loss 1.399"),
        ({"order": "345bss"}, "other weights: in 2 rounds step() moved them 4 times; loss 0.2775"),
        ({"order": "345b"}, "nothing was learned: step() is missing"),
        ({"order": "345"}, "nothing was learned: backward() is missing"),
        ({"order": "34"}, "nothing was learned: step 5 is missing"),
        ({"order": "345sb"}, "nothing was learned: whenever step() came, there was no gradient"),
        ({"order": "35b4s"}, "nothing was learned: whenever step() came, there was no gradient"),
        ({"order": "5346"}, "step 5 needs the x that step 3 takes: here the loop ends"),
        ({"order": "3465"}, "backward needs a loss, fresh from step 5: here the loop ends"),
        ({"rate": 1, "rounds": 60}, "diverged: take a smaller rate"),
        ({"order": "435b356", "batch_size": 1}, "each step on the sum of both gradients: loss 0.2775"),
    ],
)
def test_the_reason_helps(inputs, why):
    assert frames(**inputs)[-1].said == why
    assert max(len(frame.said) for frame in frames(**inputs)) <= 76, "it is whole at 80 columns"


@pytest.mark.parametrize("order", ["3456", "356", "35bsssss", "435b356", "3546"])
@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.slow
def test_a_loss_beyond_floats_ends_the_loop_with_finite_numbers(order, batch_size):
    told = facts(order=order, batch_size=batch_size, rate=1, rounds=60)
    json.dumps(told, allow_nan=False)
    assert told[-1]["error"] == "diverged"
    *_, last = frames(order=order, batch_size=batch_size, rate=1, rounds=60)
    assert last.parts[0].rows[-1][-1] == [("diverged", "bad")]
    assert last.parts[1] == [("diverged: the loss is beyond all numbers", "bad")]
    assert draw(last.parts[-1].chart, 44, 8)


def test_a_step_that_cannot_be_taken_shows_the_real_error_and_ends_the_loop():
    *_, last = frames(order="345bbs")
    loss = nn.MSELoss()(nn.Linear(1, 1)(torch.ones(2, 1)), torch.ones(2, 1))
    loss.backward()
    with pytest.raises(RuntimeError) as caught:
        loss.backward()
    ((said, role),) = last.parts[1]
    assert role == "bad"
    assert len(said) > 60
    assert f"RuntimeError: {caught.value}".startswith(said)
    assert last.facts[0]["error"] == said
    assert last.parts[0].rows[-1] == ["1.6", "backward", [("RuntimeError", "bad")]]
    assert last.parts[2].rows[1:] == [["1  ", "", "", "", ""], ["2  ", "", "", "", ""]]
    assert not last.right


@pytest.mark.parametrize(("order", "missing"), [("45", "x"), ("34b", "loss")])
def test_a_step_without_what_it_needs_is_pythons_own_error(order, missing):
    told = facts(order=order)
    assert told[-1]["error"] == f"AttributeError: 'Bench' object has no attribute '{missing}'"
    assert len(told) == 2 + len(order)


def test_every_step_stands_in_the_table_with_what_it_gave():
    all_frames = frames(order="356")
    told = facts(order="356")
    rows = all_frames[-1].parts[0].rows
    for count, frame in enumerate(all_frames, 1):
        assert frame.parts[0].rows == rows[:count]
        assert frame.parts[0].marked == count - 1

    def pair(numbers):
        return ", ".join(map(format_number, numbers))

    def weights(fact):
        return "w {}, b {}".format(*map(format_number, fact["weights"]))

    assert [row[2] for row in rows[:4]] == [
        weights(told[0]),
        "training mode",
        "x 1, 2; y 3, 5",
        f"{pair(told[3]['outputs'])}; loss {format_number(told[3]['loss'])}",
    ]
    assert rows[4][2] == [(f"gradients {pair(told[4]['gradients'])}", "")]
    assert rows[8][2] == [(f"gradients {pair(told[8]['gradients'])}", "bad")]
    assert [rows[5][2], rows[9][2]] == [weights(told[5]), weights(told[9])]


def test_with_batch_size_1_each_sample_has_its_turn():
    rows = frames(batch_size=1, rounds=2)[-1].parts[0].rows
    assert [row[2] for row in rows if row[1] == "batch"] == ["x 1; y 3", "x 2; y 5"]


def test_after_two_rounds_each_frame_is_a_round():
    all_frames = frames(rounds=60)
    assert len(all_frames) == 2 + 2 * 5 + 58
    assert sum(frame.seconds for frame in all_frames) < 30
    assert len(all_frames[-1].parts[0].rows) == 2 + 2 * 5, "the table has the last two rounds"
    assert [fact["round"] for fact in facts(rounds=60)] == [0, 0, *(n for n in range(1, 61) for _ in range(5))]
    assert all_frames[20].said.startswith("round 11: the loss is ")


def test_zero_grad_leaves_no_gradient():
    told = facts()
    assert "gradients" in told[7]
    assert "gradients" not in told[8]
    assert frames()[-1].parts[0].rows[8][2] == "gradients None"


def test_the_weights_and_the_loss_stand_beside_the_loss_of_the_right_order():
    all_frames = frames(order="356")
    right = list(plain_loop(0.1, 2))
    assert [row[0] for row in all_frames[0].parts[1].rows] == ["0 =", "1  ", "2  "]
    rows = all_frames[-1].parts[1].rows
    assert [row[0] for row in rows] == ["0 =", "1 =", "2  "]
    assert [row[4] for row in rows[1:]] == [format_number(loss_of(weights)) for weights in right]
    for row, weights, role in zip(rows[1:], rounds_of(facts(order="356")), ["good", ""], strict=True):
        assert row[1:4] == [*map(format_number, weights), [(format_number(loss_of(weights)), role)]]


def test_each_step_says_what_it_did():
    said = [frame.said for frame in frames(order="4356", rounds=2)]
    assert said[0] == "once: the model is on the device, and the optimizer has its weights"
    assert said[2] == "there is no gradient to forget yet"
    assert said[7] == "the old gradients are forgotten"
    assert said[6] == "each weight moved by −rate · gradient"
    assert frames(order="35b4s")[6].said == "no gradients, so no weight moved"
    added = [frame.said for frame in frames(order="356", rounds=3)]
    assert added[4] == "each weight has its gradient: the loss grows that way"
    assert added[8] == "the new gradients were added to old ones, which moved the weights already"


@pytest.mark.parametrize("order", LESSON.inputs["order"].ladder)
@pytest.mark.parametrize("rounds", [2, 60])
def test_the_tables_fit_a_small_screen(order, rounds):
    console = Console(width=46, file=io.StringIO())
    *_, last = frames(order=order, rounds=rounds)
    for table in (part for part in last.parts if isinstance(part, Table)):
        drawn = FittedTable(table, dict.fromkeys(TEXT_ROLES, ""))
        wrapped = len(console.render_lines(drawn)) - len(table.rows) - HEAD_ROWS
        assert wrapped <= (rounds > 9), "small numbers are long, and have a row in two lines"


def test_step_2_turns_training_mode_on():
    bench = Bench(0.1)
    bench.model.eval()
    STEPS["2"](bench)
    assert bench.model.training


def test_the_same_inputs_give_the_same_numbers():
    first = facts()
    torch.manual_seed(99)
    assert facts() == first


@pytest.mark.parametrize(
    ("name", "text"),
    [("order", ""), ("order", "347"), ("order", "23456"), ("order", "345634563"), ("order", "3 4"), ("order", "٣٤"),
     ("rate", "0"), ("rate", "2"), ("rate", "nan"), ("rounds", "0"), ("rounds", "61"), ("batch_size", "0"),
     ("batch_size", "3"), ("steps", "1")],
)  # fmt: skip
def test_wrong_inputs_are_refused(refused, name, text):
    assert name in refused(LESSON.read, {name: text})


def test_the_lines_are_those_of_the_weights():
    last = frames(order="356")[-1]
    plot = last.parts[-1]
    *_, fact = last.facts
    *rounds, right, now = plot.chart.lines
    for line, (w, b) in ((right, fact["right_weights"]), (now, fact["weights"])):
        assert line.y == pytest.approx(w * line.x + b)
    assert [line.role for line in plot.chart.lines] == ["ghost"] * len(rounds) + ["baseline", "run0"]
    assert len(rounds) == 3
    (batch,) = plot.chart.dots
    assert list(zip(batch.x, batch.y, strict=True)) == POINTS
