"""Autograd against plain PyTorch: every value, every gradient, their order, and the goal."""

import ast
import itertools

import pytest
import torch

from tui_trainer.lessons.autograd import EXPRESSIONS
from tui_trainer.lessons.expression import OF_ONE, OF_TWO
from tui_trainer.lessons.frame import Table, Tree
from tui_trainer.lessons.lesson import load_lesson

AT = {"w": 2.0, "x": 3.0, "b": -1.0, "y": 4.0}
TORCHS = {name: getattr(torch, name) for name in (*OF_ONE, *OF_TWO)}


class Plain:
    """The same expression as a learner would write it in a PyTorch script."""

    def __init__(self, expression: str, at: dict[str, float]) -> None:
        self.leaves = {name: torch.tensor(value, requires_grad=name in "wb") for name, value in at.items()}
        self.expression = expression
        self.result = self.work_out(expression)

    def work_out(self, expression: str):
        return eval(expression, TORCHS, self.leaves)  # texts of this file only

    def backward(self) -> list[tuple[str, float]]:
        """Each node's name and gradient, in the order in which they come."""
        came = []
        for node in self.nodes():
            node.register_prehook(lambda grads, node=node: came.append((type(node).__name__, grads[0].item())))
        self.result.backward()
        return came

    def nodes(self) -> list:
        found, todo = [], [torch.autograd.graph.get_gradient_edge(self.result).node]
        while todo:
            node = todo.pop()
            if node not in found:
                found.append(node)
                todo += [before for before, _ in node.next_functions if before]
        return found

    def values(self) -> list[float]:
        """Of every part of the expression that needs a gradient; a leaf once."""
        parts = {
            ast.unparse(n): n for n in ast.walk(ast.parse(self.expression, mode="eval")) if isinstance(n, ast.expr)
        }
        tensors = [self.work_out(part) for part, node in parts.items() if not _is_function(node)]
        different = {id(t): t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad}  # +w is w itself
        return sorted(t.item() for t in different.values())


