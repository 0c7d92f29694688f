"""The loop lesson, held against a plain training loop and against the gradient worked out by hand."""

import inspect
import io
import itertools

import pytest
import torch
from rich.console import Console
from torch import nn

from tui_trainer.charts.styles import TEXT_ROLES, format_number
from tui_trainer.lessons.frame import Table
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.loop import Loop
from tui_trainer.lessons.render import HEAD_ROWS, FittedTable
from tui_trainer.lessons.six_steps import RIGHT_ORDER, STEPS, Bench

LESSON = Loop()
POINTS = [(1.0, 3.0), (2.0, 5.0)]
ELSEWHERE = ["132456", "123456", "124356", "124563"]  # where zero_grad does no harm


def frames(**inputs):
    return list(LESSON.frames(LESSON.read({name: str(value) for name, value in inputs.items()})))


def facts(**inputs):
    return [fact for frame in frames(**inputs) for fact in frame.facts]


def plain_loop(rate, rounds):
    """The weights after each round of an ordinary training loop."""
    torch.manual_seed(1)
    model, loss_fn = nn.Linear(1, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    x, y = (torch.tensor(column).unsqueeze(1) for column in zip(*POINTS, strict=True))
    model.train()
    for _ in range(rounds):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        yield [model.weight.item(), model.bias.item()]


def by_hand(order, rate, rounds, w, b):
    """What each step leaves, from the derivatives of mean((w x + b - y)²): weights, gradients, outputs, loss."""
    gradients, outputs = None, []
    for step in order * rounds:
        if step == "3":
            gradients = None
        if step == "4":
            outputs = [w * x + b for x, _ in POINTS]
        if step == "5":
            errors = [out - y for out, (_, y) in zip(outputs, POINTS, strict=True)]
            slopes = [sum(e * x for e, (x, _) in zip(errors, POINTS, strict=True)), sum(errors)]
            gradients = [old + new for old, new in zip(gradients or [0.0, 0.0], slopes, strict=True)]
        if step == "6" and gradients:
            w, b = w - rate * gradients[0], b - rate * gradients[1]
        loss = sum((out - y) ** 2 for out, (_, y) in zip(outputs, POINTS, strict=False)) / 2
        yield [w, b], gradients, outputs if step == "4" else None, loss if step == "4" else None


def test_it_is_the_registrys():
    assert type(load_lesson("loop")) is Loop


@pytest.mark.parametrize("rate", [0.001, 0.1, 1])
def test_the_right_order_is_a_plain_training_loop(rate):
    told = [fact for fact in facts(rate=rate, rounds=5) if fact["step"] == 6]
    expected = list(plain_loop(rate, 5))
    assert [list(fact["weights"]) for fact in told] == expected
    assert [list(fact["right_weights"]) for fact in told] == expected


@pytest.mark.parametrize("order", ["123456", "12456", "123465", "124536", "12345", "126345", "1234566", "12454563"])
@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_every_number_is_that_of_the_derivatives(order, rate):
    torch.manual_seed(1)
    start = [parameter.item() for parameter in nn.Linear(1, 1).parameters()]
    told = facts(order=order, rate=rate, rounds=3)
    assert [(fact["round"], str(fact["step"])) for fact in told] == list(itertools.product((1, 2, 3), order))
    for fact, (weights, gradients, outputs, loss) in zip(told, by_hand(order, rate, 3, *start), strict=True):
        assert list(fact["weights"]) == pytest.approx(weights, rel=1e-4)
        for name, value in (("gradients", gradients), ("outputs", outputs), ("loss", loss)):
            assert fact.get(name) == (value if value is None else pytest.approx(value, rel=1e-4))


def test_the_right_order_is_watched_beside_any_other():
    told = [fact["right_weights"] for fact in facts(order="12345", rounds=3) if "right_weights" in fact]
    assert [list(weights) for weights in told] == list(plain_loop(0.1, 3))


def test_the_goal_is_met_by_the_orders_that_leave_the_same_weights():
    for rest in itertools.permutations("23456"):
        order = "1" + "".join(rest)
        *before, last = frames(order=order)
        assert last.met == (order in ELSEWHERE and order != RIGHT_ORDER), order
        assert not any(frame.met for frame in before)


@pytest.mark.parametrize("rate", [0.001, 1])
@pytest.mark.parametrize("rounds", [2, 5])
def test_the_goal_holds_at_any_rate_and_length(rate, rounds):
    met = [
        order
        for order in [*ELSEWHERE, "12456", "123465", "126345"]
        if frames(order=order, rate=rate, rounds=rounds)[-1].met
    ]
    assert met == [order for order in ELSEWHERE if order != RIGHT_ORDER]


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({}, "the right order; now find another that leaves the same weights"),
        ({"order": "23456"}, "the same weights; the goal wants each of the six steps once"),
        ({"order": "1233456"}, "the same weights; the goal wants each of the six steps once"),
        ({"order": "213456"}, "the same weights, as no layer here asks for the mode; the goal wants step 1 first"),
        ({"order": "124356", "rounds": 1}, "the same weights after one round; does it last? Take two at least"),
        ({"order": "12456"}, "other weights: backward added to gradients that nobody had forgotten"),
        ({"order": "126345"}, "other weights: in 2 rounds step 6 moved them 1 time"),
        ({"order": "1234566"}, "other weights: in 2 rounds step 6 moved them 4 times"),
        ({"order": "12345"}, "nothing was learned: step 6 is missing"),
        ({"order": "123"}, "nothing was learned: step 5 is missing"),
        ({"order": "123465"}, "nothing was learned: whenever step 6 came, there was no gradient"),
        ({"order": "124536"}, "nothing was learned: whenever step 6 came, there was no gradient"),
        ({"order": "134256"}, "step 4 needs the x that step 2 takes: here the loop ends"),
        ({"order": "123546"}, "step 5 needs a loss, fresh from step 4: here the loop ends"),
        ({"order": "124356"}, "the same weights: zero_grad may be anywhere but between backward and step"),
    ],
)
def test_the_reason_helps(inputs, why):
    assert frames(**inputs)[-1].said == why


