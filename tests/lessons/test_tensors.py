"""Tensors: stored numbers against numpy and exact fractions, names against plain sums, and the goal."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from tui_trainer.lessons.frame import Table
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.rounding import draw_rounding
from tui_trainer.lessons.stored import KINDS, TWO_BYTE_FLOATS

TYPED = ["0.1", "2.5", "70000", "-3", "1e-7", "6"]
BEYOND = ", ".join(TYPED)  # with one that float16 has no room for
NAMES_ARE_GONE = tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 13)


def as_stored(typed: str, kind: str) -> float | int | None:
    """What the format makes of a number, without PyTorch; None where a whole number doesn't fit."""
    if kind.startswith("int"):
        whole, limits = int(float(typed)), np.iinfo(kind)
        return whole if limits.min <= whole <= limits.max else None
    if kind != "bfloat16":
        with np.errstate(over="ignore"):
            return float(np.dtype(kind).type(float(typed)))
    # The upper half of a float32, rounded to the nearest, halves to even.
    bits = int(np.float32(float(typed)).view(np.uint32))
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return float(np.uint32(bits).view(np.float32))


def facts_of(made: list, key: str) -> list[dict]:
    return [fact for frame in made for fact in frame.facts if key in fact]


def text(words) -> str:
    return words if isinstance(words, str) else "".join(piece for piece, _ in words)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_stored_as_the_format_says_and_the_error_is_exact(frames, kind):
    made = frames("tensors", numbers=BEYOND, dtype=kind)
    facts = facts_of(made, "typed")
    assert [fact["typed"] for fact in facts] == TYPED
    for fact in facts:
        expected = as_stored(fact["typed"], kind)
        if expected is None or np.isinf(expected):
            assert fact["stored"] == (None if expected is None else "inf")
            assert fact["error"] is None
        else:
            assert fact["stored"] == expected
            assert fact["error"] == float(Fraction(expected) - Fraction(fact["typed"]))


def test_the_table_says_where_each_number_lies_and_how_far_off_it_is(frames):
    table = frames("tensors", numbers=BEYOND, dtype="bfloat16", shape="3x-1")[0].parts[1]
    rows = [[text(cell) for cell in row] for row in table.rows]
    assert [row[0] for row in rows] == ["0,0", "0,1", "1,0", "1,1", "2,0", "2,1"]
    assert rows[0][1:] == ["0.1", "0.100098", "9.77e-05"]
    assert rows[2][1:] == ["70000", "70144", "144"]
    assert rows[3][1:] == ["-3", "-3", "0"]


def test_a_whole_number_beyond_a_floats_digits_is_exact_as_an_int(frames):
    typed = str(2**53 + 1)
    for kind, error in (("int64", 0), ("float64", -1)):
        (fact,) = facts_of(frames("tensors", numbers=typed, shape="1", dtype=kind), "typed")
        assert fact["error"] == error


@pytest.mark.parametrize("typed", ["9223372036854775808", "-9.223372036854775809e18", "1e300"])
def test_what_is_beyond_the_largest_int_is_refused_with_torchs_reason(frames, typed):
    with pytest.raises((RuntimeError, ValueError)) as caught:
        torch.tensor([int(Fraction(typed))], dtype=torch.int64)
    (only,) = frames("tensors", numbers=typed, shape="1", dtype="int64")
    assert only.facts[-1]["error"] == f"{caught.typename}: {caught.value}"
    assert text(only.parts[-1]) == only.facts[-1]["error"]
    assert text(only.parts[0].rows[0][2]) == "refused"


@pytest.mark.parametrize("shape", ["2x3", "3x-1", "6", "1x6", "3x1x2", "1x2x3x1"])
@pytest.mark.parametrize("kind", ["float16", "float64"])
def test_shape_strides_and_bytes_are_numpys(frames, shape, kind):
    array = np.zeros(6, kind).reshape([int(size) for size in shape.split("x")])
    plain, turned = facts_of(frames("tensors", shape=shape, dtype=kind), "strides")
    for fact, expected in ((plain, array), (turned, array.swapaxes(0, -1))):
        assert fact["shape"] == list(expected.shape)
        # Where there is but one place to go to, a stride means nothing, and the libraries differ.
        for size, ours, theirs in zip(expected.shape, fact["strides"], expected.strides, strict=True):
            assert ours == theirs // expected.itemsize or size == 1
        assert fact["bytes_each"] == expected.itemsize
        assert fact["bytes"] == expected.nbytes
    assert (plain["transposed"], turned["transposed"]) == (False, True)


