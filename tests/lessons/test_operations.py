"""Operations against NumPy and PyTorch themselves, the drawn shapes against the rules written out, and the goal."""

import itertools
import math
import random
import re

import numpy as np
import pytest
import torch

from tests.lessons.playing import plain
from tui_trainer.lessons.drawn_shape import DrawnShape
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.progress import Course, keep_frame, read_progress
from tui_trainer.lessons.shapes import written

DRAWS = range(1, 301)
SHAPES = ["2x3", "3", "3x2", "4x1", "2x3x4", "1x3", "5x2x1", "1"]
ERROR = "error"


@pytest.fixture(scope="module")
def drawn():
    return [DrawnShape.of(draw) for draw in DRAWS]


# The rules, written out: shapes are tuples, None is an error.


def added(a, b):
    pairs = list(itertools.zip_longest(reversed(a), reversed(b), fillvalue=1))
    return tuple(max(pair) for pair in reversed(pairs)) if all(p == q or 1 in (p, q) for p, q in pairs) else None


def multiplied(a, b):
    rows, columns = (a, b[-1:]) if len(a) > 1 else ((1, *a), b[-1:])
    inner, before = (b[-2], b[:-2]) if len(b) > 1 else (b[0], ())
    batch = added(rows[:-2], before)
    if rows[-1] != inner or batch is None:
        return None
    return (*batch, *rows[-2:-1] * (len(a) > 1), *columns * (len(b) > 1))