def test_a_step_that_cannot_be_taken_shows_the_real_error_and_ends_the_loop():
    *_, last = frames(order="1234556")
    loss = nn.MSELoss()(nn.Linear(1, 1)(torch.ones(2, 1)), torch.ones(2, 1))
    loss.backward()
    with pytest.raises(RuntimeError) as caught:
        loss.backward()
    ((said, role),) = last.parts[1]
    assert role == "bad"
    assert len(said) > 60
    assert f"RuntimeError: {caught.value}".startswith(said)
    assert last.facts[0]["error"] == said
    assert last.parts[0].rows[-1] == ["1.5", "backward", [("RuntimeError", "bad")]]
    assert last.parts[2].rows[1:] == [["1  ", "", "", "", ""], ["2  ", "", "", "", ""]]
    assert not last.met


@pytest.mark.parametrize(("order", "missing"), [("14", "x"), ("125", "loss")])
def test_a_step_without_what_it_needs_is_pythons_own_error(order, missing):
    told = facts(order=order)
    assert told[-1]["error"] == f"AttributeError: 'Bench' object has no attribute '{missing}'"
    assert len(told) == len(order)


def test_every_step_stands_in_the_table_with_what_it_gave():
    all_frames = frames(order="12456")
    names = ["train", "batch", "forward", "backward", "step"]
    told = facts(order="12456")
    rows = all_frames[-1].parts[0].rows
    assert [row[:2] for row in rows] == [
        [f"{round}.{s}", n] for round in (1, 2) for s, n in zip("12456", names, strict=True)
    ]

    for count, frame in enumerate(all_frames, 1):
        assert frame.parts[0].rows == rows[:count]
        assert frame.parts[0].marked == count - 1

    def pair(numbers):
        return ", ".join(map(format_number, numbers))

    w, b = told[0]["weights"]
    assert rows[0][2] == f"w {format_number(w)}, b {format_number(b)}"
    assert rows[1][2] == "x 1, 2; y 3, 5"
    assert rows[2][2] == f"{pair(told[2]['outputs'])}; loss {format_number(told[2]['loss'])}"
    assert rows[3][2] == [(f"gradients {pair(told[3]['gradients'])}", "")]
    assert rows[8][2] == [(f"gradients {pair(told[8]['gradients'])}", "bad")]
    w, b = told[9]["weights"]
    assert rows[9][2] == f"w {format_number(w)}, b {format_number(b)}"


