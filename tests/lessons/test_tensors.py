"""Tensors: stored numbers against numpy and exact fractions, names against plain sums, and the goal."""

import inspect
from fractions import Fraction

import numpy as np
import pytest
import torch

from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.stored import KINDS, Number
from tui_trainer.lessons.tensors import judge

TYPED = ["0.1", "2.5", "70000", "-3", "1e-7", "6"]
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
    made = frames("tensors", dtype=kind)
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
    table = frames("tensors", dtype="bfloat16", shape="3x-1")[0].parts[1]
    rows = [[text(cell) for cell in row] for row in table.rows]
    assert [row[0] for row in rows] == ["0,0", "0,1", "1,0", "1,1", "2,0", "2,1"]
    assert rows[0][1:] == ["0.1", "0.10009766", "9.77e-05"]
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


@pytest.mark.parametrize(
    ("texts", "met", "said"),
    [
        ({}, False, "the largest float16 is 65504: 70000 becomes inf"),
        ({"dtype": "bfloat16"}, True, "bfloat16 holds 70000 as 70144: 0.2% off, in 2 bytes"),
        ({"dtype": "bfloat16", "numbers": "1 7e4", "shape": "2"}, True, "bfloat16 holds 70000 as 70144"),
        ({"dtype": "bfloat16", "view": "names"}, True, ""),
        ({"dtype": "bfloat16", "numbers": "1, 2", "shape": "2"}, False, "70000 must be among the numbers"),
        ({"dtype": "bfloat16", "numbers": "70001", "shape": "1"}, False, "70000 must be among the numbers"),
        ({"dtype": "int16"}, False, "int16 ends at 32767: PyTorch refuses to put 70000 into it"),
        ({"dtype": "int8"}, False, "int8 takes 1 byte a number; two are wanted"),
        ({"dtype": "float32"}, False, "float32 takes 4 bytes a number; two are wanted"),
        ({"dtype": "int64"}, False, "int64 takes 8 bytes a number"),
    ],
)
def test_the_goal_is_two_bytes_with_a_finite_70000(frames, texts, met, said):
    last = frames("tensors", **texts)[-1]
    assert last.met == met
    assert said in last.said


def test_the_goal_wants_it_within_a_hundredth():
    for stored, met in ((70700.0, True), (69300.0, True), (70701.0, False), (69299.0, False)):
        assert judge([Number("70000", Fraction(70000), stored)], "bfloat16")[0] == met


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
        ("view", "shapes", "there are values, names"),
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
    (only,) = frames("tensors", dtype="int16", view="names")
    assert "RuntimeError" in text(only.parts[0])
    assert "overflow" in text(only.parts[0])


@pytest.mark.parametrize("view", ["values", "names"])
def test_the_code_shown_is_short_and_narrow(frames, view):
    for frame in frames("tensors", view=view):
        for function in frame.code:
            lines = inspect.getsource(function).splitlines()
            assert len(lines) <= 20
            assert max(map(len, lines)) <= 76


def test_the_random_numbers_are_left_alone(frames):
    before = torch.get_rng_state()
    frames("tensors")
    frames("tensors", view="names")
    assert torch.equal(torch.get_rng_state(), before)
