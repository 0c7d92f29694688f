"""Autograd: the graph that PyTorch writes down, and the gradients that flow back through it."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated

import msgspec
import torch
from torch import Tensor
from torch.autograd.graph import Node
from torch.optim import SGD

from tui_trainer.charts.styles import format_number
from tui_trainer.experiment import InputError
from tui_trainer.lessons.expression import (
    LEARNED,
    Leaves,
    Workings,
    draw_values,
    make_leaves,
    number_of_draw,
    read_number,
    read_values,
    where,
)
from tui_trainer.lessons.frame import Frame, Part
from tui_trainer.lessons.graph import Grads, Graph, Shares, Way, grads_of, table
from tui_trainer.lessons.lesson import Lesson, asked
from tui_trainer.lessons.scripts import autograd as scripts

MAX_NODES = 30
NEAR, NEAR_ZERO = 0.01, 1e-6
TRIED = 20  # draws in which a gradient must differ somewhere
EXPRESSIONS = (
    "(w*x + b - y)**2",
    "w*w*x + b",
    "tanh(w*x + b)",
    "(w*x + b - y)**2 + w**2/10",
    "relu(w*x - b) * w",
    "exp(-w) / b",
)
EXAMPLES = ("w=2, x=3, b=-1, y=4", *(f"drawn {draw}" for draw in range(1, 10)))


def check_guess(text: str) -> None:
    """Check that a guess is a number, or empty. Raises InputError."""
    if text:
        read_number(text, "guess")


class AutogradInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner changes."""

    expression: Annotated[
        str, asked("e", "Expression", "Arithmetic in w, x, b, y; also sin, tanh, relu, …", ladder=EXPRESSIONS)
    ] = EXPRESSIONS[0]
    values: Annotated[
        str,
        asked("v", "Values", "Such as w=2, x=3; or drawn 1, drawn 2, …", check=read_values, ladder=EXAMPLES),
    ] = EXAMPLES[0]
    guess: Annotated[
        str, asked("g", "Guess", "What you think the gradient of w will be; empty for none.", check=check_guess)
    ] = ""
    zero_grad: Annotated[bool, asked("z", "zero_grad", "Empty .grad before backward runs a second time.")] = True
    # Not named no_grad: `--no-grad` then switches it off, as it reads.
    grad: Annotated[bool, asked("d", "grad", "Off: it is worked out under torch.no_grad().")] = True


def run_backward(workings: Workings) -> tuple[list[tuple[Node, float]], Shares]:
    """Run backward; note what arrives at each node, in order, and what each passes on."""
    arrived: list[tuple[Node, float]] = []
    shares: dict[Way, float] = {}

    def arrive(node: Node, gradient: Tensor) -> None:
        arrived.append((node, gradient.item()))

    def pass_on(node: Node, to_inputs: Sequence[Tensor | None], _: object) -> None:
        for place, share in enumerate(to_inputs):
            if share is not None:
                shares[node, place] = share.item()

    hooks = []
    for node, step in workings.steps.items():
        hooks.append(step.value.register_hook(partial(arrive, node)))
        hooks.append(node.register_hook(partial(pass_on, node)))
    workings.result.backward()
    for hook in hooks:
        hook.remove()
    return arrived, shares


def run_again(text: str, leaves: Leaves, sgd: SGD, zero: bool) -> None:
    """Work it out and run backward a second time: it adds to .grad."""
    if zero:
        sgd.zero_grad()
    Workings(text, leaves).result.backward()


def run_without_grad(text: str, leaves: Leaves) -> tuple[Tensor, str]:
    """The result with nothing written down, and backward's error."""
    with torch.no_grad():
        result = Workings(text, leaves).result
    try:
        result.backward()
    except RuntimeError as error:
        return result, str(error)
    return result, ""