def test_zero_grad_leaves_no_gradient():
    told = facts(order="123456")
    assert "gradients" in told[7]
    assert "gradients" not in told[8]
    assert frames()[-1].parts[0].rows[8][2] == "gradients None"


def test_the_weights_stand_beside_those_of_the_right_order():
    all_frames = frames(order="12456")
    right = list(plain_loop(0.1, 2))
    assert [row[0] for row in all_frames[0].parts[1].rows] == ["0 =", "1  ", "2  "]
    rows = all_frames[-1].parts[1].rows
    assert [row[0] for row in rows] == ["0 =", "1 =", "2 ≠"]
    assert [row[3:] for row in rows[1:]] == [list(map(format_number, weights)) for weights in right]
    assert rows[1][1:3] == [[(format_number(value), "good")] for value in right[0]]
    assert rows[2][1:3] == [[(format_number(value), "bad")] for value in all_frames[-1].facts[0]["weights"]]


def test_each_step_says_what_it_did():
    said = [frame.said for frame in frames(order="312456", rounds=2)]
    assert said[0] == "there is no gradient to forget yet"
    assert said[6] == "the old gradients are forgotten"
    assert said[5] == "each weight moved by −rate · gradient"
    assert frames(order="124536")[5].said == "no gradients, so no weight moved"
    added = [frame.said for frame in frames(order="12456", rounds=3)]
    assert added[3] == "each weight has its gradient: the loss grows that way"
    assert added[8] == "the new gradients were added to the old ones, which nobody had forgotten"


@pytest.mark.parametrize("order", LESSON.inputs["order"].ladder)
def test_the_tables_fit_a_small_screen(order):
    console = Console(width=46, file=io.StringIO())
    *_, last = frames(order=order)
    for table in (part for part in last.parts if isinstance(part, Table)):
        drawn = FittedTable(table, dict.fromkeys(TEXT_ROLES, ""))
        assert len(console.render_lines(drawn)) == len(table.rows) + HEAD_ROWS


def test_step_1_turns_training_mode_on():
    bench = Bench(0.1)
    bench.model.eval()
    STEPS["1"](bench)
    assert bench.model.training


def test_the_same_inputs_give_the_same_numbers():
    first = facts()
    torch.manual_seed(99)
    assert facts() == first


@pytest.mark.parametrize(
    ("name", "text"),
    [("order", ""), ("order", "127"), ("order", "123456123"), ("order", "1 2"), ("order", "١٢"), ("rate", "0"),
     ("rate", "2"), ("rate", "nan"), ("rounds", "0"), ("rounds", "6"), ("steps", "1")],
)  # fmt: skip
def test_wrong_inputs_are_refused(refused, name, text):
    assert name in refused(LESSON.read, {name: text})


def test_the_lines_shown_are_those_that_ran():
    *before, last = frames(order="12456")
    assert [frame.code[0].__name__ for frame in before[:5]] == [
        "train_mode",
        "take_batch",
        "forward",
        "backward",
        "move",
    ]
    assert [shown.__name__ for shown in last.code] == [
        "train_mode", "take_batch", "forward", "backward", "move", "Bench",
    ]  # fmt: skip
    for shown in last.code:
        lines = inspect.getsource(shown).splitlines()
        assert len(lines) <= 20
        assert max(map(len, lines)) <= 76, lines


def test_the_lines_are_those_of_the_weights():
    last = frames(order="12456")[-1]
    plot = last.parts[-1]
    (fact,) = last.facts
    *rounds, right, now = plot.chart.lines
    for line, (w, b) in ((right, fact["right_weights"]), (now, fact["weights"])):
        assert line.y == pytest.approx(w * line.x + b)
    assert [line.role for line in plot.chart.lines] == ["ghost"] * len(rounds) + ["baseline", "run0"]
    assert len(rounds) == 3
    (batch,) = plot.chart.dots
    assert list(zip(batch.x, batch.y, strict=True)) == POINTS