def _is_function(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in TORCHS


def arrivals(made: list) -> list[dict]:
    return [fact for frame in made for fact in frame.facts if "node" in fact]


def test_the_first_expression_by_hand(frames):
    # w x + b - y = 2·3 - 1 - 4 = 1, squared 1; the square's slope is 2·1, the product's 3.
    assert [(f["node"], f["leaf"], f["value"], f["gradient"]) for f in arrivals(frames("autograd"))] == [
        ("PowBackward0", None, 1, 1),
        ("SubBackward0", None, 1, 2),
        ("AddBackward0", None, 5, 2),
        ("AccumulateGrad", "b", -1, 2),
        ("MulBackward0", None, 6, 2),
        ("AccumulateGrad", "w", 2, 6),
    ]


@pytest.mark.parametrize("at", [AT, {"w": -0.5, "x": 1.5, "b": 2.0, "y": 0.25}])
@pytest.mark.parametrize(
    "expression",
    [
        *EXPRESSIONS,
        "w",
        "-b",
        "+w + b",
        "w**3 - 3*w",
        "b**2/x - y/2",
        "maximum(w, x) * minimum(b, w)",
        "sigmoid(w) * (x*y) + tanh(b) * 2.5",
        "w/b",
        *(f"{name}(w*w + 0.1)" for name in OF_ONE),
    ],
)
def test_values_and_gradients_are_torchs(frames, expression, at):
    made = frames("autograd", expression=expression, values=_text(at))
    plain = Plain(expression, at)
    facts = arrivals(made)
    assert [(f["node"], f["gradient"]) for f in facts] == plain.backward()
    assert sorted(f["value"] for f in facts) == plain.values()
    for fact in facts:
        if fact["leaf"]:
            assert fact["gradient"] == plain.leaves[fact["leaf"]].grad.item()
    assert f"={plain.result.item():.4g}grad" in text(tree(made[0]).label).replace(" ", "")


def test_a_number_over_a_tensor_keeps_the_tensor_between(frames):
    facts = arrivals(frames("autograd", expression="6/w"))
    assert [(f["node"], f["value"], f["gradient"]) for f in facts] == [
        ("MulBackward0", 3, 1),
        ("ReciprocalBackward0", 0.5, 6),
        ("AccumulateGrad", 2, -1.5),
    ]
    assert [name for name, _ in Plain("6/w", AT).backward()] == [f["node"] for f in facts]


def test_the_tree_is_the_graph_and_its_gradients_come_one_by_one(frames):
    made = frames("autograd")
    plain = Plain(EXPRESSIONS[0], AT)
    names = [text(each.label).split()[0] for each in tree(made[0])]
    assert names == ["PowBackward0", "SubBackward0", "AddBackward0", "MulBackward0", *_leaves("w", "x", "b", "y")]
    assert len(plain.nodes()) == 6
    for count, frame in enumerate(made[:7]):
        labels = [text(each.label) for each in tree(frame) if "grad" in text(each.label)]
        assert sum(label.endswith("grad ?") for label in labels) == 6 - count
    assert [text(each.label) for each in tree(made[-1])] == [
        "PowBackward0 = 1 grad 1",
        "SubBackward0 = 1 grad 2",
        "AddBackward0 = 5 grad 2",
        "MulBackward0 = 6 grad 2",
        "AccumulateGrad w=2 grad 6",
        "x = 3",
        "AccumulateGrad b=-1 grad 2",
        "y = 4",
    ]


def test_a_leaf_that_is_used_twice_is_drawn_twice_and_has_the_sum(frames):
    made = frames("autograd", expression="w*w + x*w")
    assert [text(each.label) for each in tree(made[-1])].count("AccumulateGrad w=2 grad 7") == 3
    assert made[-2].parts[0] == "backward: 7 arrives at w, the sum of 3 ways"


@pytest.mark.parametrize("zero", ["on", "off"])
def test_a_second_backward_adds_unless_zero_grad_comes_first(frames, zero):
    made = frames("autograd", zero_grad=zero)
    first = Plain(EXPRESSIONS[0], AT)
    first.result.backward()
    grads = {name: leaf.grad.item() for name, leaf in first.leaves.items() if leaf.requires_grad}
    if zero == "on":
        torch.optim.SGD([first.leaves["w"], first.leaves["b"]]).zero_grad()
    first.work_out(first.expression).backward()
    second = {name: leaf.grad.item() for name, leaf in first.leaves.items() if leaf.requires_grad}
    assert [(f["leaf"], f["grad"], f["grad_second_time"]) for f in made[-1].facts] == [
        (name, grads[name], second[name]) for name in "wb"
    ]
    assert made[-1].parts[0] == (
        "2nd backward after zero_grad: w.grad is 6" if zero == "on" else "2nd backward, no zero_grad: 6 + 6 = 12"
    )
    assert rows(made[-1]) == [
        ["w", "2", "True", "6", f"{second['w']:.4g}"],
        ["x", "3", "False", "None", "None"],
        ["b", "-1", "True", "2", f"{second['b']:.4g}"],
        ["y", "4", "False", "None", "None"],
    ]


def test_grad_is_none_until_it_arrives(frames):
    made = frames("autograd")
    assert [row[3] for row in rows(made[0])] == ["None"] * 4
    assert [row[3] for row in rows(made[4])] == ["None", "None", "2", "None"]
    assert [row[3] for row in rows(made[6])] == ["6", "None", "2", "None"]


def test_no_grad_writes_nothing_down_and_backward_says_so(frames):
    (frame,) = frames("autograd", grad="off", guess="6")
    with torch.no_grad():
        plain = Plain(EXPRESSIONS[0], AT)
    with pytest.raises(RuntimeError) as caught:
        plain.result.backward()
    assert frame.facts == [{"result": 1, "requires_grad": False, "error": str(caught.value)}]
    assert frame.parts[1] == "requires_grad False, grad_fn None: no graph"
    assert [row[2:] for row in rows(frame)] == [["True", "None"], ["False", "None"]] * 2
    assert not frame.met
    assert "no gradient to predict" in frame.said


@pytest.mark.parametrize(
    ("inputs", "met", "said"),
    [
        ({}, False, "it is 6; for the goal"),
        ({"guess": "6"}, True, "you said 6, and the gradient of w is 6"),
        ({"guess": "6.05"}, True, "you said 6.05"),
        ({"guess": "6.07"}, False, "you said 6.07, it is 6"),
        ({"guess": "5.93"}, False, "you said 5.93, it is 6"),
        ({"guess": "-6"}, False, "you said -6, it is 6"),
        ({"guess": "0", "expression": "w*x*0 + b"}, True, "the gradient of w is 0"),
        ({"guess": "0.00001", "expression": "w*x*0 + b"}, False, "it is 0"),
        ({"guess": "12", "zero_grad": "off"}, False, "you said 12, it is 6"),
        ({"guess": "-18", "values": "w=1, x=3, b=-2"}, True, "you said -18"),
        ({"guess": "1", "expression": "w"}, True, "you said 1"),
        ({"guess": "1", "expression": "b*x"}, False, "there is no w in it"),
    ],
)
def test_the_goal_is_met_and_refused(frames, inputs, met, said):
    last = frames("autograd", **inputs)[-1]
    assert last.met == met
    assert said in last.said


def test_the_goal_is_judged_when_the_gradient_of_w_arrives(frames):
    made = frames("autograd", guess="6")
    assert [frame.met for frame in made] == [False] * 6 + [True] * 2
    assert "b shows whether" in made[0].said


def test_who_has_seen_the_gradient_does_not_predict_it():
    lesson = load_lesson("autograd")

    def last(**texts):
        return list(lesson.frames(lesson.read(texts)))[-1]

    next(lesson.frames(lesson.read({})))  # the forward pass gives nothing away
    assert last(guess="6").met
    again = last(guess="6")
    assert not again.met
    assert again.said == "you have seen this one: change a value and predict again"
    assert not last(guess="6", expression="(w * x+b-y)**2").met  # the same, in other letters
    assert last(guess="30", values="b=3").met
    assert last(guess="3", expression="w*x").met


def test_no_grad_and_a_wrong_look_reveal_as_much_as_they_show():
    lesson = load_lesson("autograd")
    list(lesson.frames(lesson.read({"grad": "off"})))
    assert list(lesson.frames(lesson.read({"guess": "6"})))[-1].met
    list(lesson.frames(lesson.read({"guess": "1", "values": "b=3"})))
    assert not list(lesson.frames(lesson.read({"guess": "30", "values": "b=3"})))[-1].met


@pytest.mark.parametrize(("looked", "met"), [(4, True), (6, True), (7, False)])
def test_the_gradient_counts_as_seen_from_its_frame_on(looked, met):
    """Of the eight frames the fifth shows b's gradient, the seventh w's."""
    lesson = load_lesson("autograd")
    list(itertools.islice(lesson.frames(lesson.read({})), looked))
    assert list(lesson.frames(lesson.read({"guess": "6"})))[-1].met == met


def tree(frame) -> Tree:
    return next(part for part in frame.parts if isinstance(part, Tree))


def rows(frame) -> list:
    return [list(row) for row in next(part for part in frame.parts if isinstance(part, Table)).rows]


def text(words) -> str:
    return words if isinstance(words, str) else "".join(piece for piece, _ in words)


def _text(at: dict[str, float]) -> str:
    return ", ".join(f"{name}={value}" for name, value in at.items())


def _leaves(*names: str) -> list[str]:
    return ["AccumulateGrad" if name in "wb" else name for name in names]
