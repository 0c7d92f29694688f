"""A formula is arithmetic in x and nothing else."""

import numpy as np
import pytest

from tui_trainer.data.sources.formula import CONSTANTS, FUNCTIONS, MAX_LENGTH, Formula

X = np.linspace(0.5, 3, 7)


@pytest.mark.parametrize(
    ("text", "y"),
    [
        ("x", X),
        ("x + 2*sin(x)", X + 2 * np.sin(X)),
        ("-x**2 / 3", -(X**2) / 3),
        ("3", np.full(7, 3.0)),
        ("x % 1 + x // 1", X),
        ("+e ** -x + pi", np.e**-X + np.pi),
        ("maximum(x, 1) - minimum(x, 1)", np.abs(X - 1)),
        (" abs(\n x - 1) ", np.abs(X - 1)),
        ("1e2 * x", 100 * X),
    ],
)
def test_arithmetic_is_worked_out(text, y):
    assert Formula(text)(X) == pytest.approx(y)


def test_every_function_and_constant_can_be_used():
    for name, function in FUNCTIONS.items():
        arguments = ", ".join(["x"] * function.nin)
        assert Formula(f"{name}({arguments})")(X) == pytest.approx(function(*[X] * function.nin))
    for name, value in CONSTANTS.items():
        assert Formula(name)(X) == pytest.approx(np.full(7, value))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "open('/etc/passwd')",
        "x.real",
        "x[0]",
        "(lambda: x)()",
        "[x for x in x]",
        "x if x else 1",
        "x and 1",
        "x == 1",
        "not x",
        "~x",
        "x << 70",
        "x @ x",
        "'a' * 10",
        "f'{x}'",
        "True",
        "1j",
        "...",
        "(x, x)",
        "{x}",
        "(y := x)",
        "y",
        "sin",
        "sin()",
        "sin(x, x)",
        "sin(x=x)",
        "sin(*x)",
        "np.sin(x)",
        "eval('x')",
        "exec('x')",
        "x\nx",
        "x; x",
        "x = 1",
        "import os",
        "2x",
        "x +",
        "(x",
        "",
        " ",
        "\0",
        "\x1b[31m",
        "x" + "\u202e",
    ],
)
def test_anything_but_arithmetic_is_refused(text, refused):
    assert refused(Formula, text).startswith("data: ")


def test_a_huge_power_ends_at_once(refused):
    for text in ("9**9**9**9", "9**9**9**9*0*x", "1e999", "9" * 400, "-" * 400 + "x**9**999"):
        assert "no finite value" in refused(Formula(text), X)


def test_deep_nesting_and_long_texts_are_refused_or_worked_out(refused):
    assert refused(Formula, "(" * 250 + "x" + ")" * 249)
    assert refused(Formula, "(" * 240 + "x" + ")" * 240)
    assert f"at most {MAX_LENGTH}" in refused(Formula, "x+" * 100_000 + "x")
    assert Formula("-" * 400 + "x")(X) == pytest.approx(X)


def test_a_value_that_is_not_finite_is_named_by_its_place(refused):
    assert "no finite value at x = 2" in refused(Formula("sqrt(2 - x - 1e-9)"), np.array([1.0, 2.0, 3.0]))