def test_a_transpose_shares_the_memory(frames):
    table = frames("tensors")[-1].parts[0]
    assert [list(map(text, row)) for row in table.rows] == [
        ["x", "(2, 3)", "(3, 1)", "6 × 2 = 12"],
        ["transposed", "(3, 2)", "(1, 3)", "the same"],
    ]


def test_the_articles_float16_is_torchs_own_error(frames):
    last = frames("tensors")[-1]
    name = "Float16"
    with pytest.raises(AttributeError) as caught:
        getattr(torch, name)
    assert last.facts == [{"tried": "torch.Float16", "error": f"AttributeError: {caught.value}"}]
    assert text(last.parts[-1]) == f"torch.Float16  AttributeError: {caught.value}. Its name is torch.float16."


@pytest.mark.parametrize("kind", KINDS)
def test_14_05_what_is_shown_as_stored_differs_from_what_was_typed_by_the_error_that_is_shown(frames, kind):
    typed = ["0.1", "2.5", "70144", "1e-7", "0.0009765625", "16777217", "9007199254740993", "0"]
    parts = frames("tensors", numbers=" ".join(typed), shape="-1", dtype=kind)[0].parts
    (table,) = (part for part in parts if isinstance(part, Table) and "typed" in part.columns)
    rows = [[text(cell) for cell in row[1:]] for row in table.rows]
    for typed, stored, error in (row for row in rows if row[1] not in ("refused", "inf")):
        left = Fraction(stored) - Fraction(typed)
        if error == "0":
            assert left == 0
        else:  # to the digits that are there to compare
            assert float(left) == pytest.approx(float(error), rel=0.05)


@pytest.mark.parametrize(("kind", "exponent", "bias"), [("float16", 5, 15), ("bfloat16", 8, 127)])
def test_14_05_the_bits_are_those_that_ieee_754_gives_the_number(frames, kind, exponent, bias):
    made = frames("tensors", view="bits", numbers=BEYOND)
    facts = [fact for fact in facts_of(made, "sign") if fact["dtype"] == kind]
    assert [fact["typed"] for fact in facts] == TYPED
    for fact in facts:
        assert (len(fact["sign"]), len(fact["exponent"]), len(fact["fraction"])) == (1, exponent, 15 - exponent)
        power, fraction = int(fact["exponent"], 2), Fraction(int(fact["fraction"], 2), 2 ** (15 - exponent))
        if power == 2**exponent - 1:
            assert fraction == 0
            assert (fact["stored"], fact["typed"]) == ("inf", "70000")
            continue
        size = (1 + fraction) * Fraction(2) ** (power - bias) if power else fraction * Fraction(2) ** (1 - bias)
        assert (-size if fact["sign"] == "1" else size) == Fraction(fact["stored"])


def test_14_05_the_words_on_bytes_range_and_precision_are_true(frames):
    words = load_lesson("tensors").text
    assert "int64 makes 0 of 0.1, in eight bytes" in words
    assert np.array(0.1).astype(np.int64) == 0
    assert np.dtype(np.int64).itemsize == 8
    assert "float16 gives them 1, 5 and 10 bits, bfloat16 1, 8 and 7" in words
    half, brain = np.finfo(np.float16), torch.finfo(torch.bfloat16)
    assert (half.bits, half.nexp, half.nmant) == (16, 5, 10)
    assert (brain.bits, brain.eps) == (16, 2**-7)
    assert "70000 is inf in the one, 0.1 four times as far off in the other" in words
    assert float(half.max) < 70000 < brain.max
    off = {kind: Fraction(as_stored("0.1", kind)) - Fraction("0.1") for kind in TWO_BYTE_FLOATS}
    assert abs(off["bfloat16"]) == 4 * abs(off["float16"])
    shown = text(frames("tensors", view="bits")[0].parts[1])
    assert shown == f"float16 ends at {half.max:.5g}, bfloat16 ends at {brain.max:.5g}"
    assert "2**10 equal steps, bfloat16 in 2**7" in words
    between = np.arange(1024, 2048, 0.125)
    for kind, steps in (("float16", 2**10), ("bfloat16", 2**7)):
        there = np.unique([as_stored(str(x), kind) for x in between])
        assert np.array_equal(there, np.linspace(1024, 2048, steps + 1))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_14_05_by_default_names_give_the_sums_that_one_works_out_in_the_head(frames, dtype):
    made = frames("tensors", view="names", dtype=dtype)
    x = np.array([[0.1, 2.5, 4], [-3, 1e-7, 6]])
    by = {fact["what"]: fact["values"] for fact in facts_of(made, "values") if "by_name" in fact["by"]}
    assert np.allclose(by["t.sum(row)"], x.sum(axis=0), rtol=0.01)
    assert np.allclose(by["t.sum(col)"], x.sum(axis=1), rtol=0.01)
    assert np.allclose(by["t + t.sum(col)"], x + x.sum(axis=1, keepdims=True), rtol=0.01, atol=1e-6)


