"""What the autograd lesson takes for an expression, values and a guess, and what it refuses."""

import pytest

from tui_trainer.lessons.autograd import EXAMPLES, EXPRESSIONS, MAX_NODES
from tui_trainer.lessons.expression import MAX_LENGTH
from tui_trainer.lessons.lesson import load_lesson


@pytest.mark.parametrize("values", [{"values": values} for values in EXAMPLES] + [{"draw": "7"}])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_plus_and_minus_offer_can_be_taken(frames, expression, values):
    assert frames("autograd", expression=expression, **values)


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"expression": "w +"}, "is no expression; write one such as"),
        ({"expression": ""}, "is no expression"),
        ({"expression": "__import__('os')"}, "\"__import__('os')\" is not arithmetic"),
        ({"expression": "w.grad"}, "'w.grad' is not arithmetic"),
        ({"expression": "w*z"}, "'z' is not arithmetic in w, x, b, y"),
        ({"expression": "w // 2"}, "is not arithmetic"),
        ({"expression": "sin(w, w)"}, "is not arithmetic"),
        ({"expression": "\x1b[31m"}, "is no expression"),
        ({"expression": "w/(x - 3)"}, "divides by zero at w = 2, x = 3, b = -1, y = 4"),
        ({"expression": "w*(1/0)"}, "divides by zero"),
        ({"expression": "2/(w - 2)"}, "divides by zero"),
        ({"expression": "0**-1 * w"}, "divides by zero"),
        ({"expression": "9**9**9*w"}, "has no finite value"),
        ({"expression": "9" * 190 + "*w"}, "has no finite value"),
        ({"expression": "(-2)**0.5*w"}, "has no finite value"),
        ({"expression": "w*exp(99*x)"}, "has no finite value"),
        ({"expression": "1e39*w/1e39"}, "has no finite value"),
        ({"expression": "log(b)"}, "has no finite value"),
        ({"expression": "sqrt(w - 2)"}, "has no finite gradient"),
        ({"expression": "x*y"}, "neither w nor b"),
        ({"expression": "exp(1)"}, "neither w nor b"),
        ({"expression": "7"}, "neither w nor b"),
        ({"expression": "+".join("w" * 16)}, f"over {MAX_NODES} nodes"),
        ({"expression": "-" * 150 + "w"}, f"over {MAX_NODES} nodes"),
        ({"expression": "w" + " " * MAX_LENGTH + "+w"}, f"at most {MAX_LENGTH}"),
        ({"expression": "w if w > 0 else b"}, "a condition compares data, such as x > 0 or x < y"),
        ({"expression": "w if x > b/2 else b"}, "a condition compares data"),
        ({"expression": "w if x == 0 else b"}, "is not arithmetic"),
        ({"expression": "w if 0 < x < 3 else b"}, "is not arithmetic"),
        ({"expression": "w if x else b"}, "is not arithmetic"),
        ({"expression": "w * (x > 0)"}, "is not arithmetic"),
        ({"expression": "x if x > 0 else w"}, "neither w nor b in what runs"),
        ({"expression": "w if y > 1/(x - 3) else b"}, "divides by zero"),
        ({"values": "w"}, "values: 'w' is no value"),
        ({"values": "w=1 x=2"}, "is no value"),
        ({"values": "z=1"}, "values: 'z' is no variable; there are w, x, b, y"),
        ({"values": "w=1, w=2"}, "values: 'w' is given twice"),
        ({"values": "w=two"}, "values: w: 'two' won't do"),
        ({"values": "w=inf"}, "values: w: 'inf' won't do"),
        ({"values": "w=1e7"}, "give a number from -1,000,000 to 1,000,000"),
        ({"guess": "six"}, "guess: 'six' won't do"),
        ({"guess": "nan"}, "guess: 'nan' won't do"),
    ],
)
def test_what_will_not_do_is_refused(refused, inputs, reason):
    assert reason in refused(load_lesson("autograd").read, inputs)


def test_the_largest_graph_there_may_be(frames):
    made = frames("autograd", expression="+".join("w" * 15))
    assert len(list(made[-1].parts[1])) == 29


def test_only_the_branch_that_runs_has_to_have_a_value(frames):
    assert frames("autograd", expression="w if x > 0 else w/(x - 3)")
