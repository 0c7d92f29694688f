"""Autograd against plain PyTorch: every value, every gradient, their order, and the goal."""

import ast
import random

import pytest
import torch

from tui_trainer.lessons.autograd import EXPRESSIONS, judge
from tui_trainer.lessons.expression import OF_ONE, OF_TWO, Workings, draw_values, make_leaves
from tui_trainer.lessons.frame import Table, Tree
from tui_trainer.lessons.lesson import load_lesson
from tui_trainer.lessons.progress import Course, keep_frame, read_progress

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
        ran = _Ran(self.leaves).visit(ast.parse(self.expression, mode="eval"))
        parts = {ast.unparse(n): n for n in ast.walk(ran) if isinstance(n, ast.expr)}
        tensors = [self.work_out(part) for part, node in parts.items() if not _is_function(node)]
        different = {id(t): t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad}  # +w is w itself
        return sorted(t.item() for t in different.values())


class _Ran(ast.NodeTransformer):
    """Puts the branch that runs in the place of an `if`, whose condition compares leaves and numbers."""

    def __init__(self, leaves: dict) -> None:
        self.leaves = leaves

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        return self.visit(node.body if eval(ast.unparse(node.test), {}, self.leaves) else node.orelse)


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
        "(w if y < x else w*w) * (b if 2 <= x else b*x) + (1 if x >= 3 else w)",
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
    apart = _Ran(at).visit(ast.parse(expression, mode="eval"))
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


def test_14_07_the_graph_is_made_as_it_runs_so_a_branch_makes_another(frames):
    """By PyTorch on a function with an `if`: the same expression, another x, other operations."""
    assert "only the branch that ran stands in it: another x can make another graph" in load_lesson("autograd").text

    def branching(w, x):
        return w * x if x > 0 else w + 3

    for at in (1.0, -1.0):
        made = frames("autograd", expression="w*x if x > 0 else w + 3", values=f"x={at}")
        maker = type(branching(torch.tensor(2.0, requires_grad=True), torch.tensor(at)).grad_fn).__name__
        assert next(text(each.label).split()[0] for each in tree(made[-1])) == maker
        assert ("x" in [text(each.label)[0] for each in tree(made[-1])]) is (at > 0)


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


def by_hand(values: dict[str, float]) -> float:
    """The slope of (w x + b - y)² seen from w."""
    return 2 * (values["w"] * values["x"] + values["b"] - values["y"]) * values["x"]


@pytest.mark.parametrize("draw", range(1, 8))
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_14_goal_the_gradient_at_drawn_values_is_right_and_no_other_is(frames, expression, draw):
    right = gradient_of(expression, draw)

    def last(guess):
        return frames("autograd", expression=expression, draw=str(draw), guess=repr(guess))[-1]

    if right == 0:  # of relu where it is flat
        assert last(right).answer is None
        assert "too near to 0 to count" in last(right).said
        return
    assert last(right).right
    assert last(right).said == f"the gradient of w is {right:.4g}"
    assert last(right * 1.009).right
    for wrong in (right * 1.02, right * 0.98, -right):
        assert last(wrong).answer.right is False


def test_14_goal_whoever_works_two_gradients_out_meets_it(frames):
    course, lesson = Course(), load_lesson("autograd")
    for draw in (5, 6):
        assert not course.met
        for frame in frames("autograd", draw=str(draw), guess=str(by_hand(draw_values(draw)))):
            course.note(frame, lesson.times)
    assert course.met


def test_14_goal_the_same_gradient_twice_is_one_answer(frames):
    course, lesson = Course(), load_lesson("autograd")
    for _ in range(2):
        for frame in frames("autograd", draw="5", guess=str(by_hand(draw_values(5)))):
            course.note(frame, lesson.times)
    assert (course.right, course.met) == (1, False)


def test_14_goal_who_guesses_meets_it_in_under_one_of_twenty_games():
    """Ten draws each of an expression that the screen offers, and a number made of those that are on it."""
    said, met = load_lesson("autograd").texts.part("said"), 0
    lesson = load_lesson("autograd")
    workings = {}
    for seed in range(1000):
        chance, row, game = random.Random(seed), 0, False
        for _ in range(10):
            expression, draw = chance.choice(EXPRESSIONS), chance.randint(1, 40)
            if (expression, draw) not in workings:
                made = Workings(expression, make_leaves(draw_values(draw)))
                workings[expression, draw] = made, gradient_of(expression, draw)
            made, gradient = workings[expression, draw]
            shown = [*draw_values(draw).values(), made.result.item(), 0, 1, 2]
            shown += [step.value.item() for step in made.steps.values()]
            a, b = chance.choice(shown), chance.choice(shown)
            guess = chance.choice([a, -a, a * b, 2 * a, 2 * a * b, a + b])
            inputs = lesson.schema(expression=expression, draw=draw, guess=f"{guess:g}")
            right, _ = judge(said, inputs, made, False, gradient)
            row = row if right is None else row + 1 if right else 0
            game |= row == lesson.times
        met += game
    assert met < 50


