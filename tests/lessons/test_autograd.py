"""Autograd against plain PyTorch: every value, every gradient, their order, and the goal."""

import ast

import pytest
import torch

from tui_trainer.lessons.autograd import EXPRESSIONS
from tui_trainer.lessons.expression import OF_ONE, OF_TWO, draw_values
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


@pytest.mark.parametrize("at", [AT, {"w": -0.5, "x": 1.5, "b": 2.0, "y": 0.25}])
@pytest.mark.parametrize(
    "expression",
    [*EXPRESSIONS, "w*w + x*w", "b*w/b - b", "maximum(w, w) + b", "w - w*w/w", "6/w - w + b*b", "abs(b)**w"],
)
def test_14_07_a_leaf_is_drawn_once_and_each_way_to_it_has_its_own_share(frames, expression, at):
    """By PyTorch on the same expression, in which each use of a leaf is a leaf of its own."""
    apart = ast.parse(expression, mode="eval")
    uses: dict[str, list] = {"w": [], "b": []}
    tensors = {name: torch.tensor(value) for name, value in at.items()}
    for use in [node for node in ast.walk(apart) if isinstance(node, ast.Name) and node.id in uses]:
        leaf, use.id = use.id, f"use{len(tensors)}"
        tensors[use.id] = torch.tensor(at[leaf], requires_grad=True)
        uses[leaf].append(tensors[use.id])
    eval(compile(apart, "apart", "eval"), TORCHS, tensors).backward()  # texts of this file only
    made = frames("autograd", expression=expression, values=_text(at))
    labels = [text(each.label) for each in tree(made[-1])]
    for name, leaves in uses.items():
        if not leaves:
            continue
        (drawn,) = (label for label in labels if f"AccumulateGrad {name}=" in label)
        total = sum(leaf.grad.item() for leaf in leaves)
        assert float(drawn.split()[-1]) == pytest.approx(total, rel=1e-3, abs=1e-5)
        others = [label for label in labels if label.endswith(f" → {name}, above")]
        assert len(others) == len(leaves) - 1
        if others:
            shares = sorted(float(label.split()[0]) for label in (drawn, *others))
            assert shares == pytest.approx(sorted(leaf.grad.item() for leaf in leaves), rel=1e-3)
            told = next(frame.parts[0] for frame in made if f"arrives at {name}," in frame.parts[0])
            *added, last = told.split(" arrives")[0].removeprefix("backward: ").replace("=", "+").split(" + ")
            assert sorted(map(float, added)) == shares
            assert sum(map(float, added)) == pytest.approx(float(last), rel=1e-2, abs=1e-3)


def test_14_07_w_times_w_reads_as_six_and_six_and_comes_edge_by_edge(frames):
    made = frames("autograd", expression="w*w*x + b")
    assert [text(each.label) for each in tree(made[-1])] == [
        "AddBackward0 = 11 grad 1",
        "MulBackward0 = 12 grad 1",
        "MulBackward0 = 4 grad 3",
        "6 → AccumulateGrad w=2 grad 12",
        "6 → w, above",
        "x = 3",
        "AccumulateGrad b=-1 grad 1",
    ]
    at = next(place for place, frame in enumerate(made) if " arrives at w" in frame.parts[0])
    assert made[at].parts[0] == "backward: 6 + 6 = 12 arrives at w, by 2 ways"
    assert [text(each.label) for each in tree(made[at - 1])][3:5] == [
        "? → AccumulateGrad w=2 grad ?",
        "? → w, above",
    ]


def test_14_07_the_graph_is_made_as_it_runs_so_a_branch_makes_another():
    assert (
        "written down as it runs, so an if that goes the other way makes another graph" in load_lesson("autograd").text
    )

    def branching(w):
        return w * 3 if w > 0 else w + 3

    makers = [type(branching(torch.tensor(at, requires_grad=True)).grad_fn).__name__ for at in (1.0, -1.0)]
    assert makers == ["MulBackward0", "AddBackward0"]


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
    assert not frame.right
    assert "no gradient to predict" in frame.said


def gradient_of(expression: str, draw: int) -> float:
    """Of w at drawn values, by plain PyTorch."""
    plain = Plain(expression, draw_values(draw))
    plain.result.backward()
    return plain.leaves["w"].grad.item()