def test_14_05_each_question_has_one_answer_that_the_steps_give_and_that_is_not_the_number(frames):
    """By the rule in the lesson's words, in whole numbers alone."""
    kinds = set()
    for question in range(1, 200):
        asked = draw_rounding(question)
        power = 2 ** (asked.number.bit_length() - 1)
        step = power // {"float16": 2**10, "bfloat16": 2**7}[asked.kind]
        assert (asked.start, asked.step) == (power, step)
        below = asked.number - asked.number % step
        near = min((below, below + step), key=lambda at: abs(at - asked.number))
        assert 2 * abs(near - asked.number) < step
        assert near != asked.number
        assert near == asked.stored == as_stored(str(asked.number), asked.kind)
        kinds.add(asked.kind)
    assert kinds == {"float16", "bfloat16"}


@pytest.mark.parametrize("texts", [{}, {"dtype": "int8"}, {"view": "names"}, {"view": "bits"}])
@pytest.mark.parametrize("question", [1, 5, 42])
def test_14_05_who_predicts_what_is_stored_meets_the_goal_and_no_other(frames, texts, question):
    asked = draw_rounding(question)
    right = as_stored(str(asked.number), asked.kind)
    for guess, met in ((right, True), (right + asked.step, False), (asked.number, False), (-right, False)):
        first, *_, last = frames("tensors", question=str(question), guess=f"{guess:g}", **texts)
        assert not first.met
        assert last.right == met
        assert f"{right:g}" in last.said
        assert f"{right:g}" not in first.said.removeprefix(f"you say {guess:g}")
    assert not any(frame.right for frame in frames("tensors", question=str(question), **texts))


def test_14_05_turning_what_can_be_turned_does_not_meet_the_goal():
    lesson = load_lesson("tensors")
    for setting in lesson.inputs.values():
        text = lesson.defaults[setting.name]
        for _ in range(10):
            text = setting.turned(text, True)
            assert not any(frame.right for frame in lesson.frames(lesson.read({setting.name: text})))


@pytest.mark.parametrize("view", ["values", "bits"])
@pytest.mark.parametrize(("looked", "met"), [(1, True), (2, False)])
def test_14_05_the_answer_counts_as_seen_from_its_frame_on(watch, view, looked, met):
    lesson = load_lesson("tensors")
    watch(lesson, looked, view=view, guess="1")
    right = f"{draw_rounding(1).stored:g}"
    assert list(lesson.frames(lesson.read({"guess": right})))[-1].right == met


def test_14_05_who_has_seen_the_answer_does_not_predict_it():
    lesson = load_lesson("tensors")
    right = [f"{draw_rounding(question).stored:g}" for question in (1, 2, 3)]

    def last(**texts):
        return list(lesson.frames(lesson.read(texts)))[-1]

    list(lesson.frames(lesson.read({})))  # without a guess nothing is given away
    next(lesson.frames(lesson.read({"guess": "5"})))  # nor before the next frame
    assert last(guess=right[0]).met
    assert not last(question="2", guess="1").met
    again = last(question="2", guess=right[1])
    assert not again.met
    assert "you have seen" in again.said
    last(numbers=str(draw_rounding(3).number), shape="1")
    assert not last(question="3", guess=right[2]).met


def test_14_05_a_question_waits_for_its_own_guess():
    """Or the guess at the one before, still there, would answer it as soon as it is asked."""
    assert not load_lesson("tensors").replays