def test_14_hint_the_example_is_so_and_no_draw_has_it(frames):
    """(w x + b - y)² at w=1, x=5, b=2, y=3: 4 squared, whose slope is 8, times 5."""
    *_, hint = load_lesson("autograd").texts.several("hints")
    assert "w=1, x=5, b=2, y=3" in hint
    assert "inside stands 4, so the square's slope is 8; times x, which is 5, makes 40" in hint
    facts = arrivals(frames("autograd", values="w=1, x=5, b=2, y=3"))
    assert (facts[1]["value"], facts[1]["gradient"], facts[-1]["gradient"]) == (4, 8, 40)
    assert not any(draw_values(draw)["w"] == 1 for draw in range(1, 1000))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "the gradient of w is 6; for the goal d draws other values"),
        ({"guess": "6"}, "the gradient of w is 6; for the goal d draws other values"),
        ({"draw": "1"}, "d draws other values: guess first"),
        ({"draw": "1", "guess": "6.07"}, "you said 6.07, the gradient of w is"),
        ({"guess": "1", "draw": "1", "expression": "b*x"}, "there is no w in what ran"),
        ({"guess": "1", "draw": "3", "expression": "w if x > 0 else b"}, "there is no w in what ran"),
        # What is so at any values tells nothing, and 0 is too often right.
        ({"guess": "1", "expression": "w + 0", "draw": "1"}, "too easy"),
        ({"guess": "1", "expression": "w if x > 0 else -w", "draw": "1"}, "too easy"),
        ({"guess": "2", "expression": "w*x", "draw": "1"}, "too easy"),
        ({"guess": "0", "expression": "w*x*0 + b", "draw": "1"}, "too easy"),
        ({"guess": "1", "expression": "w*x/x - b", "draw": "1"}, "too easy"),
        ({"guess": "1", "expression": "w + w*x/100", "draw": "1"}, "too easy"),
        ({"guess": "0", "expression": "exp(-9*w) * x * b", "draw": "3"}, "too near to 0"),
    ],
)
def test_the_goal_is_refused(frames, inputs, said):
    last = frames("autograd", **inputs)[-1]
    assert not last.right
    assert said in last.said
    assert len(last.said) <= 76  # what a terminal of 80 columns has room for


@pytest.mark.parametrize("more", ["", "+0", "*1", " + 0*w", " - y + y"])
def test_14_goal_what_was_seen_is_not_predicted_however_it_is_written(frames, more):
    """Seen at drawn values, or at the same ones typed, or typed a hair off; also by a process before."""
    typed = ", ".join(f"{name}={value * 1.001}" for name, value in draw_values(1).items())
    for way in ({"draw": "1"}, {"values": _text(draw_values(1))}, {"values": typed}):
        course = Course()
        for frame in frames("autograd", **way):
            course.note(frame, 2)
        lesson = load_lesson("autograd")
        lesson.seen = course.seen
        guess = str(gradient_of(EXPRESSIONS[0], 1))
        again = last_of(lesson, draw="1", guess=guess, expression=EXPRESSIONS[0] + more)
        assert again.answer is None
        assert again.said == "you have seen a gradient at these values: d draws others"
        assert last_of(lesson, draw="2", guess=str(gradient_of(EXPRESSIONS[0], 2))).right


def test_14_goal_what_was_seen_is_known_to_the_next_process(data_folder, frames):
    for frame in frames("autograd", draw="1"):
        keep_frame("autograd", frame, 2)
    lesson = load_lesson("autograd")
    lesson.seen = read_progress()["autograd"].seen
    assert last_of(lesson, draw="1", guess=str(gradient_of(EXPRESSIONS[0], 1))).answer is None


def test_14_goal_turning_what_can_be_turned_does_not_meet_it():
    lesson = load_lesson("autograd")
    for name in lesson.inputs:
        texts = dict(lesson.defaults)
        for _ in range(12):
            texts[name] = lesson.inputs[name].turned(texts[name], True)
            assert not any(frame.right for frame in lesson.frames(lesson.read(texts)))


def test_the_goal_is_judged_when_the_gradient_of_w_arrives(frames):
    made = frames("autograd", draw="1", guess=str(gradient_of(EXPRESSIONS[0], 1)))
    assert [frame.right for frame in made] == [False] * 6 + [True] * 2
    assert [bool(frame.reveals) for frame in made] == [False] * 6 + [True] * 2
    assert "backward shows whether" in made[0].said


def test_14_goal_neither_the_forward_pass_nor_no_grad_reveals_the_gradient(frames):
    assert not any(frame.reveals for frame in frames("autograd", grad="off", draw="3"))
    for frame in frames("autograd", draw="3")[:6]:
        assert not frame.reveals
        assert f"{gradient_of(EXPRESSIONS[0], 3):g}" not in str([frame.parts, frame.said])


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
