"""Tensors: stored numbers against numpy and exact fractions, names against plain sums, and the goal."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from tests.lessons.playing import luck, play
from tui_trainer.lessons.frame import Table
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.progress import Course, keep_frame, read_progress
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
    table = frames("tensors", numbers=BEYOND, dtype="bfloat16", shape="3x-1")[0].parts[0]
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
    assert text(only.parts[1]) == only.facts[-1]["error"]
    assert text(only.parts[0].rows[0][2]) == "refused"


@pytest.mark.parametrize("shape", ["2x3", "3x-1", "6", "1x6", "3x1x2", "1x2x3x1"])
@pytest.mark.parametrize("kind", ["float16", "float64"])
def test_shape_strides_and_bytes_are_numpys(frames, shape, kind):
    array = np.zeros(6, kind).reshape([int(size) for size in shape.split("x")])
    plain, turned = facts_of(frames("tensors", view="shape", shape=shape, dtype=kind), "strides")
    for fact, expected in ((plain, array), (turned, array.swapaxes(0, -1))):
        assert fact["shape"] == list(expected.shape)
        # Where there is but one place to go to, a stride means nothing, and the libraries differ.
        for size, ours, theirs in zip(expected.shape, fact["strides"], expected.strides, strict=True):
            assert ours == theirs // expected.itemsize or size == 1
        assert fact["bytes_each"] == expected.itemsize
        assert fact["bytes"] == expected.nbytes
    assert (plain["transposed"], turned["transposed"]) == (False, True)


def test_a_transpose_shares_the_memory(frames):
    lie, numbers, _ = frames("tensors", view="shape", numbers="1 2 3 4 5 6.5")[-1].parts
    assert [list(map(text, row)) for row in lie.rows] == [
        ["x", "(2, 3)", "(3, 1)", "6 × 2 = 12"],
        ["transposed", "(3, 2)", "(1, 3)", "the same"],
    ]
    assert [list(map(text, row)) for row in numbers.rows] == [
        ["x", "[[1, 2, 3], [4, 5, 6.5]]"],
        ["transposed", "[[1, 4], [2, 5], [3, 6.5]]"],
    ]


def test_the_articles_float16_is_torchs_own_error(frames):
    last = frames("tensors")[-1]
    name = "Float16"
    with pytest.raises(AttributeError) as caught:
        getattr(torch, name)
    assert last.facts == [{"tried": "torch.Float16", "error": f"AttributeError: {caught.value}"}]
    assert text(last.parts[1]) == f"torch.Float16  AttributeError: {caught.value}. Its name is torch.float16."


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


@pytest.mark.parametrize("typed", [TYPED[:3], TYPED[3:]])
@pytest.mark.parametrize(("kind", "exponent", "bias"), [("float16", 5, 15), ("bfloat16", 8, 127)])
def test_14_05_the_bits_are_those_that_ieee_754_gives_the_number(frames, typed, kind, exponent, bias):
    made = frames("tensors", view="bits", shape="3", numbers=" ".join(typed))
    facts = [fact for fact in facts_of(made, "sign") if fact["dtype"] == kind]
    assert [fact["typed"] for fact in facts] == typed
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
    assert shown == f"float16 ends at {half.max:.5g}, bfloat16 at {brain.max:.5g}"
    assert (
        "From a power of two to the next, the tiniest aside, float16 goes in 2**10 equal steps, bfloat16 in 2**7"
        in words
    )
    assert "a number goes to the nearest" in words
    between = np.arange(1024, 2048, 0.125)
    for kind, steps in (("float16", 2**10), ("bfloat16", 2**7)):
        nearest = [as_stored(str(x), kind) for x in between]
        assert np.array_equal(np.unique(nearest), np.linspace(1024, 2048, steps + 1))
        assert all(abs(x - near) <= 512 / steps for x, near in zip(between, nearest, strict=True))


def test_14_the_words_of_each_dtype_are_true():
    for kind, setting in load_lesson("tensors").inputs["dtype"].choices.items():
        dtype = KINDS[kind].load()
        assert f"{dtype.itemsize} byte" in setting.help
        if dtype.is_floating_point:
            digits = -np.log10(torch.finfo(dtype).eps / 2)
            assert f"{digits:.0f} digits" in setting.help
        elif kind == "int64":
            assert 10**18 < torch.iinfo(dtype).max < 10**19
        else:
            assert f"{torch.iinfo(dtype).max}" in setting.help
    assert f"{torch.finfo(torch.float16).max:.0f}" in load_lesson("tensors").inputs["dtype"].choices["float16"].help
    assert torch.finfo(torch.bfloat16).max == pytest.approx(torch.finfo(torch.float32).max, rel=0.01)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_14_05_by_default_names_give_the_sums_that_one_works_out_in_the_head(frames, dtype):
    made = frames("tensors", view="names", dtype=dtype)
    x = np.array([[0.1, 2.5, 4], [-3, 1e-7, 6]])
    by = {fact["what"]: fact["values"] for fact in facts_of(made, "values") if "by_name" in fact["by"]}
    assert np.allclose(by["t.sum(row)"], x.sum(axis=0), rtol=0.01)
    assert np.allclose(by["t.sum(col)"], x.sum(axis=1), rtol=0.01)
    assert np.allclose(by["t + t.sum(col)"], x + x.sum(axis=1, keepdims=True), rtol=0.01, atol=1e-6)


DRAWS = {draw: draw_rounding(draw) for draw in range(1, 1000)}


def rounded(draw: int) -> int:
    """By the rule in the lesson's words, in whole numbers alone."""
    asked = DRAWS[draw]
    power = 2 ** (asked.number.bit_length() - 1)
    step = power // {"float16": 2**10, "bfloat16": 2**7}[asked.kind]
    below = asked.number - asked.number % step
    return min((below, below + step), key=lambda at: abs(at - asked.number))