@pytest.mark.parametrize("shape", ["4x3", "-1x-1", "0x-1", "-2x-3", "9999x9999x9999x9999"])
def test_a_shape_that_does_not_fit_is_refused_with_torchs_reason(refused, shape):
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(6).reshape([int(size) for size in shape.split("x")])
    assert str(caught.value) in refused(load_lesson("tensors").read, {"shape": shape})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("shape", "two by three", "write sizes such as 6, 2x3 or 3x-1"),
        ("shape", "", "is no shape"),
        ("shape", "2x3x", "is no shape"),
        ("shape", "٢x٣", "is no shape"),
        ("shape", "1x1x1x1x6", "give at most 4"),
        ("numbers", "1, two", "'two' is no number"),
        ("numbers", "nan", "'nan' is no number"),
        ("numbers", "inf", "'inf' is no number"),
        ("numbers", "1_000", "'1_000' is no number"),
        ("numbers", "1e400", "from 1e-300 to 1e+300"),
        ("numbers", "1e-400", "from 1e-300 to 1e+300"),
        ("numbers", "70,000", "write 70000"),
        ("numbers", "", "give 1 to 24"),
        ("numbers", "1 " * 25, "give 1 to 24"),
        ("dtype", "Float16", "did you mean float16?"),
        ("view", "shapes", "there are values, bits, names"),
        ("guess", "many", "guess: 'many' is no number"),
        ("guess", "1 2", "give one"),
    ],
)
def test_what_cannot_be_read_is_refused(refused, name, value, said):
    assert said in refused(load_lesson("tensors").read, {name: value})


def test_sums_and_orders_by_name_are_those_by_place(frames):
    made = frames("tensors", numbers="1 2 3 4 5 6.5", dtype="float32", view="names")
    x = np.array([[1, 2, 3], [4, 5, 6.5]])
    by = {fact["what"]: fact["values"] for fact in facts_of(made, "values") if "by_name" in fact["by"]}
    assert by == {
        "t.sum(row)": x.sum(axis=0).tolist(),
        "t.sum(col)": x.sum(axis=1).tolist(),
        "order(col, row)": x.T.tolist(),
        "t + t.sum(col)": (x + x.sum(axis=1, keepdims=True)).tolist(),
    }


def test_the_articles_names_are_what_this_torch_makes_of_them(frames):
    first = frames("tensors", numbers="1 2 3 4 5 6", dtype="float32", view="names")[0]
    by = {fact["what"]: fact for fact in first.facts}
    if NAMES_ARE_GONE:
        assert by["names="]["error"].startswith("TypeError: ")
        assert "unexpected keyword argument 'names'" in by["names="]["error"]
        assert "has no names=" in first.said
    else:
        assert by['t.sum("row")']["values"] == [5, 7, 9]
        assert by["t.align_to"]["values"] == [[1, 4], [2, 5], [3, 6]]
        assert "do not match" in by['t + t.sum("col")']["error"]
        assert "still has names=" in first.said


def test_names_that_do_not_match_are_refused_by_torch(frames):
    last = frames("tensors", view="names")[-1]
    by = {fact["what"]: fact["error"] for fact in last.facts}
    assert by["t.sum(page)"] == "ValueError: Tensor with dimensions ['row', 'col'] does not contain page"
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(2, 3) * torch.zeros(3, 1)  # the same two lengths, by place
    assert by["t * w[row]"] == f"RuntimeError: {caught.value}"
    shown = " ".join(text(cell) for row in last.parts[0].rows for cell in row)
    for error in by.values():
        assert error in shown


def test_one_row_goes_with_any_length(frames):
    last = frames("tensors", numbers="1 2 3", shape="3", dtype="float32", view="names")[-1]
    by = {fact["what"]: fact for fact in last.facts}
    assert by["t * w[row]"]["values"] == [[1, 2, 3], [1, 2, 3]]
    assert "a length of 1 goes with any other" in last.said


def test_what_cannot_be_made_has_no_names(frames):
    (only,) = frames("tensors", numbers=BEYOND, dtype="int16", view="names")
    assert "RuntimeError" in text(only.parts[0])
    assert "overflow" in text(only.parts[0])


def test_the_random_numbers_are_left_alone(frames):
    before = torch.get_rng_state()
    frames("tensors")
    frames("tensors", view="names")
    assert torch.equal(torch.get_rng_state(), before)