class Autograd(Lesson[AutogradInputs]):
    """The graph of an expression; its gradients, node by node; and what becomes of .grad."""

    text = (
        "The gradient of w says how much the result changes when w changes a little: the slope, seen from w.\n\n"
        "A tensor with requires_grad is watched: each operation on it is written down as it runs, so an if that goes "
        "the other way makes another graph. The result's grad_fn is the last operation; next_functions lead back to "
        "the leaves, w and b. x and y are data, and need no gradient.\n\n"
        "Key b runs backward. The result's gradient is 1; each operation passes its gradient on, times its own slope: "
        "the chain rule. A leaf adds what comes by every way to its .grad; so working it out and running backward "
        "again doubles it, unless zero_grad comes first.\n\n"
        "Under no_grad nothing is written down."
    )
    goal = "Predict the gradient of w, at values that v draws, before backward shows it."
    schema = AutogradInputs
    replays = False  # or changing an input would give the gradient away

    def __init__(self) -> None:
        self._revealed: set[int | None] = set()

    def check(self, inputs: AutogradInputs) -> None:
        values, text = read_values(inputs.values), repr(inputs.expression)
        workings = Workings(inputs.expression, make_leaves(values))
        if not workings.result.requires_grad:
            raise InputError(f"expression: {text} has neither w nor b in it, and only these require a gradient")
        if sum(1 for _ in Graph(workings).tree(workings.root)) > MAX_NODES:
            raise InputError(f"expression: {text} has over {MAX_NODES} nodes; write a shorter one")
        if not all(math.isfinite(gradient) for _, gradient in run_backward(workings)[0]):
            raise InputError(f"expression: {text} has no finite gradient at {where(values)}; change it or a value")

    def frames(self, inputs: AutogradInputs) -> Iterator[Frame]:
        leaves = make_leaves(read_values(inputs.values))
        if not inputs.grad:
            yield without_grad(inputs.expression, leaves)
            return
        workings = Workings(inputs.expression, leaves)
        draw = number_of_draw(inputs.values)
        answer = partial(judge, inputs, workings, draw is not None and draw in self._revealed)
        met, said = answer(None)
        happened = "forward: each operation is written down"
        yield Frame(_parts(Graph(workings), happened, grads_of(leaves)), said, met, seconds=1.0)

        gradients: dict[Node, float] = {}
        shown = grads_of(leaves)
        arrived, shares = run_backward(workings)
        for node, gradient in arrived:
            gradients[node] = gradient
            value = workings.steps[node].value
            name = workings.name(value)
            if name:
                shown[name] = grads_of(leaves)[name]
            met, said = answer(shown["w"])
            graph = Graph(workings, dict(gradients), node, shares)
            parts = _parts(graph, _arrival(graph, node), dict(shown))
            facts = {"node": type(node).__name__, "leaf": name, "value": value.item(), "gradient": gradient}
            yield Frame(parts, said, met, facts=[facts], seconds=0.8)
            if name == "w":
                self._revealed.add(draw)  # not before: a frame is made while the one before it is shown

        run_again(inputs.expression, leaves, SGD([leaves[name] for name in LEARNED]), inputs.zero_grad)
        again = grads_of(leaves)
        happened = _second_time(shown, again, inputs.zero_grad)
        parts = _parts(Graph(workings, gradients, shares=shares), happened, shown, again)
        after = [{"leaf": name, "grad": shown[name], "grad_second_time": again[name]} for name in LEARNED]
        yield Frame(parts, said, met, facts=after, seconds=1.0)

    def script(self, inputs: AutogradInputs) -> str:
        return scripts.script(inputs.expression, read_values(inputs.values), inputs.zero_grad, inputs.grad)


def judge(inputs: AutogradInputs, workings: Workings, seen: bool, gradient: float | None) -> tuple[bool, str]:
    """Whether the goal is met, and what to say; the gradient of w is None before it is there."""
    guess = inputs.guess
    if not workings.uses("w"):
        return False, "there is no w in it, and the goal is the gradient of w"
    if not guess:
        if gradient is None:
            return False, "what will the gradient of w be? g takes your guess, b shows it"
        return False, f"it is {format_number(gradient)}; for the goal set v to drawn 1, and guess before b"
    if seen:
        return False, "you have seen a gradient at these values: set v to another draw, and predict again"
    if gradient is None:
        return False, f"you say {guess}; b shows whether it is"
    if abs(float(guess) - gradient) > max(NEAR * abs(gradient), NEAR_ZERO):
        return False, f"you said {guess}, it is {format_number(gradient)}"
    if number_of_draw(inputs.values) is None:
        return False, f"right, it is {format_number(gradient)}; for the goal set v to drawn 1, and predict again"
    if gradient == 0 or not varies(inputs.expression):
        return False, f"right, but too easy: it is {format_number(gradient)} at many values; take another expression"
    return True, f"you said {guess}, and the gradient of w is {format_number(gradient)}"


def varies(expression: str) -> bool:
    """Whether the gradient of w depends on the values at all."""
    gradients = set()
    for draw in range(1, TRIED + 1):
        leaves = make_leaves(draw_values(draw))
        with suppress(InputError):  # such as log(w), which has no value where w is negative
            Workings(expression, leaves).result.backward()
            gradients.add(format_number(grads_of(leaves)["w"]))
    return len(gradients) > 1


def without_grad(text: str, leaves: Leaves) -> Frame:
    """What is left of it all under no_grad."""
    result, error = run_without_grad(text, leaves)
    parts: list[Part] = [
        [(text, "strong"), (f" = {format_number(result.item())}", "")],
        f"requires_grad {result.requires_grad}, grad_fn {result.grad_fn}: no graph",
        table(leaves, grads_of(leaves)),
        [("backward: ", "quiet"), (error, "bad")],
    ]
    facts = {"result": result.item(), "requires_grad": result.requires_grad, "error": error}
    said = "under no_grad there is no gradient to predict; d ends it"
    return Frame(parts, said, facts=[facts])


def _parts(graph: Graph, happened: str, *grads: Grads) -> Sequence[Part]:
    return [happened, graph.tree(graph.workings.root), table(graph.workings.leaves, *grads)]


def _arrival(graph: Graph, node: Node) -> str:
    name = graph.workings.name(graph.workings.steps[node].value)
    ways = len(graph.ways.get(node, ()))
    return f"backward: {graph.sum_of(node)} arrives at {name or type(node).__name__}" + f", by {ways} ways" * (ways > 1)


def _second_time(first: Grads, second: Grads, zeroed: bool) -> str:
    name = next(name for name in LEARNED if first[name] is not None)
    before, after = first[name] or 0.0, second[name] or 0.0
    if zeroed:
        return f"2nd backward after zero_grad: {name}.grad is {format_number(after)}"
    added = format_number(after - before)
    return f"2nd backward, no zero_grad: {format_number(before)} + {added} = {format_number(after)}"