def step(shape, text):
    if shape is None or not text:
        return shape
    if text == ".T":
        return shape[::-1]
    if numbers := re.fullmatch(r"\.reshape\((\d), -1\)", text):
        size, count = int(numbers[1]), math.prod(shape)
        return None if count % size else (size, count // size)
    numbers = re.fullmatch(r"\.sum\((\d)(, keepdim=True)?\)", text)
    dim = int(numbers[1])
    return None if dim >= max(1, len(shape)) else (*shape[:dim], *[1] * bool(numbers[2]), *shape[dim + 1 :])


def solved(question: str) -> str:
    """What an honest learner says to `a 2x4, b 1x4; shape of a @ b.sum(0)?`."""
    *shapes, text = re.search(r"a ([\dx]+), b ([\dx]+); shape of (.+)\?$", question).groups()
    a, b = (tuple(map(int, shape.split("x"))) for shape in shapes)
    outer = re.fullmatch(r"\((.+)\)(\..+)", text)
    inner, after = outer.groups() if outer else (text, "")
    left, operator, right = re.split(r" ([+@]) ", inner)
    sides = step(a, left[1:]), step(b, right[1:])
    result = None
    if None not in sides and not (operator == "@" and () in sides):
        result = step((added if operator == "+" else multiplied)(*sides), after)
    return ERROR if result is None else "x".join(map(str, result))


def asked(frame) -> str:
    """The question that stands under the page."""
    return plain(frame.parts[-1])


def answer(lesson, guess: str, **texts: str):
    return list(lesson.frames(lesson.read({**texts, "guess": guess})))


# The pages


def test_from_numpy_shares_memory_and_torch_tensor_copies(frames):
    made = frames("operations")
    facts = [fact for frame in made for fact in frame.facts]
    assert [fact["did"] for fact in facts] == ["", "array[0] = 10", "shared[2] = -7", "copied[1] = 0.5"]
    array = np.array([1.0, 2.0, 3.0])
    copied = array.copy()
    for fact, (target, place, value) in zip(
        facts, [(array, 0, 1), (array, 0, 10), (array, 2, -7), (copied, 1, 0.5)], strict=True
    ):
        target[place] = value
        assert fact["array"] == fact["shared"] == array.tolist()
        assert fact["copied"] == copied.tolist()
    assert made[1].said == made[2].said == "that changed array, shared: they share one memory"
    assert made[3].said == "that changed copied alone"
    assert made[0].said == "a float64 array gives torch.float64; PyTorch's default is torch.float32"


@pytest.mark.parametrize("shape", SHAPES)
def test_numpy_and_pytorch_give_the_same(frames, shape):
    facts = [fact for frame in frames("operations", view="pairs", a=shape) for fact in frame.facts]
    assert len(facts) == 6
    assert all(fact["equal"] for fact in facts)


@pytest.mark.parametrize(("a", "b"), [*itertools.product(SHAPES[:4], SHAPES[:6]), ("2x3x4", "4x1"), ("3", "2x3x4")])
def test_a_sum_and_a_product_are_numpys(frames, a, b):
    arrays = {
        name: by * np.arange(1.0, np.prod(sizes) + 1).reshape(sizes)
        for name, by, sizes in (("a", 1, sizes_of(a)), ("b", 10, sizes_of(b)))
    }
    for view, text, run in (("broadcast", "a + b", np.add), ("matmul", "a @ b", np.matmul)):
        last = frames("operations", view=view, a=a, b=b)
        fact = next(fact for frame in last for fact in frame.facts if fact["expression"] == text)
        try:
            expected = run(*arrays.values())
        except ValueError:
            assert "error" in fact
            continue
        assert fact["shape"] == list(expected.shape)
        assert fact["values"] == expected.tolist()


@pytest.mark.parametrize(("a", "b"), [("2x3", "3"), ("4x1", "1x3"), ("2x3", "2"), ("2x3x4", "3x1"), ("5x2x1", "3x2")])
def test_sizes_are_lined_up_at_the_right_and_marked_where_they_differ(frames, a, b):
    table = frames("operations", view="broadcast", a=a, b=b)[-1].parts[1]
    most = max(len(sizes_of(a)), len(sizes_of(b)))
    lines = [[cell if isinstance(cell, str) else cell[0][0] for cell in row] for row in table.rows]
    assert [*filter(None, lines[0][1 : most + 1])] == a.split("x")
    assert lines[1][most] == b.split("x")[-1]
    pairs = itertools.zip_longest(reversed(sizes_of(a)), reversed(sizes_of(b)), fillvalue=1)
    expected = [str(max(pair)) if pair[0] == pair[1] or 1 in pair else "✗" for pair in pairs][::-1]
    assert lines[2][1 : most + 1] == expected
    if "✗" not in expected:
        x, y = torch.broadcast_tensors(torch.empty(sizes_of(a)), torch.empty(sizes_of(b)))
        assert [line[-1] for line in lines[:2]] == [str(x.stride()), str(y.stride())]


@pytest.mark.parametrize(("a", "b"), [("2x3", "3"), ("2x3", "3x4"), ("3", "3x2"), ("2x3x4", "4x2"), ("3", "2x3x4")])
def test_the_first_number_of_a_product_is_worked_out_by_hand(frames, a, b):
    made = frames("operations", view="matmul", a=a, b=b)
    first = np.array(made[0].facts[0]["values"]).ravel()[0]
    sums, _, total = made[-1].parts[-2].partition(" = ")
    assert float(total) == first
    assert sum(float(p) * float(q) for p, q in (part.split("·") for part in sums.split(" + "))) == first


def test_reshape_keeps_the_order_and_a_transpose_does_not(frames):
    facts = {f["expression"]: f for frame in frames("operations", view="reshape") for f in frame.facts}
    table = np.arange(1.0, 7).reshape(2, 3)
    assert facts["a.T"]["values"] == table.T.tolist()
    assert facts["a.reshape(3, -1)"]["values"] == table.reshape(3, 2).tolist()
    assert facts["a.T"]["shape"] == facts["a.reshape(3, -1)"]["shape"]
    assert facts["a.T.reshape(6)"]["values"] == table.T.ravel().tolist()
    assert facts["a.T.view(6)"]["error"].startswith("RuntimeError: view size is not compatible")


def test_a_kept_dimension_lines_up_again(frames):
    facts = {f["expression"]: f for frame in frames("operations", view="reduce") for f in frame.facts}
    table = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
    assert facts["a.sum(0)"]["values"] == table.sum(0).tolist()
    assert facts["a.sum(1)"]["values"] == table.sum(1).tolist()
    assert facts["a.sum(1, keepdim=True)"]["shape"] == [2, 1]
    assert "error" in facts["a / a.sum(1)"]
    shares = facts["a / a.sum(1, keepdim=True)"]["values"]
    assert shares == (table / table.sum(1, keepdims=True)).tolist()


def test_indexing_is_numpys(frames):
    facts = {f["expression"]: f for frame in frames("operations", view="indexing", a="3x4") for f in frame.facts}
    table = np.arange(1.0, 13).reshape(3, 4)
    expected = [table[0], table[:, 0], table[:, 1:], table[None], table[table > 2]]
    *rest, beyond = facts.values()
    assert [fact["values"] for fact in rest] == [each.tolist() for each in expected]
    assert beyond["expression"] == "a[3]"
    assert beyond["error"].startswith("IndexError")


def test_errors_are_pytorchs_own_words(frames):
    last = frames("operations", view="errors", a="2x3", b="2x4")[-1]
    a, b = torch.ones(2, 3), torch.ones(2, 4)
    said = []
    for run in (lambda: a + b, lambda: a @ b, lambda: a.reshape(7), lambda: a.sum(2)):
        with pytest.raises((RuntimeError, IndexError)) as caught:
            run()
        said.append(str(caught.value))
    assert [row[1] for row in last.parts[0].rows] == said
    assert last.said == "dimensions count from 0, or from the end as -1"
    assert frames("operations", view="errors")[0].said == "a + b fits: 2x3"


@pytest.mark.parametrize("view", load_lesson("operations").inputs["view"].choices)
def test_every_page_takes_every_shape(frames, view):
    assert all(frames("operations", view=view, a=a, b="2x4")[-1].facts for a in SHAPES)


def test_what_the_text_says_of_shapes_is_so():
    text = load_lesson("operations").text
    for a, b, sum_ in re.findall(r"([\dx]+) \+ ([\dx]+) is ([\dx]+)", text):
        assert written((torch.ones(sizes_of(a)) + torch.ones(sizes_of(b))).shape) == sum_
    (product,) = re.findall(r"([\dx]+) @ ([\dx]+) is ([\dx]+)", text)
    a, b, expected = map(sizes_of, product)
    assert (torch.ones(a) @ torch.ones(b)).shape == expected
    x = torch.arange(6).reshape(2, 3)
    assert (x.sum(1).shape, x.sum(1, keepdim=True).shape) == ((2,), (2, 1))
    assert x.reshape(3, 2).shape == x.T.shape
    assert x.reshape(3, 2).flatten().equal(x.flatten())
    assert not x.T.flatten().equal(x.flatten())
    assert "sum(1) of 2x3 is 2; with keepdim=True it is 2x1" in text


def test_a_hints_example_is_right():
    assert solved("a 5x2, b 5x7; shape of (a.T @ b).sum(0)?") == "7"
    assert "(a.T @ b).sum(0) of 5x2 and 5x7" in load_lesson("operations").texts.several("hints")[2]


# The goal


def test_the_drawn_shapes_are_those_of_the_rules(drawn):
    for each in drawn:
        question = f"a {written(each.a)}, b {written(each.b)}; shape of {each.text}?"
        assert each.answer == solved(question), question


def test_drawn_questions_differ_and_are_of_every_kind(drawn):
    assert len({each.question for each in drawn}) > 0.95 * len(drawn)
    texts = " ".join(each.text for each in drawn)
    assert all(part in texts for part in (".T", ".reshape(", ".sum(0)", "keepdim=True", " + ", " @ "))
    assert {each.answer == ERROR for each in drawn} == {True, False}


@pytest.mark.parametrize("view", ["numpy", "matmul", "errors"])
def test_who_works_it_out_meets_the_goal(view):
    lesson, course = load_lesson("operations"), Course()
    for draw in (5, 6):
        lesson.seen = course.seen
        (first, *_) = lesson.frames(lesson.read({"draw": str(draw), "view": view}))
        assert not first.answer
        for frame in answer(lesson, solved(asked(first)), draw=str(draw), view=view):
            course.note(frame, lesson.times)
        assert course.right == draw - 4
    assert course.met


@pytest.mark.parametrize("guess", ["2x5", "torch.Size([2, 5])", "(2, 5)", "2 5", "2X5"])
def test_a_shape_is_written_as_one_likes(guess):
    draw = next(draw for draw in itertools.count(1) if DrawnShape.of(draw).answer == "2x5")
    assert answer(load_lesson("operations"), guess, draw=str(draw))[0].right


def test_a_wrong_answer_is_told_the_way_and_counts_for_nothing():
    lesson, course = load_lesson("operations"), Course()
    (first, *_) = lesson.frames(lesson.read({}))
    frame = answer(lesson, "9x9")[0]
    course.note(frame, lesson.times)
    assert not frame.right
    right = solved(asked(first))
    assert frame.said.startswith("not 9x9: ")
    assert frame.said.endswith(f": {right}")
    lesson.seen = course.seen
    again = answer(lesson, right)[0]
    assert again.answer is None
    assert again.said == "you have seen this; d draws another"


STRATEGIES = {
    "error": lambda each: ERROR,
    "a": lambda each: written(each.a),
    "b": lambda each: written(each.b),
    "the longer": lambda each: written(max(each.a, each.b, key=len)),
    "a turned": lambda each: written(each.a[::-1]),
    "outer sizes": lambda each: written((each.a[0], each.b[-1])),
    "all sizes": lambda each: written(each.a + each.b),
    "sum alone": lambda each: "x".join(map(str, added(each.a, each.b) or ())) or ERROR,
    "product alone": lambda each: "x".join(map(str, multiplied(each.a, each.b) or ())) or ERROR,
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_no_rule_that_does_without_the_expression_gets_far(drawn, name):
    right = sum(STRATEGIES[name](each) == each.answer for each in drawn)
    assert (right / len(drawn)) ** 2 < 0.05


def test_who_chooses_among_what_the_screen_offers_does_not_meet_the_goal(drawn):
    chance = random.Random(0)
    met = 0
    for _ in range(1000):
        questions = chance.sample(drawn, 2)
        met += all(
            each.answer == chance.choice([written(each.a), written(each.b), "2x3", "3", ERROR]) for each in questions
        )
    assert met < 50


def test_without_a_guess_nothing_says_the_answer(frames):
    for draw in map(str, range(1, 30)):
        for frame in frames("operations", draw=draw):
            assert asked(frame).endswith("?")
            assert frame.answer is None


def test_what_was_shown_does_not_count_in_another_process_either():
    lesson = load_lesson("operations")
    keep_frame("operations", answer(lesson, "9x9", draw="3")[0], lesson.times)
    lesson = load_lesson("operations")
    lesson.seen = read_progress()["operations"].seen
    assert answer(lesson, DrawnShape.of(3).answer, draw="3")[0].answer is None
    assert answer(lesson, DrawnShape.of(4).answer, draw="4")[0].right


def test_who_looks_the_last_step_up_on_a_page_has_seen_it():
    """Of `a.T + b` the last step is a sum: with a as it is turned, the page shows the answer."""
    lesson, course = load_lesson("operations"), Course()
    draw = next(
        d for d in DRAWS if re.fullmatch(r"[1-9](x[1-9])* \+ [1-9](x[1-9])*", DrawnShape.of(d).taken[-1].meaning)
    )
    a, b = DrawnShape.of(draw).taken[-1].meaning.split(" + ")
    for frame in lesson.frames(lesson.read({"view": "broadcast", "a": a, "b": b})):
        course.note(frame, lesson.times)
    lesson.seen = course.seen
    assert answer(lesson, DrawnShape.of(draw).answer, draw=str(draw))[0].answer is None


def test_no_question_stands_on_the_pages_from_the_start(drawn, frames):
    views = load_lesson("operations").inputs["view"].choices
    shown = {each for view in views for frame in frames("operations", view=view) for each in frame.reveals}
    assert shown
    assert not shown & {each.taken[-1].meaning for each in drawn}


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"a": "0x3"}, "a: '0x3' is no shape; write sizes of 1 to 9 such as 3 or 2x3"),
        ({"b": "2,3"}, "b: '2,3' is no shape"),
        ({"a": "1x2x3x4"}, "a: 4 dimensions; give at most 3"),
        ({"guess": "two by three"}, "guess: 'two by three' is no shape; write such as 2x3, 3 or error"),
        ({"guess": "-1"}, "guess: '-1' is no shape"),
    ],
)
def test_bad_input_is_refused_with_a_reason(refused, texts, reason):
    assert reason in refused(load_lesson("operations").read, texts)


def sizes_of(shape: str) -> tuple:
    return tuple(map(int, shape.split("x")))