def test_14_goal_each_question_has_one_answer_that_the_rule_gives_and_that_is_not_the_number():
    for draw, asked in DRAWS.items():
        assert rounded(draw) == asked.stored == as_stored(str(asked.number), asked.kind) != asked.number
        assert asked.start == 2 ** (asked.number.bit_length() - 1)
        assert abs(asked.stored - asked.number) * 2 < asked.step
    assert {asked.kind for asked in DRAWS.values()} == {"float16", "bfloat16"}


@pytest.mark.parametrize("texts", [{}, {"dtype": "int8"}, {"view": "names"}, {"view": "bits"}, {"view": "mismatch"}])
@pytest.mark.parametrize("draw", [1, 5, 42])
def test_14_goal_who_predicts_what_is_stored_meets_it_with_a_second_right_answer(texts, draw):
    lesson, course = load_lesson("tensors"), Course()
    for at in (draw, draw + 1):
        (question,) = {text(frame.parts[-1]) for frame in play(lesson, course, draw=str(at), **texts)}
        assert question == f"What does {DRAWS[at].kind} store {DRAWS[at].number} as?"
        assert not course.met
        made = play(lesson, course, draw=str(at), guess=f"{rounded(at):.1f}", **texts)
        assert all(frame.right for frame in made)
    assert course.met


@pytest.mark.parametrize(
    "guess", [lambda asked: asked.number, lambda asked: asked.stored + asked.step, lambda asked: 0]
)
def test_14_goal_a_wrong_answer_is_told_the_right_one_and_breaks_the_row(guess):
    lesson, course = load_lesson("tensors"), Course()
    play(lesson, course, draw="1", guess=str(rounded(1)))
    (said,) = {frame.said for frame in play(lesson, course, draw="2", guess=str(guess(DRAWS[2])))}
    assert f"it is {rounded(2)}: from {DRAWS[2].start} on, steps of {DRAWS[2].step}" in said
    play(lesson, course, draw="3", guess=str(rounded(3)))
    assert not course.met
    play(lesson, course, draw="4", guess=str(rounded(4)))
    assert course.met


def test_14_goal_without_a_guess_nothing_is_given_away(frames):
    for view in load_lesson("tensors").inputs["view"].choices:
        for draw in (1, 2, 3):
            for frame in frames("tensors", view=view, draw=str(draw)):
                assert str(rounded(draw)) not in str(frame)
                assert frame.answer is None
                assert not frame.reveals