@pytest.mark.parametrize("draw", range(1, 8))
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_14_07_the_gradient_at_drawn_values_meets_the_goal_and_no_other_does(frames, expression, draw):
    right = gradient_of(expression, draw)

    def last(guess):
        return frames("autograd", expression=expression, values=f"drawn {draw}", guess=repr(guess))[-1]

    if right == 0:  # of relu where it is flat, of tanh far out
        assert "too easy" in last(right).said
    else:
        assert last(right).met
        assert f"you said {right!r}, and the gradient of w is" in last(right).said
        assert last(right * 1.009).met
    for wrong in (right * 1.02 + 2e-6, right * 0.98 - 2e-6, -right - 2e-6):
        assert not last(wrong).met


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "it is 6; for the goal set v to drawn 1"),
        ({"guess": "6"}, "right, it is 6; for the goal set v to drawn 1"),
        ({"guess": "6.07"}, "you said 6.07, it is 6"),
        ({"guess": "12", "zero_grad": "off"}, "you said 12, it is 6"),
        ({"guess": "-18", "values": "w=1, x=3, b=-2"}, "for the goal set v to drawn 1"),
        ({"guess": "1", "expression": "b*x"}, "there is no w in it"),
        # What is so at any values tells nothing, and 0 is too often right.
        ({"guess": "1", "expression": "w + 0", "values": "drawn 1"}, "too easy"),
        ({"guess": "0", "expression": "w*x*0 + b", "values": "drawn 1"}, "too easy"),
        ({"guess": "1", "expression": "w*x/x - b", "values": "drawn 1"}, "too easy"),
        ({"guess": "0.00001", "expression": "w*x*0 + b", "values": "drawn 4"}, "it is 0"),
    ],
)
def test_the_goal_is_refused(frames, inputs, said):
    last = frames("autograd", **inputs)[-1]
    assert not last.right
    assert said in last.said
    assert len(last.said) < 100


@pytest.mark.parametrize("more", ["+0", "*1", " + 0*w", " - y + y"])
def test_14_07_what_was_seen_is_not_predicted_by_writing_it_otherwise(more):
    lesson = load_lesson("autograd")
    list(lesson.frames(lesson.read({"values": "drawn 1"})))
    guess = str(gradient_of(EXPRESSIONS[0], 1))
    again = list(lesson.frames(lesson.read({"values": "drawn 1", "guess": guess, "expression": EXPRESSIONS[0] + more})))
    assert not any(frame.right for frame in again)
    assert again[-1].said == "you have seen a gradient at these values: set v to another draw, and predict again"
    assert last_of(lesson, values="drawn 2", guess=str(gradient_of(EXPRESSIONS[0], 2))).met


def test_14_07_turning_what_can_be_turned_does_not_meet_the_goal():
    lesson = load_lesson("autograd")
    for name in lesson.inputs:
        texts = dict(lesson.defaults)
        for _ in range(12):
            texts[name] = lesson.inputs[name].turned(texts[name], True)
            assert not any(frame.right for frame in lesson.frames(lesson.read(texts)))


def test_the_goal_is_judged_when_the_gradient_of_w_arrives(frames):
    made = frames("autograd", values="drawn 1", guess=str(gradient_of(EXPRESSIONS[0], 1)))
    assert [frame.right for frame in made] == [False] * 6 + [True] * 2
    assert "b shows whether" in made[0].said


def test_no_grad_reveals_nothing_and_a_wrong_prediction_all():
    lesson = load_lesson("autograd")
    right = str(gradient_of(EXPRESSIONS[0], 3))
    list(lesson.frames(lesson.read({"grad": "off", "values": "drawn 3"})))
    next(lesson.frames(lesson.read({"values": "drawn 3"})))  # nor does the forward pass
    assert last_of(lesson, values="drawn 3", guess=right).met
    right = str(gradient_of(EXPRESSIONS[0], 4))
    assert not last_of(lesson, values="drawn 4", guess="1").met
    assert not last_of(lesson, values="drawn 4", guess=right).met


@pytest.mark.parametrize(("looked", "met"), [(4, True), (6, True), (7, False)])
def test_14_07_the_gradient_counts_as_seen_from_its_frame_on(watch, looked, met):
    """Of the eight frames the fifth shows b's gradient, the seventh w's."""
    lesson = load_lesson("autograd")
    watch(lesson, looked, values="drawn 1")
    assert last_of(lesson, values="drawn 1", guess=str(gradient_of(EXPRESSIONS[0], 1))).met == met


def last_of(lesson, **texts):
    return list(lesson.frames(lesson.read(texts)))[-1]


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