GUESSERS = {
    "the number": lambda chance, number: number,
    "near it": lambda chance, number: number + chance.choice((-1, 1)) * chance.randint(1, 10),
    "one beside it": lambda chance, number: number + chance.choice((-1, 1)),
    "a round one": lambda chance, number: (unit := chance.choice((5, 10, 20, 50, 100))) * round(number / unit),
    "the nearest twenty": lambda chance, number: 20 * round(number / 20),
    "its first digits": lambda chance, number: number // (unit := chance.choice((10, 100, 1000))) * unit,
    "an even one": lambda chance, number: (unit := chance.choice((2, 4, 8))) * round(number / unit),
}


@pytest.mark.parametrize("guesser", GUESSERS)
@pytest.mark.slow
def test_14_goal_a_guesser_does_not_meet_it(guesser):
    right = lambda chance, draw: GUESSERS[guesser](chance, DRAWS[draw].number) == DRAWS[draw].stored  # noqa: E731
    assert luck(right) < 0.05


def test_14_goal_turning_what_can_be_turned_does_not_meet_it():
    lesson, course = load_lesson("tensors"), Course()
    for setting in lesson.inputs.values():
        texts = lesson.defaults
        for _ in range(10):
            texts[setting.name] = setting.turned(texts[setting.name], True)
            play(lesson, course, **texts)
    assert not course.met
    assert not course.right


@pytest.mark.parametrize(
    ("texts", "same"),
    [
        ({}, False),  # 1 asks of float16
        ({"numbers": "{0}"}, True),
        ({"numbers": "1, {0}.000, 3", "view": "shape"}, True),
        ({"numbers": "{0}e0"}, True),
        ({"numbers": "-{0}"}, True),
        ({"numbers": "{0}", "dtype": "bfloat16", "view": "bits"}, True),
        ({"numbers": "{0}", "dtype": "bfloat16"}, False),
        ({"numbers": "{0}", "dtype": "float32"}, False),
        ({"numbers": "{0}.5"}, False),
    ],
)
def test_14_goal_who_has_seen_the_number_stored_does_not_predict_it(texts, same):
    lesson, course = load_lesson("tensors"), Course()
    assert DRAWS[1].kind == "float16"
    texts = {name: text.format(DRAWS[1].number) for name, text in texts.items()}
    play(lesson, course, **({"shape": "-1"} | texts))
    last = play(lesson, course, draw="1", guess=str(rounded(1)))[-1]
    assert (last.answer is None) == same
    assert ("you have seen" in last.said) == same
    assert course.right == (not same)


def test_14_goal_what_was_seen_stays_seen_in_a_new_process():
    lesson = load_lesson("tensors")
    for frame in play(lesson, Course(), draw="7", guess="1"):
        keep_frame("tensors", frame, lesson.times)
    course = read_progress()["tensors"]  # as a process that starts later has it
    assert play(load_lesson("tensors"), course, draw="7", guess=str(rounded(7)))[-1].answer is None
    assert play(load_lesson("tensors"), course, draw="8", guess=str(rounded(8)))[-1].right


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
        ("view", "shapes", "there are values, shape, bits, names"),
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
    (last,) = frames("tensors", view="mismatch")
    by = {fact["what"]: fact["error"] for fact in last.facts}
    assert by["t.sum(page)"] == "ValueError: Tensor with dimensions ['row', 'col'] does not contain page"
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(2, 3) * torch.zeros(3, 1)  # the same two lengths, by place
    assert by["t * w[row]"] == f"RuntimeError: {caught.value}"
    shown = " ".join(text(cell) for row in last.parts[1].rows for cell in row)
    for error in by.values():
        assert error in shown


def test_one_row_goes_with_any_length(frames):
    last = frames("tensors", numbers="1 2 3", shape="3", dtype="float32", view="mismatch")[-1]
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


def test_14_the_hints_example_is_true():
    example = load_lesson("tensors").texts.several("hints")[2]
    assert example.startswith("8205 in float16: the power of two is 8192, the step 8192 / 1024 = 8.")
    assert example.endswith("Between 8200 and 8208 the nearest is 8208.")
    assert torch.tensor(8205, dtype=torch.float16).item() == 8208
    assert all(asked.number != 8205 for asked in DRAWS.values())
